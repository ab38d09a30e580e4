/**
 * Signing out holds in this browser at once, though the server may be away. The cookie is out of a script's reach and is good
 * until the server has heard of it; so a mark stays until then, and whoever finds it lets nobody in by that cookie.
 */
import type { Answer } from './api/http.ts';

/** Tells the server that somebody has signed out. */
export interface SignOut {
  /** From now on nobody is signed in here. */
  begin(): Promise<unknown>;
  /** Done at once if the server knows of every sign-out; else tells it. `ok` once it knows. */
  told(): Promise<Answer<unknown>>;
}

const STORED = 'visavis.signed-out';
/** How long until it is told again. */
const AGAIN_MS = 15_000;

/** `tell` is the request. */
export function createSignOut(tell: () => Promise<Answer<unknown>>): SignOut {
  /** One at a time: the answer takes away the cookie that is there when it comes, which is then the next one's. */
  let telling: Promise<Answer<unknown>> | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;

  function told(): Promise<Answer<unknown>> {
    if (localStorage.getItem(STORED) === null) return Promise.resolve({ type: 'ok', value: {} });
    telling ??= attempt().finally(() => {
      telling = null;
    });
    return telling;
  }

  async function attempt(): Promise<Answer<unknown>> {
    clearTimeout(again);
    const answer = await tell();
    if (answer.type === 'ok') localStorage.removeItem(STORED);
    else again = setTimeout(told, AGAIN_MS);
    return answer;
  }

  return {
    begin() {
      localStorage.setItem(STORED, '1');
      return told();
    },
    told,
  };
}
