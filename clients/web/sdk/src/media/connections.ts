/**
 * The peer connections of one call. One carries it; while it rings there may be one for each device that would like it,
 * and after a reload or a take the one before lingers, so that its last picture stands until the new one has media.
 */
import type { ControlMessage } from '../core/control.ts';
import type { PeerKey } from '../core/state.ts';
import type { Quality, Safety } from '../public.ts';
import type { MediaEvents } from './call-media.ts';
import type { Connection, ConnectionConfig, ConnectionEvents, Who } from './connection.ts';
import { LINES, type Line, type Tracks } from './lines.ts';
import type { Player } from './player.ts';
import type { News } from './silence.ts';

/** What they tell beside what the store is told. */
export interface ConnectionsEvents extends MediaEvents {
  /** The pictures of the one in use are paused, since the network is too weak for them, or go on. */
  weak(on: boolean): void;
  /** Of the one in use, or before that of any; null if there is nothing to compare. */
  safety(safety: Safety | null): void;
  who(): Who;
  /** The one in use, once it has a path. */
  carries: ConnectionEvents['carries'];
  /** How good the one in use is, once a second. */
  measured(quality: Quality | null): void;
}

/** How long the old one is kept for a new one that brings nothing. */
const LINGER_MS = 10_000;
/** The tracks of the new one do not all begin at the same moment. */
const CHANGE_OVER_MS = 300;

interface Entry {
  readonly connection: Connection;
  readonly arrived: Map<Line, MediaStreamTrack>;
}

let fetched: typeof import('./connection.ts') | undefined;

/** Fetches what makes a peer connection: after this there may be one. */
export async function fetchConnection(): Promise<void> {
  fetched ??= await import('./connection.ts');
}

export class Connections {
  readonly #config: ConnectionConfig;
  readonly #events: ConnectionsEvents;
  readonly #player: Player;
  readonly #entries = new Map<PeerKey, Entry>();
  readonly #tracks: Tracks = { mic: null, camera: null, screen: null, 'screen-sound': null };
  /** What we last said that we send: told anew to whoever opens a channel. */
  #notice: ControlMessage | undefined;
  #used: PeerKey | undefined;
  /** It is sent to already, and not used yet. */
  #fed: PeerKey | undefined;
  /** Its last picture still stands. */
  #lingering: PeerKey | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #released = false;

  constructor(config: ConnectionConfig, events: ConnectionsEvents, player: Player) {
    this.#config = config;
    this.#events = events;
    this.#player = player;
  }

  /** The peer connection of this key, made if there is none. */
  at(key: PeerKey): Connection {
    return this.#entry(key).connection;
  }

  drop(key: PeerKey): void {
    if (key !== this.#used) this.#close(key);
  }

  feed(key: PeerKey): void {
    if (key === this.#used || this.#released) return;
    this.#fed = key;
    this.at(key).feed(this.#tracks);
  }

  use(key: PeerKey): void {
    if (key === this.#used || this.#released) return;
    const before = this.#used;
    this.#used = key;
    this.#events.weak(false);
    this.#fed = undefined;
    const { connection, arrived } = this.#entry(key);
    this.#events.safety(null);
    for (const other of [...this.#entries.keys()]) {
      if (other !== key && other !== before) this.#close(other);
    }
    this.#lingering = before;
    clearTimeout(this.#timer);
    if (before !== undefined) this.#timer = setTimeout(() => this.#changeOver(), LINGER_MS);
    for (const [line, track] of arrived) this.#show(key, line, track);
    connection.use(this.#tracks);
    if (this.#notice) connection.tell(this.#notice);
  }

  send(line: Line, track: MediaStreamTrack | null): void {
    this.#tracks[line] = track;
    // The old one goes on sending too: the other side may still show it.
    for (const key of [this.#used, this.#lingering, this.#fed]) {
      if (key !== undefined) this.#entries.get(key)?.connection.send(line, track);
    }
  }

  tell(message: ControlMessage): void {
    if (message.type === 'media') this.#notice = message;
    for (const key of [this.#used, this.#lingering]) {
      if (key !== undefined) this.#entries.get(key)?.connection.tell(message);
    }
  }

  /** The call goes on with another person: nothing of this one is left but what is sent. */
  reset(): void {
    clearTimeout(this.#timer);
    for (const key of [...this.#entries.keys()]) this.#close(key);
    this.#used = undefined;
    this.#lingering = undefined;
    this.#fed = undefined;
    this.#notice = undefined;
  }

  release(): void {
    this.#released = true;
    this.reset();
  }

  #entry(key: PeerKey): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    const arrived: Entry['arrived'] = new Map();
    if (!fetched) throw new Error('fetchConnection comes first');
    const connection = new fetched.Connection(this.#config, {
      opened: (peer) => this.#events.opened(key, peer),
      described: (description) => this.#events.described(key, description),
      gathered: (candidates) => this.#events.gathered(key, candidates),
      arrived: (line, track) => {
        arrived.set(line, track);
        if (key === this.#used) this.#show(key, line, track);
      },
      news: (news) => this.#news(key, news),
      weak: (on) => {
        if (key === this.#used) this.#events.weak(on);
      },
      measured: (quality) => {
        if (key === this.#used) this.#events.measured(quality);
      },
      interrupted: (cause) => this.#events.interrupted(key, cause),
      carries: (carry) => {
        if (key === this.#used) this.#events.carries(carry);
      },
      controlOpened: () => {
        if (key === this.#used && this.#notice) connection.tell(this.#notice);
      },
      heard: (message) => this.#events.heard(key, message),
      safety: (safety) => {
        if (key === (this.#used ?? key)) this.#events.safety(safety);
      },
      who: () => this.#events.who(),
      gone: () => this.#events.heard(key, { type: 'leaving' }),
      tried: (evidence) => this.#events.tried(key, evidence),
      broken: (reason) => this.#events.broken(key, reason),
      problem: (error) => this.#events.problem(error),
    });
    const entry = { connection, arrived };
    this.#entries.set(key, entry);
    return entry;
  }

  #news(key: PeerKey, news: News): void {
    switch (news.type) {
      case 'connected':
        if (key === this.#used && this.#lingering !== undefined) {
          clearTimeout(this.#timer);
          this.#timer = setTimeout(() => this.#changeOver(), CHANGE_OVER_MS);
        }
        return this.#events.connected(key, news.path);
      case 'flowing':
        return this.#events.flowing(key);
      case 'suspect':
        return this.#events.suspect(key);
      case 'silent':
        return this.#events.interrupted(key, 'silence');
      case 'deaf':
        return this.#events.deaf(key, news.who);
    }
  }

  /** Plays a track: at once, or, while another stands in its place, when it brings something. */
  #show(key: PeerKey, line: Line, track: MediaStreamTrack): void {
    const show = () => {
      if (key === this.#used && !this.#released) this.#player.put(line, track);
    };
    if (this.#lingering === undefined || !track.muted) show();
    else track.addEventListener('unmute', show, { once: true });
  }

  /** The new one has media, or had its time: the old one goes. */
  #changeOver(): void {
    const old = this.#lingering;
    this.#lingering = undefined;
    const entry = this.#used === undefined ? undefined : this.#entries.get(this.#used);
    for (const line of LINES) {
      const track = entry?.arrived.get(line);
      if (track) this.#player.put(line, track);
    }
    if (old !== undefined) this.#close(old);
  }

  #close(key: PeerKey): void {
    this.#entries.get(key)?.connection.release();
    this.#entries.delete(key);
  }
}
