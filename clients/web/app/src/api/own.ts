/** A user's own account, and a browser that several people use: their part of the HTTP API. */
import type { ChangeMe, ChangePassword, Me, SharedDevice } from '@visavis/client';
import { type Answer, patch, post, put, remove } from './http.ts';

/** How this user is shown to others; by their name if it is empty. */
export const changeOwnName = (displayName: string): Promise<Answer<Me>> =>
  patch('/api/me', { display_name: displayName } satisfies ChangeMe);

/** Changes the password, and signs out every other browser. */
export const changePassword = (old: string, password: string): Promise<Answer<unknown>> =>
  post('/api/password', { old, new: password } satisfies ChangePassword);

/** Says who one is, by the browser's PIN or the password. */
export const confirmIdentity = (secret: string): Promise<Answer<SharedDevice>> =>
  post('/api/confirm', { secret });

/** Takes that back. */
export const lockAgain = (): Promise<Answer<unknown>> => remove('/api/confirm');

/** Sets the PIN; null: one person uses this browser. */
export const setShared = (pin: string | null): Promise<Answer<unknown>> =>
  pin === null ? remove('/api/shared') : put('/api/shared', { pin });
