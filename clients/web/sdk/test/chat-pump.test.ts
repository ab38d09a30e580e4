/** Sending a file beside a call: in order, and never faster than the call bears. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CHUNK_BYTES, decodeChunk } from '../src/chat/messages.ts';
import { Pace } from '../src/chat/pace.ts';
import { type FileChannel, Pump } from '../src/chat/pump.ts';
import type { QualityLevel } from '../src/public.ts';
import { idOf } from './chat-pair.ts';

const KIB = 1024;

const nameOf = (id: string) => id.replace(/-+$/, '');

/** One that is read at once: virtual time does not wait for a disk. */
function blob(bytes: Uint8Array<ArrayBuffer>): Blob {
  const slice = (from: number, to: number) => ({
    arrayBuffer: () => Promise.resolve(bytes.slice(from, to).buffer),
  });
  return { size: bytes.length, slice } as unknown as Blob;
}

describe('the pace of a file', () => {
  /** How much goes in each of these seconds, in KiB, if all that may go does; the channel empties at once. */
  function seconds(
    pace: Pace,
    many: number,
    quality: { level: QualityLevel; rttMs?: number } | null,
  ): number[] {
    return Array.from({ length: many }, () => {
      let bytes = 0;
      for (let tick = 0; tick < 1_000; tick += 5) {
        clock += 5;
        while (pace.take(clock, 0)) bytes += CHUNK_BYTES;
      }
      pace.measured(quality && { rttMs: 20, ...quality });
      return bytes / KIB;
    });
  }
  let clock = 0;

  it('doubles from second to second while the call stays good', () => {
    const [first = 0, second = 0, third = 0] = seconds(new Pace(), 3, { level: 'good' });
    expect([first, second, third].map((rate) => Math.round(rate / 128))).toEqual([1, 2, 4]);
  });

  it('stays as it is while the call is fair, or nothing is known of it', () => {
    expect(seconds(new Pace(), 4, { level: 'fair' }).map((rate) => Math.round(rate / 128))).toEqual([
      1, 1, 1, 1,
    ]);
    expect(seconds(new Pace(), 4, null).map((rate) => Math.round(rate / 128))).toEqual([1, 1, 1, 1]);
  });

  it('gives way when a queue fills, and more so when the call is poor', () => {
    const pace = new Pace();
    seconds(pace, 4, { level: 'good' });
    const [before = 0, after = 0] = seconds(pace, 2, { level: 'good', rttMs: 150 });
    expect(after).toBeLessThan(before * 0.75);
    seconds(pace, 10, { level: 'poor' });
    const poor = seconds(pace, 8, { level: 'poor' }).reduce((sum, rate) => sum + rate, 0);
    expect(poor / 8).toBeCloseTo(8, -1);
  });

  it('stops while the call is bad or its pictures are paused, and goes on afterwards', () => {
    const pace = new Pace();
    seconds(pace, 1, { level: 'bad' });
    expect(seconds(pace, 1, { level: 'good' })).toEqual([0]);
    expect(seconds(pace, 1, { level: 'good' })[0]).toBeGreaterThan(0);
    pace.weak(true);
    expect(seconds(pace, 2, { level: 'good' })).toEqual([0, 0]);
    pace.weak(false);
    expect(seconds(pace, 1, { level: 'good' })[0]).toBeGreaterThan(0);
  });

  it('learns nothing from a rate that was not used', () => {
    const pace = new Pace();
    for (let second = 0; second < 10; second += 1) pace.measured({ level: 'good', rttMs: 20 });
    expect(Math.round((seconds(pace, 1, { level: 'good' })[0] ?? 0) / 128)).toBe(1);
  });

  it('puts no more into the channel than goes in a quarter of a second', () => {
    const pace = new Pace();
    let buffered = 0;
    for (let tick = 0; tick < 1_000; tick += 1) {
      clock += 10;
      if (pace.take(clock, buffered)) buffered += CHUNK_BYTES;
    }
    expect(buffered).toBeLessThanOrEqual(32 * KIB + CHUNK_BYTES);
  });
});

describe('a file that is sent', () => {
  const content = Uint8Array.from({ length: 300 * KIB + 5 }, (_, index) => index % 251);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = blob(content);

  class Channel implements FileChannel {
    readyState: RTCDataChannelState = 'open';
    bufferedAmount = 0;
    readonly pieces: { readonly offset: number; readonly length: number }[] = [];
    readonly #bytes = new Uint8Array(content.length);

    get sha256(): string {
      return createHash('sha256').update(this.#bytes).digest('hex');
    }

    send(data: unknown): void {
      const chunk = decodeChunk((data as Uint8Array<ArrayBuffer>).buffer);
      if (!chunk) throw new Error('cannot be read');
      this.pieces.push({ offset: chunk.offset, length: chunk.bytes.length });
      this.#bytes.set(chunk.bytes, chunk.offset);
    }
  }

  let told: string[];
  let pump: Pump;
  let channel: Channel;

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    channel = new Channel();
    pump = new Pump(
      {
        sent: (_, bytes) => told.push(`sent ${bytes}`),
        sentAll: (id, hash) => told.push(`all ${nameOf(id)} ${hash === sha256}`),
        unreadable: (id) => told.push(`unreadable ${nameOf(id)}`),
      },
      () => Date.now(),
    );
    pump.through(channel);
  });

  afterEach(() => vi.useRealTimers());

  it('goes in its order, and its hash is told at the end', async () => {
    pump.hold(idOf('a'), file);
    pump.start(idOf('a'), 0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(channel.sha256).toBe(sha256);
    expect(told.slice(-2)).toEqual([`sent ${content.length}`, 'all a true']);
  });

  it('goes on from where it is wanted, and its hash is that of the whole', async () => {
    pump.hold(idOf('a'), file);
    pump.start(idOf('a'), 0);
    await vi.advanceTimersByTimeAsync(500);
    pump.halt(idOf('a'));
    const gone = channel.pieces.length;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(channel.pieces).toHaveLength(gone);
    expect(gone).toBeGreaterThan(2);

    pump.start(idOf('a'), CHUNK_BYTES);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(channel.pieces[gone]).toEqual({ offset: CHUNK_BYTES, length: CHUNK_BYTES });
    expect([channel.sha256, told.at(-1)]).toEqual([sha256, 'all a true']);
    pump.start(idOf('a'), content.length);
    await vi.advanceTimersByTimeAsync(100);
    expect(told.at(-1)).toBe('all a true');
  });

  it('waits while the channel is full, or not open', async () => {
    channel.bufferedAmount = 1024 * KIB;
    pump.hold(idOf('a'), file);
    pump.start(idOf('a'), 0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(channel.pieces).toEqual([]);
    channel.bufferedAmount = 0;
    channel.readyState = 'closed';
    await vi.advanceTimersByTimeAsync(1_000);
    expect(channel.pieces).toEqual([]);
    channel.readyState = 'open';
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told.at(-1)).toBe('all a true');
  });

  it('is told to be unreadable when it is', async () => {
    const gone = Object.assign(new Blob(['abc']), {
      slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }),
    });
    pump.hold(idOf('a'), gone as unknown as Blob);
    pump.start(idOf('a'), 0);
    pump.start(idOf('unknown'), 0);
    await vi.advanceTimersByTimeAsync(100);
    expect([...new Set(told)].sort()).toEqual(['unreadable a', 'unreadable unknown']);
  });

  it('comes after the one before it', async () => {
    pump.hold(idOf('a'), file);
    pump.hold(idOf('b'), blob(new Uint8Array(3)));
    pump.start(idOf('a'), 0);
    pump.start(idOf('b'), 0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told.filter((word) => word.startsWith('all'))).toEqual(['all a true', 'all b false']);
  });
});
