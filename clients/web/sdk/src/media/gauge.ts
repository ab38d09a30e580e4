/**
 * How good a connection is, made of samples that are taken once a second. Decided from figures that are given, so it can be
 * tested without a browser.
 *
 *          there and back    lost      jitter
 *     good      < 250 ms     < 2 %    < 30 ms
 *     fair      < 400 ms     < 5 %
 *     poor      < 800 ms    < 12 %
 *     bad       more, or nothing at all for 2 s
 *
 * Each way is judged by itself: what arrives by what this side sees, what is sent by what the other side reports. A level
 * is the middle one of the last five seconds, so it changes when three of them say so.
 */
import type { Ailing } from '../core/control.ts';
import type { Quality, QualityLevel } from '../public.ts';
import type { Received, Sample, Sent } from './sample.ts';

/** From good to bad. */
export const LEVELS = ['good', 'fair', 'poor', 'bad'] as const satisfies readonly QualityLevel[];

const LIMITS = [
  { rttMs: 250, loss: 0.02, jitterMs: 30 },
  { rttMs: 400, loss: 0.05, jitterMs: Number.POSITIVE_INFINITY },
  { rttMs: 800, loss: 0.12, jitterMs: Number.POSITIVE_INFINITY },
] as const;

/** Seconds that are remembered, and how many of them make a level. */
const REMEMBERED = 5;
const PROOF = 3;
/** Looks without anything that arrives. */
const NOTHING = 2;

/** What a second says of one way. */
interface Second {
  readonly rttMs: number | undefined;
  readonly loss: number | undefined;
  readonly jitterMs: number | undefined;
}

export class Gauge {
  /** The newest last; one more than seconds are remembered, since a second lies between two. */
  #samples: readonly Sample[] = [];
  #receiving: readonly number[] = [];
  #sending: readonly number[] = [];

  /** What is known now; null until there is enough. `twice`: sound is sent so. `theirs`: what the other device says. */
  look(sample: Sample, twice: boolean, theirs: Ailing): Quality | null {
    const before = this.#samples.at(-1);
    this.#samples = [...this.#samples, sample].slice(-REMEMBERED - 1);
    const [first] = this.#samples;
    if (!before || !first) return null;
    const { rttMs, receiving, sending } = sample;
    const came = lossOf(before.receiving, receiving);
    // What does not flow has no figures: the last ones are of another time.
    const jitterMs = receiving.packets > before.receiving.packets ? receiving.jitterMs : undefined;
    const reported = sending.packets > before.sending.packets ? sending : undefined;
    this.#receiving = remember(this.#receiving, { rttMs, loss: came, jitterMs });
    this.#sending = remember(this.#sending, { rttMs, loss: reported?.lost, jitterMs: reported?.jitterMs });
    if (this.#receiving.length < PROOF) return null;
    const heard = this.#isDead(sample) ? LEVELS.length - 1 : levelOf(this.#receiving);
    const there = levelOf(this.#sending);
    const seconds = Math.max(0.001, (sample.at - first.at) / 1_000);
    return {
      level: LEVELS[Math.max(heard, there)] ?? 'bad',
      mos: mosOf(first, sample),
      rttMs,
      receiving: {
        level: LEVELS[heard] ?? 'bad',
        kbps: kbps(first.receiving.bytes, receiving.bytes, seconds),
        lossPct: percent(lossOf(first.receiving, receiving)),
        jitterMs,
        concealedPct: percent(concealedOf(first.receiving, receiving)),
        fps: Math.round((receiving.frames - first.receiving.frames) / seconds),
        height: receiving.height,
        frozenMs: receiving.frozenMs - first.receiving.frozenMs,
        silent: theirs.silent ?? false,
        busy: theirs.busy ?? false,
        codecs: receiving.codecs,
      },
      sending: {
        level: LEVELS[there] ?? 'bad',
        kbps: kbps(first.sending.bytes, sending.bytes, seconds),
        lossPct: percent(reported?.lost),
        jitterMs: reported?.jitterMs,
        fps: Math.round((sending.frames - first.sending.frames) / seconds),
        height: sending.height,
        twice,
        limitedBy: sending.limitedBy,
        availableKbps: sending.frames > 0 ? thousandth(sample.available) : undefined,
        silent: isSilent(first.sending, sending),
        codecs: sending.codecs,
      },
    };
  }

  #isDead({ arrived }: Sample): boolean {
    const then = this.#samples.at(-1 - NOTHING);
    return then !== undefined && then.arrived === arrived;
  }
}

function remember(levels: readonly number[], { rttMs = 0, loss = 0, jitterMs = 0 }: Second): number[] {
  const found = LIMITS.findIndex(
    (limit) => rttMs < limit.rttMs && loss < limit.loss && jitterMs < limit.jitterMs,
  );
  return [...levels, found < 0 ? LIMITS.length : found].slice(-REMEMBERED);
}

/** The middle one. */
function levelOf(levels: readonly number[]): number {
  const sorted = [...levels].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The share that was lost of what should have come; nothing, if nothing should. */
function lossOf(before: Received, now: Received): number | undefined {
  const came = now.packets - before.packets;
  // What comes late after all was counted as lost before.
  const lost = Math.max(0, now.lost - before.lost);
  return came + lost > 0 ? lost / (came + lost) : undefined;
}

/** Less than this between two looks is what a microphone gives that is switched off: -90 dB, and every room is louder. */
const SILENCE = 1e-9;

/** Only if it is known. */
function isSilent({ energy: before }: Sent, { energy: now }: Sent): boolean {
  return before !== undefined && now !== undefined && now - before < SILENCE;
}

/** The share of the sound that was made up where it could be heard. */
function concealedOf(before: Received, now: Received): number | undefined {
  const samples = now.samples - before.samples;
  const audible = now.concealed - before.concealed - (now.silent - before.silent);
  return samples > 0 ? Math.min(1, Math.max(0, audible / samples)) : undefined;
}

/** Beside the path and the buffer, sound waits in devices and codecs for about so long. */
const DEVICES_MS = 20;
/** What one percent of sound that is made up costs of the rating. */
const PER_PERCENT = 2.5;

/**
 * The mean opinion score by the E-model's rating R (ITU-T G.107, whose annex B turns it into a score). Its delay impairment is
 * the usual two straight lines with a knee at 160 ms; what concealment costs is our guess. Nobody has compared it with people.
 */
function mosOf(before: Sample, now: Sample): number | undefined {
  const concealed = concealedOf(before.receiving, now.receiving);
  if (concealed === undefined || now.receiving.packets === before.receiving.packets) return undefined;
  const emitted = now.receiving.emitted - before.receiving.emitted;
  const waitedMs = emitted > 0 ? (1_000 * (now.receiving.waited - before.receiving.waited)) / emitted : 0;
  return opinion((now.rttMs ?? 0) / 2 + waitedMs + DEVICES_MS, 100 * concealed);
}

/** Of sound that comes so late and of which so many percent are made up: 1 (bad) to 4.4. */
export function opinion(delayMs: number, concealedPct: number): number {
  const late = delayMs < 160 ? delayMs / 40 : (delayMs - 120) / 10;
  const rating = Math.min(100, Math.max(0, 93.2 - late - PER_PERCENT * concealedPct));
  const score = 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating);
  return Math.max(1, Math.round(score * 100) / 100);
}

function kbps(before: number, now: number, seconds: number): number {
  return Math.round(((now - before) * 8) / seconds / 1_000);
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : Math.round(share * 1_000) / 10;
}

function thousandth(bits: number | undefined): number | undefined {
  return bits === undefined ? undefined : Math.round(bits / 1_000);
}
