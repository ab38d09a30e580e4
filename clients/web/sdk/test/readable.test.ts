import { describe, expect, it, vi } from 'vitest';

import { Source } from '../src/readable.ts';

describe('a readable value', () => {
  it('is told at once, then when it changes, until nobody wants it any more', () => {
    const source = new Source(1);
    const seen: number[] = [];
    const stop = source.subscribe((value) => seen.push(value));
    source.set(2);
    source.set(2);
    stop();
    source.set(3);
    expect(seen).toEqual([1, 2]);
    expect(source.value).toBe(3);
  });

  it('that a listener changes is not told backwards to the others', () => {
    const source = new Source(1);
    const seen: number[] = [];
    source.subscribe((value) => value === 2 && source.set(3));
    source.subscribe((value) => seen.push(value));
    source.set(2);
    expect(seen).toEqual([1, 3]);
  });

  it('can be waited for', async () => {
    const source = new Source<number | string>(1);
    const text = source.until((value): value is string => typeof value === 'string');
    source.set(2);
    source.set('three');
    expect(await text).toBe('three');
    expect(await source.until((value) => value === 'three')).toBe('three');
  });

  it('is waited for no longer than wanted', async () => {
    vi.useFakeTimers();
    const source = new Source(1);
    const late = expect(source.until((value) => value === 2, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'timeout',
    });
    await vi.advanceTimersByTimeAsync(100);
    await late;
    vi.useRealTimers();

    const stop = new AbortController();
    const given = source.until((value) => value === 2, { signal: stop.signal });
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: 'aborted' });
    expect(source.isWatched).toBe(false);
  });

  it('that has ended keeps its value, ends loops, and disappoints those who wait', async () => {
    const source = new Source(1);
    const waiting = expect(source.until((value) => value === 9)).rejects.toMatchObject({ code: 'aborted' });
    const looped: number[] = [];
    const loop = (async () => {
      for await (const value of source) looped.push(value);
    })();
    await Promise.resolve();
    source.set(2);
    source.end();
    source.set(3);
    await Promise.all([loop, waiting]);
    expect(looped).toEqual([1, 2]);
    expect(source.value).toBe(2);
  });

  it('survives a listener that throws; the fault goes to the page', () => {
    const faults: (() => void)[] = [];
    const queue = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) => void faults.push(run));
    const source = new Source(1);
    const seen: number[] = [];
    source.subscribe(() => {
      throw new Error('not mine');
    });
    source.subscribe((value) => seen.push(value));
    source.set(2);
    queue.mockRestore();
    expect(seen).toEqual([1, 2]);
    expect(faults).toHaveLength(2);
    for (const fault of faults) expect(fault).toThrow('not mine');
  });
});
