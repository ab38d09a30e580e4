import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Answer } from '../src/api/http.ts';
import { createSignOut } from '../src/sign-out.ts';

const DONE: Answer<unknown> = { type: 'ok', value: {} };
const AWAY: Answer<never> = { type: 'unreachable' };
const BUSY: Answer<unknown> = { type: 'refused', status: 503, error: { code: 'overloaded', message: '' } };

/** How it answers, and how often it was told. */
interface Server {
  says: Answer<unknown>;
  asked: number;
}

/** A page of this browser. */
function page(server: Server) {
  return createSignOut(() => {
    server.asked += 1;
    return Promise.resolve(server.says);
  });
}

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => kept.set(key, text),
    removeItem: (key: string) => kept.delete(key),
  });
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('the server is told once of a sign-out, and of none where nobody has signed out', async () => {
  const server: Server = { says: DONE, asked: 0 };
  const signOut = page(server);
  expect([await signOut.told(), server.asked]).toEqual([DONE, 0]);
  await signOut.begin();
  expect([await signOut.told(), server.asked]).toEqual([DONE, 1]);
});

test('a sign-out that the server has not heard is told by the next page, which lets nobody in before', async () => {
  for (const silence of [AWAY, BUSY]) {
    const server: Server = { says: silence, asked: 0 };
    await page(server).begin();
    const next = page(server);
    expect(await next.told()).toEqual(silence);
    server.says = DONE;
    expect([await next.told(), await page(server).told(), server.asked]).toEqual([DONE, DONE, 3]);
  }
});

test('a page that stays open tells the server as soon as it is back', async () => {
  const server: Server = { says: AWAY, asked: 0 };
  const signOut = page(server);
  await signOut.begin();
  await vi.advanceTimersByTimeAsync(5_000);
  // Whoever asks in between does not make it more often.
  await signOut.told();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(server.asked).toBe(3);
  server.says = DONE;
  await vi.advanceTimersByTimeAsync(120_000);
  expect([server.asked, vi.getTimerCount()]).toEqual([4, 0]);
});

test('who signs in meanwhile waits for what is being told, and is not signed out by it', async () => {
  let answer: (said: Answer<unknown>) => void = () => {};
  let asked = 0;
  const signOut = createSignOut(() => {
    asked += 1;
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  const order: string[] = [];
  void signOut.begin().then(() => order.push('told'));
  const entered = signOut.told().then(() => order.push('entered'));
  answer(DONE);
  await entered;
  expect([order, asked]).toEqual([['told', 'entered'], 1]);
});
