/** Counts, second by second, what may be wrong with a call. On hold nothing is. */
import type { CallRecord } from '../core/state.ts';
import type { Cause, Path, Quality } from '../public.ts';
import { causeOf, type Sides, type Tally } from './cause.ts';

/** What is followed of a call. */
export type Followed = Pick<CallRecord, 'state' | 'peer' | 'sending' | 'receiving' | 'held'>;

/** Where a level is poor. */
const LOST_PCT = 5;
const LATE_MS = 400;
/** And where the buffer of sound has much to do. */
const SHAKY_MS = 100;
/** Sound that few people would call fair. */
const POOR_MOS = 3.1;

type Count<T> = { -readonly [K in keyof T]: T[K] extends object ? Count<T[K]> : T[K] };

export class Counting {
  readonly #tally = nothing();
  readonly #online: () => boolean;
  #call: Followed | undefined;
  #lostAt: number | undefined;

  /** `online`: the server is reached from here. */
  constructor(online: () => boolean) {
    this.#online = online;
  }

  /** How the call stands from this moment on. */
  follow(call: Followed, at: number): void {
    const { state } = call;
    this.#call = call;
    if (state.type === 'active') this.#tally.path = state.path;
    if (state.type !== 'recovering') {
      this.#tally.lost.seconds += this.#lostFor(at);
      this.#lostAt = undefined;
    } else if (this.#lostAt === undefined && isFault(state.cause)) {
      this.#tally.lost.times += 1;
      this.#lostAt = at;
    }
  }

  /** A second has passed, in which it was so good. */
  second(quality: Quality | null): void {
    const call = this.#call;
    if (!call || call.held || call.receiving?.hold) return;
    if (this.#lostAt !== undefined) this.#blame();
    if (call.state.type !== 'active' || !quality) return;
    this.#tally.flowed += 1;
    if (call.state.deaf) this.#tally.unheard += 1;
    const bad = badness(quality);
    if (bad) {
      this.#tally.bad[bad] += 1;
      this.#blame();
    }
    this.#sound(call, quality);
    this.#pictures(call, quality);
  }

  /** If the call ends at this moment. */
  cause(at: number): Cause | undefined {
    if (this.#lostAt !== undefined) this.#blame();
    const { lost } = this.#tally;
    return causeOf({ ...this.#tally, lost: { ...lost, seconds: lost.seconds + this.#lostFor(at) } });
  }

  #lostFor(until: number): number {
    return this.#lostAt === undefined ? 0 : (until - this.#lostAt) / 1_000;
  }

  #blame(): void {
    if (!this.#online()) this.#tally.away.here += 1;
    if (this.#call?.peer.lost) this.#tally.away.there += 1;
  }

  #sound({ sending, receiving }: Followed, quality: Quality): void {
    const { open, silent } = this.#tally;
    count(open, silent, 'here', sending?.audio, quality.sending.silent);
    count(open, silent, 'there', receiving?.audio, quality.receiving.silent);
  }

  #pictures({ sending, receiving }: Followed, quality: Quality): void {
    const { pictures, busy } = this.#tally;
    if (sending?.weak || receiving?.weak) this.#tally.weak += 1;
    count(pictures, busy, 'here', quality.sending.fps > 0, quality.sending.limitedBy === 'cpu');
    count(pictures, busy, 'there', quality.receiving.fps > 0, quality.receiving.busy);
  }
}

function count(
  all: Count<Sides>,
  some: Count<Sides>,
  side: keyof Sides,
  on: boolean | undefined,
  isSo: boolean,
): void {
  if (!on) return;
  all[side] += 1;
  if (isSo) some[side] += 1;
}

/** A page that was closed or reloaded is nobody's network. */
function isFault(cause: Extract<Followed['state'], { type: 'recovering' }>['cause']): boolean {
  return cause !== 'leaving' && cause !== 'reloaded';
}

/** What was worst in this second, if it was poor. */
function badness({ level, mos, rttMs = 0, receiving, sending }: Quality): keyof Tally['bad'] | undefined {
  if ((receiving.lossPct ?? 0) >= LOST_PCT || (sending.lossPct ?? 0) >= LOST_PCT) return 'loss';
  if (rttMs >= LATE_MS) return 'late';
  const jitterMs = Math.max(receiving.jitterMs ?? 0, sending.jitterMs ?? 0);
  if (jitterMs >= SHAKY_MS || (mos !== undefined && mos < POOR_MOS)) return 'jitter';
  // Nothing came at all, and what was to come counts as lost.
  return level === 'bad' ? 'loss' : undefined;
}

function nothing(): Count<Tally> {
  const sides = () => ({ here: 0, there: 0 });
  return {
    flowed: 0,
    bad: { loss: 0, late: 0, jitter: 0 },
    away: sides(),
    lost: { times: 0, seconds: 0 },
    weak: 0,
    unheard: 0,
    open: sides(),
    silent: sides(),
    pictures: sides(),
    busy: sides(),
    path: 'direct' satisfies Path,
  };
}
