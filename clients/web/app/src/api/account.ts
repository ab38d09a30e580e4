/** The account's part of the HTTP API. */

import type { Me, SignUpInvitation } from '@visavis/client';
import type { Problem } from '../model/model.ts';
import { type Answer, post, read } from './http.ts';

/** Who is signed in; `refused` with 401 if nobody is. */
export const whoAmI = (): Promise<Answer<Me>> => read('/api/me');

/** For whom a sign-up link is; `refused` if it is used, expired or wrong. */
export const checkInvitation = (token: string): Promise<Answer<SignUpInvitation>> =>
  post('/api/signup/check', { token });

/** Redeems a sign-up link and signs in. An empty display name leaves it to the server. */
export const signUp = (token: string, displayName: string, password: string): Promise<Answer<Me>> =>
  post('/api/signup', { token, password, ...(displayName === '' ? {} : { display_name: displayName }) });

/** Signs in. */
export const logIn = (name: string, password: string): Promise<Answer<Me>> =>
  post('/api/login', { name, password });

/** Signs out this browser. */
export const logOut = (): Promise<Answer<unknown>> => post('/api/logout');

/** How long to wait when the server did not say. */
const DEFAULT_WAIT_MS = 30_000;

/** What an unsuccessful answer means to the user. */
export function problemOf(answer: Exclude<Answer<unknown>, { type: 'ok' }>, now: number): Problem {
  if (answer.type === 'unreachable') return { type: 'unreachable' };
  const { code, retry_after_ms } = answer.error;
  switch (code) {
    case 'unauthenticated':
    case 'forbidden':
      return { type: 'wrong' };
    case 'not_found':
      return { type: 'gone' };
    case 'conflict':
      return { type: 'shut' };
    case 'rate_limited':
    case 'overloaded':
      return { type: 'rate-limited', until: now + (retry_after_ms ?? DEFAULT_WAIT_MS) };
    default:
      return { type: 'other', code };
  }
}

/** Whether the same question may have another answer in a moment. */
export function isTemporary(answer: Exclude<Answer<unknown>, { type: 'ok' }>): boolean {
  return answer.type === 'unreachable' || answer.status === 429 || answer.status >= 500;
}
