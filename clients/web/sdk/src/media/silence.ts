/**
 * What a series of looks at a peer connection says: media flows, has fallen silent, flows again, or is not heard on one
 * side. Decided from counts and times that are given, so it can be tested without a browser.
 */
import type { Received } from '../core/control.ts';
import type { Path } from '../public.ts';

/** What one look sees. Counts only grow, but for a new peer connection. */
export interface Look {
  readonly at: number;
  /** Packets of any kind that have arrived: media, control, and the checks by which ICE keeps a path. */
  readonly packets: number;
  /** Packets of media that have arrived. */
  readonly received: Received;
  /** Packets of media that were sent. */
  readonly sent: Received;
  /** The path in use, if there is one. */
  readonly path: Path | undefined;
}

/** What it means. */
export type News =
  | { readonly type: 'connected'; readonly path: Path }
  | { readonly type: 'flowing' }
  /** Nothing for half the time that makes it `silent`: high time to see whether the server is still reached. */
  | { readonly type: 'suspect' }
  | { readonly type: 'silent' }
  /** `peer`: what we send does not arrive; `me`: what they send does not; nobody: everything arrives again. */
  | { readonly type: 'deaf'; readonly who: 'me' | 'peer' | undefined };

/** Nothing at all for this long, when media was flowing, is a dead path. */
export const SILENT_MS = 800;
/** And in so many looks: a page that was held up itself has seen nothing, which proves nothing. */
const SILENT_LOOKS = 4;
const SUSPECT_LOOKS = 2;
/** When nothing is sent but control messages and checks, they come about once a second. */
export const SILENT_IDLE_MS = 4_000;
/** With both microphones missing nothing will ever arrive; a path that stands this long is as good. */
export const QUIET_PATH_MS = 2_000;
/** What is sent and does not arrive for this long is not heard. */
export const DEAF_MS = 4_000;
/** Sent in that time: fewer may all have been lost, or not be sent at all. */
const DEAF_PACKETS = 20;
/** Looks in a row that bring media make a flow. */
const DENSE_LOOKS = 3;
const FLOWING_MS = 1_000;
/** Looks that follow each other sooner than packets do see no pause. */
const PAUSE_MS = 100;

const KINDS = ['audio', 'video'] as const;

/** Since when a count stands still, and how much was sent then. */
interface Still {
  readonly count: number;
  readonly since: number;
  readonly sent: number;
}

export class Silence {
  #before: Look | undefined;
  #startedAt: number;
  #told: Path | undefined;
  #everTold = false;
  #toldAt = 0;
  #progressAt: number;
  #quietLooks = 0;
  #dense = 0;
  /** When media was last seen, and whether a pause was seen since. */
  #mediaAt = 0;
  #pauses = false;
  #expects: Received | undefined;
  #holds = false;
  #unheard: Partial<Record<'audio' | 'video', Still>> = {};
  #unhearing: Still | undefined;
  #beatAt: number | undefined;
  #heard = 0;
  /** When more of our sound had arrived. */
  #heardAt: number | undefined;
  #deaf: 'me' | 'peer' | undefined;
  #deafAt = 0;

  constructor(now: number) {
    this.#startedAt = now;
    this.#progressAt = now;
  }

  /** Whether media flows, as far as was seen. */
  get flows(): boolean {
    return this.#told !== undefined;
  }

  /** What they say they send: 1 for each kind that should arrive. Without a word of theirs, anything may. */
  expect(kinds: Received): void {
    this.#expects = kinds;
    this.#unhearing = undefined;
  }

  /** We hold the call, so nothing is sent to us; what comes afterwards is a flow that begins anew. */
  hold(on: boolean): void {
    if (on === this.#holds) return;
    this.#holds = on;
    this.#dense = 0;
    this.#unhearing = undefined;
  }

  /** The path is known to be lost: the next one is news again. */
  lose(): void {
    this.#told = undefined;
  }

  /** How much of ours they have received. */
  beat(received: Received): void {
    const look = this.#before;
    if (!look) return;
    this.#beatAt = look.at;
    if (received.audio > this.#heard) this.#heardAt = look.at;
    this.#heard = received.audio;
    for (const kind of KINDS) {
      const still = this.#unheard[kind];
      // Only what was sent can be missing: the time until a camera is turned on does not count.
      if (still?.count === received[kind] && still.sent < look.sent[kind]) continue;
      this.#unheard[kind] = { count: received[kind], since: look.at, sent: look.sent[kind] };
    }
  }

  look(look: Look): News[] {
    const before = this.#before;
    this.#before = look;
    const grew = before === undefined ? look.packets > 0 : look.packets !== before.packets;
    const media =
      look.received.audio + look.received.video >
      (before ? before.received.audio + before.received.video : 0);
    if (media) {
      // What comes every now and then, as where nothing is sent while nobody speaks, is no steady flow. A check that comes alone
      // says nothing of that: it may be the last that comes before the path breaks.
      this.#dense = this.#pauses ? Math.max(this.#dense - 1, 0) : Math.min(this.#dense + 1, DENSE_LOOKS);
      this.#mediaAt = look.at;
    }
    this.#pauses = look.at - this.#mediaAt > PAUSE_MS;
    if (grew || media) {
      this.#progressAt = look.at;
      this.#quietLooks = 0;
    } else {
      this.#quietLooks += 1;
    }
    if (this.#told === undefined) return this.#start(look, grew, media);
    if (this.#isSilent(look)) {
      this.#told = undefined;
      this.#startedAt = look.at;
      return [{ type: 'silent' }];
    }
    if (this.#quietLooks === SUSPECT_LOOKS && this.#flowed) return [{ type: 'suspect' }];
    return [...this.#carryOn(look, grew || media), ...this.#hearing(look)];
  }

  /** Nothing was told yet, or since the path was lost. */
  #start(look: Look, grew: boolean, media: boolean): News[] {
    const stands = look.path !== undefined && look.at - this.#startedAt >= QUIET_PATH_MS;
    const nothingSent = this.#everTold && grew && this.#mediaExpected === false;
    if (!look.path || !(media || nothingSent || (stands && grew))) return [];
    this.#told = look.path;
    this.#everTold = true;
    this.#toldAt = look.at;
    this.#unheard = {};
    this.#unhearing = undefined;
    return [{ type: 'connected', path: look.path }];
  }

  #carryOn(look: Look, grew: boolean): News[] {
    if (look.path && look.path !== this.#told) {
      this.#told = look.path;
      return [{ type: 'connected', path: look.path }];
    }
    if (!grew || look.at - this.#toldAt < FLOWING_MS) return [];
    this.#toldAt = look.at;
    return [{ type: 'flowing' }];
  }

  #isSilent(look: Look): boolean {
    const quietMs = look.at - this.#progressAt;
    if (this.#quietLooks < SILENT_LOOKS) return false;
    return quietMs >= (this.#flowed ? SILENT_MS : SILENT_IDLE_MS);
  }

  /** Media came steadily, so a pause is no accident. */
  get #flowed(): boolean {
    return this.#dense >= DENSE_LOOKS && this.#mediaExpected !== false;
  }

  get #mediaExpected(): boolean | undefined {
    if (this.#holds) return false;
    return this.#expects && this.#expects.audio + this.#expects.video > 0;
  }

  /** Is what is sent received, on both sides? */
  #hearing(look: Look): News[] {
    const deaf = this.#peerIsDeaf(look) ? 'peer' : this.#amDeaf(look) ? 'me' : undefined;
    const again = deaf !== undefined && look.at - this.#deafAt >= DEAF_MS;
    if (deaf === this.#deaf && !again) return [];
    this.#deaf = deaf;
    this.#deafAt = look.at;
    return [{ type: 'deaf', who: deaf }];
  }

  #peerIsDeaf(look: Look): boolean {
    // Without their counts nothing is known: an old client, or one whose words do not arrive either.
    if (this.#beatAt === undefined || look.at - this.#beatAt > DEAF_MS) return false;
    return KINDS.some((kind) => {
      // One way carries both: pictures that do not arrive beside the sound have no room, which is the ladder's business.
      if (kind === 'video' && this.#heardAt !== undefined && look.at - this.#heardAt < DEAF_MS) return false;
      const still = this.#unheard[kind];
      if (!still || look.at - still.since < DEAF_MS) return false;
      return look.sent[kind] - still.sent >= DEAF_PACKETS;
    });
  }

  #amDeaf(look: Look): boolean {
    const { audio } = look.received;
    if (this.#holds || !this.#expects?.audio || this.#unhearing?.count !== audio) {
      this.#unhearing = { count: audio, since: look.at, sent: 0 };
    }
    return look.at - this.#unhearing.since >= DEAF_MS;
  }
}
