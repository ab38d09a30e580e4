import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { leaveWish, takeWish, WISH_MS, type Wish } from '../src/push/wish.ts';

const WISH: Wish = { call: 'c1', video: true, pressedAt: 1_000 };

/** The browser's cache storage, of which only this is used. */
function cacheStorage() {
  const kept = new Map<string, string>();
  const cache = {
    match: (key: string) => {
      const text = kept.get(key);
      return Promise.resolve(text === undefined ? undefined : new Response(text));
    },
    put: async (key: string, response: Response) => void kept.set(key, await response.text()),
    delete: async (key: string) => kept.delete(key),
  };
  return { open: async () => cache };
}

beforeEach(() => void vi.stubGlobal('caches', cacheStorage()));
afterEach(() => void vi.unstubAllGlobals());

describe('a wish', () => {
  test('is taken by its name, once', async () => {
    const nonce = await leaveWish(WISH);
    expect(await takeWish(nonce, 1_000)).toEqual(WISH);
    expect(await takeWish(nonce, 1_000)).toBeNull();
  });

  test('is taken by one of two pages that ask at once', async () => {
    const nonce = await leaveWish(WISH);
    const taken = await Promise.all([takeWish(nonce, 1_000), takeWish(nonce, 1_000)]);
    expect(taken.filter((wish) => wish !== null)).toEqual([WISH]);
  });

  test('is not taken by another name, and is still there for the right one', async () => {
    expect(await takeWish('c1', 1_000)).toBeNull();
    const nonce = await leaveWish(WISH);
    for (const guess of ['', 'c1', 'undefined', nonce.toUpperCase().concat('0')]) {
      expect(await takeWish(guess, 1_000)).toBeNull();
    }
    expect(await takeWish(nonce, 1_000)).toEqual(WISH);
  });

  test('is given up after 30 seconds, and if the clock was set back', async () => {
    for (const [now, taken] of [
      [1_000 + WISH_MS, WISH],
      [1_001 + WISH_MS, null],
      [999, null],
    ] as const) {
      expect(await takeWish(await leaveWish(WISH), now)).toEqual(taken);
    }
  });

  test('gives way to the next', async () => {
    const first = await leaveWish(WISH);
    const second = await leaveWish({ ...WISH, call: 'c2' });
    expect(first).not.toBe(second);
    expect(await takeWish(first, 1_000)).toBeNull();
    expect(await takeWish(second, 1_000)).toEqual({ ...WISH, call: 'c2' });
  });

  test('that cannot be kept is none', async () => {
    vi.stubGlobal('caches', { open: () => Promise.reject(new Error('storage is forbidden')) });
    expect(await takeWish(await leaveWish(WISH), 1_000)).toBeNull();
  });
});
