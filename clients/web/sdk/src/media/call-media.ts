/**
 * The media of one call: what is captured here, the peer connections, and what is played. This is all of the browser
 * that the driver knows, so tests put something else in its place.
 */
import { LaterChat } from '../chat/later.ts';
import type { Chat } from '../chat/public.ts';
import type { ClientError } from '../client-error.ts';
import type { ControlMessage } from '../core/control.ts';
import type { Evidence } from '../core/diagnosis.ts';
import type { InterruptionCause, PeerKey } from '../core/state.ts';
import type { Candidate, MediaNotice, SessionDescription } from '../protocol.ts';
import type {
  CallSummary,
  LocalMedia,
  MediaChoice,
  Path,
  Peer,
  Quality,
  Readable,
  Safety,
  UserId,
} from '../public.ts';
import { Source } from '../readable.ts';
import type { ConnectionConfig, Means } from './connection.ts';
import { Connections } from './connections.ts';
import type { Course } from './course.ts';
import type { DeviceList } from './device-list.ts';
import { LocalDevices } from './local-devices.ts';
import { Player, type View } from './player.ts';
import type { Followed } from './tally.ts';

/** How long a call that goes on elsewhere is sent from here at most. */
const LINGER_LIMIT_MS = 5_000;

/** What the media tells the store; `key` says which of the call's peer connections. */
export interface MediaEvents {
  /** It was made, and nothing has happened to it yet. */
  opened(key: PeerKey, peer: RTCPeerConnection): void;
  described(key: PeerKey, description: SessionDescription): void;
  gathered(key: PeerKey, candidates: Candidate[] | null): void;
  sending(notice: MediaNotice): void;
  connected(key: PeerKey, path: Path): void;
  flowing(key: PeerKey): void;
  /** Media has paused; it may be nothing. */
  suspect(key: PeerKey): void;
  interrupted(key: PeerKey, cause: InterruptionCause): void;
  deaf(key: PeerKey, who: 'me' | 'peer' | undefined): void;
  /** By the control channel. */
  heard(key: PeerKey, message: ControlMessage): void;
  tried(key: PeerKey, evidence: Evidence): void;
  broken(key: PeerKey, reason: 'media_failed' | 'incompatible_media'): void;
  problem(error: ClientError): void;
  /** The other person, as the store knows them, and the last that it knew once the call is over. */
  peer(): Readable<Peer>;
  /** The call's, as it is now. */
  id(): string;
  /** Whether the server is reached. */
  online(): boolean;
}

/** What the store's outputs and the application want of the media. */
export interface CallMedia {
  readonly local: LocalMedia;
  /** What arrives, whatever the other side says of it. */
  readonly arriving: Readable<Arriving>;
  readonly safety: Readable<Safety | null>;
  readonly quality: Readable<Quality | null>;
  readonly chat: Chat;
  /** How the call stands from now on. */
  follow(call: Followed): void;
  /** What is to be told of it in the end. */
  summary(): Pick<CallSummary, 'course'>;
  capture(choice: Required<MediaChoice>): void;
  /** Closes every peer connection and begins with another person, sending this of what is open. */
  beginAnew(choice: Required<MediaChoice>): void;
  /** Sends and plays nothing, or goes on with what there was. */
  hold(on: boolean): void;
  /** Sends nothing, since nobody there sees or hears it, or goes on; the devices stay open. */
  pause(on: boolean): void;
  prepare(key: PeerKey, means: Means): void;
  offer(key: PeerKey, means: Means, restart: boolean): void;
  describe(key: PeerKey, description: SessionDescription, means: Means, polite: boolean): void;
  addCandidates(key: PeerKey, candidates: readonly Candidate[]): void;
  /** Closes one that is not needed any more. */
  drop(key: PeerKey): void;
  /** Sends by this peer connection, before it is certain that it carries the call. */
  feed(key: PeerKey): void;
  /** This peer connection carries the call from now on. The one before lingers until this one has media. */
  use(key: PeerKey): void;
  /** Says it to the other side, past the server. */
  tell(message: ControlMessage): void;
  attach(element: HTMLMediaElement, view: View): () => void;
  unblock(): Promise<void>;
  /**
   * Stops and closes everything, at once; nothing is told after it. `lingers`: what arrives is over at once, but what is
   * sent goes on until the other side has closed the connection, since they see it until they have that of another device.
   */
  release(lingers?: boolean): void;
}

/** Tracks that have brought something, and whether the browser plays them. */
export interface Arriving {
  readonly audio: boolean;
  readonly video: boolean;
  readonly screen: boolean;
  readonly blocked: boolean;
}

/** How to capture and connect. */
export interface MediaSettings extends Omit<ConnectionConfig, 'fetched' | 'compared'> {
  readonly audio: MediaTrackConstraints;
  readonly video: MediaTrackConstraints;
  readonly list: DeviceList;
  /** Our user, once the server has said who that is. */
  me(): UserId | undefined;
}

/** The media of a call in a browser. */
export function browserMedia(settings: MediaSettings, events: MediaEvents): CallMedia {
  const player = new Player(settings.list.chosen('speaker'));
  const safety = new Source<Safety | null>(null);
  const quality = new Source<Quality | null>(null);
  const chat = new LaterChat(settings.chat);
  const now = () => performance.timeOrigin + performance.now();
  const fetched = import('./fetched.ts').catch(() => undefined);
  let course: Course | undefined;
  void fetched.then((parts) => {
    course = parts && new parts.Course(events.online);
  });
  let finish: (() => void) | undefined;
  const connections = new Connections(
    { ...settings, fetched, compared: { exchanges: 0 } },
    {
      ...events,
      weak(on) {
        local.weak(on);
        chat.part?.weak(on);
      },
      carries: (carry) => carry(chat, events.id),
      safety: (value) => safety.set(value),
      who: () => ({ me: settings.me(), peer: events.peer() }),
      measured(measured) {
        course?.measured(measured, now());
        quality.set(measured);
        chat.part?.measured(measured);
      },
      heard(key, message) {
        if (finish && message.type === 'leaving') finish();
        events.heard(key, message);
      },
    },
    player,
  );
  const local = new LocalDevices(settings, settings.list, {
    send: (line, track) => connections.send(line, track),
    sending: (notice) => events.sending(notice),
    speaker: (id) => player.speaker(id),
    problem: (error) => events.problem(error),
  });
  return {
    local,
    arriving: player.arriving,
    safety,
    quality,
    chat,
    follow(call) {
      const at = now();
      void fetched.then(() => course?.follow(call, at));
    },
    summary: () => course?.summary(now()) ?? {},
    capture: (choice) => local.capture(choice),
    beginAnew(choice) {
      connections.reset();
      chat.part?.begin();
      player.reset();
      local.narrow(choice);
    },
    hold(on) {
      local.hold(on);
      player.hold(on);
    },
    pause: (on) => local.pause(on),
    prepare: (key, means) => connections.at(key).prepare(means),
    offer: (key, means, restart) => connections.at(key).offer(means, restart),
    describe: (key, description, means, polite) => connections.at(key).describe(description, means, polite),
    addCandidates: (key, candidates) => connections.at(key).addCandidates(candidates),
    drop: (key) => connections.drop(key),
    feed: (key) => connections.feed(key),
    use: (key) => connections.use(key),
    tell: (message) => connections.tell(message),
    attach: (element, view) => player.attach(element, view),
    unblock: () => player.unblock(),
    release(lingers = false) {
      player.release();
      quality.end();
      chat.over();
      const end = () => {
        clearTimeout(timer);
        local.release();
        connections.release();
        safety.set(null);
        safety.end();
      };
      const timer = lingers ? setTimeout(end, LINGER_LIMIT_MS) : undefined;
      if (lingers) finish = end;
      else end();
    },
  };
}
