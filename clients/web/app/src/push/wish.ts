/**
 * The wish of somebody who pressed a notification. An address may come from anybody, and callers choose the ids of their
 * calls, so an address never answers: the service worker leaves the wish where only this origin can write, and the page
 * that it opens takes it, by a random name that nobody can guess, once, and soon.
 */
import { forget, recall, remember } from './memory.ts';

/** The call is to be answered, or shown if `video` is null. */
export interface Wish {
  readonly call: string;
  readonly video: boolean | null;
  /** When the notification was pressed, by the clock of this device. */
  readonly pressedAt: number;
}

/** For so long a page answers unasked; after it, the call only rings. */
export const WISH_MS = 30_000;

/** Whether it is recent. A press that is yet to come is one from before the clock was set. */
export function isFresh({ pressedAt }: Pick<Wish, 'pressedAt'>, now: number): boolean {
  return pressedAt <= now && now - pressedAt <= WISH_MS;
}

/** Leaves a wish in place of the one before, and gives the name by which it is taken. */
export async function leaveWish(wish: Wish): Promise<string> {
  const nonce = crypto.randomUUID();
  await remember('wish', JSON.stringify({ ...wish, nonce }));
  return nonce;
}

/** Takes the wish of this name; null if there is none, if it has been taken, or if it is too old. */
export async function takeWish(nonce: string, now: number): Promise<Wish | null> {
  const kept = await recall('wish');
  if (kept === null) return null;
  const { nonce: name, ...wish } = JSON.parse(kept) as Wish & { readonly nonce: string };
  // A wrong name takes nothing away from the page that has the right one.
  if (name !== nonce) return null;
  // Of two pages that take it at once, only one removes it.
  if (!(await forget('wish'))) return null;
  return isFresh(wish, now) ? wish : null;
}
