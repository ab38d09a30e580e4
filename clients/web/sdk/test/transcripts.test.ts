/** The store proves itself by the transcripts that prove every client and server of the protocol. */
import { expect, it } from 'vitest';

import type { Input } from '../src/core/state.ts';
import { nextTimeout } from '../src/core/store.ts';
import type { ClientMessage, MediaKind, ServerMessage } from '../src/protocol.ts';
import type { Path } from '../src/public.ts';
import { Desk, WELCOME } from './desk.ts';
import { clientParts, deviceOf, type Json, Names, type Step, type Transcript } from './transcripts.ts';

const PATHS: Readonly<Record<string, Path>> = {
  direct: 'direct',
  relay_udp: 'relay-udp',
  relay_tcp: 'relay-tcp',
  relay_tls: 'relay-tls',
};

/** One client that lives through a transcript. */
class Life {
  readonly #desk = new Desk();
  readonly #names = new Names();
  readonly #address: string;
  readonly #said: ClientMessage[] = [];
  readonly #ended: Json[] = [];
  #started = false;
  #dialled = 0;

  constructor(transcript: Transcript, device: string) {
    this.#address = transcript.devices[device] ?? '';
    const own = transcript.steps.filter((step) => deviceOf(step) === device);
    if (own[0] && !('connect' in own[0])) this.live({ connect: device });
  }

  live(step: Step): void {
    if ('connect' in step) return this.#connect(step.holds ?? [], step.welcome ?? {});
    if ('disconnect' in step) return this.#tell({ type: 'closed', code: 1006 });
    if ('from' in step) return this.#expectSaid(step.message);
    if ('never_to' in step) return;
    if ('never_from' in step) {
      expect(this.#said.filter((said) => new Names().fits(step.message, plain(said)))).toEqual([]);
      return;
    }
    if ('do' in step) return this.#do(step.do, step);
    if ('engine' in step)
      return this.#engine(step.engine, this.#names.fill(plain(step)) as unknown as Engine);
    if ('state' in step) return this.#expectState(step.state);
    if ('ms' in step) {
      this.#desk.pass(step.ms);
      return this.#listen();
    }
    this.#tell({ type: 'hear', message: this.#names.fill(step.message) as unknown as ServerMessage });
  }

  #connect(holds: Json[], welcome: { readonly [field: string]: Json }): void {
    const [user = '', id = ''] = this.#address.split('/');
    if (this.#started) this.#desk.pass(nextTimeout(this.#desk.state) - this.#desk.now);
    else this.#tell({ type: 'start', device: { id, name: 'Chrome on Linux' } });
    this.#started = true;
    this.#tell({ type: 'opened', ticket: 'conformance-ticket' });
    const hello = this.#said.findLast(({ type }) => type === 'hello');
    this.#said.length = 0;
    const named = hello?.type === 'hello' ? (plain(hello.data.calls ?? []) as Json[]) : [];
    for (const held of holds) {
      expect(
        named.some((call) => this.#names.fits(this.#names.fill(held), call)),
        'hello names the call',
      ).toBe(true);
    }
    const data = { ...WELCOME, user, device: id, ...(this.#names.fill(welcome as Json) as object) };
    this.#tell({ type: 'hear', message: { type: 'welcome', data, ...(hello?.id ? { re: hello.id } : {}) } });
  }

  #do(what: string, { to = '', media = [] }: { to?: string; media?: MediaKind[] }): void {
    const choice = { audio: media.includes('audio'), video: media.includes('video') };
    switch (what) {
      case 'dial':
        this.#dialled += 1;
        return this.#tell({
          type: 'dial',
          call: `01a2ffff-0000-7000-8000-${String(this.#dialled).padStart(12, '0')}`,
          to,
          choice,
        });
      case 'alert':
        return this.#tell({ type: 'alerting', call: this.#call() });
      case 'answer':
        return this.#tell({ type: 'accept', call: this.#call(), choice });
      case 'hangup':
        return this.#tell({ type: 'hangup', call: this.#call() });
      default:
        throw new Error(`nobody here can ${what}`);
    }
  }

  #engine(what: string, more: Engine): void {
    switch (what) {
      case 'described':
        return this.#tell({ type: 'described', ...this.#path(), description: more.description });
      case 'connected': {
        const path = PATHS[more.route];
        if (!path) throw new Error(`there is no route ${more.route}`);
        return this.#tell({ type: 'connected', ...this.#path(), path });
      }
      case 'sending':
        return this.#tell({ type: 'sending', call: this.#call(), notice: more.notice });
      default:
        throw new Error(`no engine here does ${what}`);
    }
  }

  #tell(input: Input): void {
    this.#desk.tell(input);
    this.#listen();
  }

  /** Notes what was said, and what has ended. */
  #listen(): void {
    for (const output of this.#desk.take()) {
      if (output.type === 'send') this.#said.push(output.message);
      if (output.type === 'release') this.#ended.push(plain(output.state));
    }
  }

  /** The youngest live call. */
  #call(): string {
    return this.#path().call;
  }

  /** Its peer connection. */
  #path(): { call: string; key: string } {
    const call = this.#desk.state.calls.at(-1);
    if (!call) throw new Error('there is no live call');
    return { call: call.id, key: call.key };
  }

  #expectSaid(pattern: Json): void {
    const index = this.#said.findIndex((message) => this.#names.fits(pattern, plain(message)));
    expect(index, `says ${JSON.stringify(pattern)}; said ${JSON.stringify(this.#said)}`).not.toBe(-1);
    this.#said.splice(index, 1);
  }

  #expectState(pattern: Json): void {
    const shown = [...this.#ended, ...this.#desk.state.calls.map(({ state }) => plain(state))];
    const now = shown.at(-1) ?? null;
    expect(
      this.#names.fits(pattern, now),
      `shows ${JSON.stringify(pattern)}; showed ${JSON.stringify(now)}`,
    ).toBe(true);
  }
}

interface Engine {
  readonly description: { type: string; sdp: string };
  readonly route: string;
  readonly notice: { audio: boolean; video: boolean };
}

/** As it goes over the wire. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

it.each(clientParts())('$name, as $device: $transcript.title', ({ transcript, device }) => {
  const life = new Life(transcript, device);
  for (const step of transcript.steps) {
    if ([device, undefined].includes(deviceOf(step))) life.live(step);
  }
});
