/** Media without a browser: notes what it is asked, and connects as soon as both descriptions have travelled. */
import { LaterChat } from '../src/chat/later.ts';
import type { ControlMessage } from '../src/core/control.ts';
import type { CallMedia, MediaEvents } from '../src/media/call-media.ts';
import type { LocalMedia, LocalState, Quality, Safety } from '../src/public.ts';
import { Source } from '../src/readable.ts';
import type { Witness } from '../src/witness.ts';

/** Nobody looks. */
export const NO_WITNESS: Witness = {
  turn: () => undefined,
  opened: () => undefined,
  inspect: () => Promise.reject(new Error('nothing is noted')),
};

export class FakeMedia implements CallMedia {
  readonly asked: string[] = [];
  /** Which peer connections have carried the call. */
  readonly fed: string[] = [];
  readonly used: string[] = [];
  /** By the control channel. */
  readonly told: ControlMessage[] = [];
  readonly arriving = new Source({ audio: false, video: false, screen: false, blocked: false });
  readonly safety = new Source<Safety | null>(null);
  readonly quality = new Source<Quality | null>(null);
  readonly chat = new LaterChat(undefined);
  readonly local: LocalMedia = {
    state: new Source<LocalState>({ mic: 'on', camera: 'off', screen: 'off' }),
    level: new Source(0),
    talkingWhileMuted: new Source(false),
    devices: new Source([]),
    mic: () => Promise.resolve(),
    camera: () => Promise.resolve(),
    screen: () => Promise.resolve(),
    use: () => Promise.resolve(),
    process: () => Promise.resolve(),
    attach: () => () => undefined,
  };
  readonly events: MediaEvents;

  constructor(events: MediaEvents) {
    this.events = events;
  }

  follow(): void {}

  summary(): { course?: never } {
    return {};
  }

  capture(choice: { audio: boolean; video: boolean }): void {
    this.asked.push('capture');
    this.events.sending({ audio: choice.audio, video: choice.video });
  }

  beginAnew(choice: { audio: boolean; video: boolean }): void {
    this.asked.push('begin-anew');
    this.events.sending({ audio: choice.audio, video: choice.video });
  }

  hold(on: boolean): void {
    this.asked.push(on ? 'hold' : 'resume');
  }

  pause(on: boolean): void {
    this.asked.push(on ? 'pause' : 'go on');
  }

  prepare(): void {
    this.asked.push('prepare');
  }

  offer(key: string): void {
    this.asked.push('offer');
    this.events.described(key, { type: 'offer', sdp: 'v=0 offer' });
  }

  drop(key: string): void {
    this.asked.push(`drop ${key}`);
  }

  feed(key: string): void {
    this.fed.push(key);
  }

  use(key: string): void {
    this.used.push(key);
  }

  tell(message: ControlMessage): void {
    this.told.push(message);
  }

  describe(key: string, description: { type: string }): void {
    this.asked.push(description.type);
    if (description.type === 'offer') this.events.described(key, { type: 'answer', sdp: 'v=0 answer' });
    this.arriving.set({ audio: true, video: true, screen: true, blocked: false });
    this.events.connected(key, 'direct');
  }

  addCandidates(): void {
    this.asked.push('candidates');
  }

  attach(): () => void {
    return () => undefined;
  }

  unblock(): Promise<void> {
    return Promise.resolve();
  }

  release(lingers = false): void {
    this.asked.push(lingers ? 'linger' : 'release');
  }
}
