/**
 * How fast a file may go beside the call: sound and picture come first. A data channel fills whatever queue a path has, and
 * the browser's pictures give way to that; so the file's rate is held below it, by what the call's own quality says.
 */
import type { Quality } from '../public.ts';
import { CHUNK_BYTES } from './messages.ts';

/** Bytes in a second: where it begins, and the most there is. */
const START = 128 * 1024;
const MOST = 64 * 1024 ** 2;
/** What a file gets at least, by the level of the call. While it is bad or weak, a file gets nothing. */
const LEAST = { good: 64 * 1024, fair: 32 * 1024, poor: 8 * 1024, bad: 8 * 1024 } as const;
/** So much longer than at its best, there and back, and a queue is filling. */
const QUEUE_MS = 80;
/** What may wait in the channel is what goes in this time. */
const AHEAD_MS = 250;
const MOST_AHEAD = 1024 ** 2;

export class Pace {
  #rate = START;
  #left = CHUNK_BYTES;
  #at: number | undefined;
  #weak = false;
  #bad = false;
  #best = Number.POSITIVE_INFINITY;
  /** Bytes since the last measurement. */
  #taken = 0;

  /** Once a second. */
  measured(quality: Pick<Quality, 'level' | 'rttMs'> | null): void {
    const taken = this.#taken;
    this.#taken = 0;
    this.#bad = quality?.level === 'bad';
    // Where nothing flows beside the file there is nothing to learn.
    if (!quality) return;
    const { level, rttMs = 0 } = quality;
    if (rttMs > 0) this.#best = Math.min(this.#best, rttMs);
    const queues = rttMs > this.#best + QUEUE_MS;
    if (level === 'poor' || level === 'bad') this.#rate *= 0.4;
    else if (queues) this.#rate *= 0.7;
    // What was not used says nothing about more.
    else if (level === 'good' && taken > this.#rate / 2) this.#rate *= 2;
    this.#rate = Math.min(MOST, Math.max(LEAST[level], this.#rate));
  }

  /** The call's pictures are paused, since the network is too weak for them. */
  weak(on: boolean): void {
    this.#weak = on;
  }

  /** Whether a piece may go now, of which `buffered` bytes wait in the channel; if so it counts as gone. */
  take(now: number, buffered: number): boolean {
    const passed = now - (this.#at ?? now);
    this.#at = now;
    const most = Math.max(CHUNK_BYTES, (this.#rate * AHEAD_MS) / 1000);
    this.#left = Math.min(most, this.#left + (this.#rate * passed) / 1000);
    if (this.#weak || this.#bad || this.#left < CHUNK_BYTES || buffered > Math.min(most, MOST_AHEAD)) {
      return false;
    }
    this.#left -= CHUNK_BYTES;
    this.#taken += CHUNK_BYTES;
    return true;
  }
}
