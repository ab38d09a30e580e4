/** What a user does about their own account, and about a browser that several people use. Loaded when the first page stands. */
import { problemOf } from './api/account.ts';
import { changeOwnName, changePassword, confirmIdentity, lockAgain, setShared } from './api/own.ts';
import type { Input, Output, Send } from './model/message.ts';
import type { Problem } from './model/model.ts';

/** How much sooner the page locks itself than the server does. */
const LOCK_EARLIER_MS = 5_000;

/** What one page of this browser tells the others: all of them have the same user, and the same PIN. */
export type ForAllPages = Extract<Input, { type: 'shared' | 'lock' | 'link' }>;

type OwnOutput = Extract<
  Output,
  { type: 'send-own-name' | 'send-password' | 'send-confirm' | 'send-lock' | 'send-share' }
>;

/** Performs it. `tell` reaches the other pages of this browser. */
export function createOwnDriver(
  send: Send,
  tell: (news: ForAllPages) => void,
): (output: OwnOutput) => Promise<void> {
  /** When whoever has confirmed who they are is taken to have gone. */
  let locks: ReturnType<typeof setTimeout> | undefined;
  return async (output) => {
    switch (output.type) {
      case 'send-own-name': {
        const answer = await changeOwnName(output.displayName);
        if (answer.type === 'ok') return send({ type: 'own-name-changed', me: answer.value });
        return send({ type: 'account-refused', what: 'name', problem: problemOf(answer, Date.now()) });
      }
      case 'send-password': {
        const answer = await changePassword(output.old, output.password);
        if (answer.type === 'ok') return send({ type: 'password-changed' });
        return send({ type: 'account-refused', what: 'password', problem: problemOf(answer, Date.now()) });
      }
      case 'send-confirm': {
        const answer = await confirmIdentity(output.secret);
        if (answer.type === 'ok') {
          clearTimeout(locks);
          // Before the server does, so that nothing is refused that the page has offered.
          locks = setTimeout(() => send({ type: 'lock' }), answer.value.open_for_ms - LOCK_EARLIER_MS);
          return send({ type: 'confirmed' });
        }
        const wrong = answer.type === 'refused' && answer.error.code === 'forbidden';
        const problem: Problem = wrong ? { type: 'wrong' } : problemOf(answer, Date.now());
        return send({ type: 'confirm-refused', problem });
      }
      case 'send-lock':
        clearTimeout(locks);
        tell({ type: 'lock' });
        await lockAgain();
        return;
      case 'send-share': {
        const answer = await setShared(output.pin);
        if (answer.type !== 'ok') {
          return send({ type: 'not-done', what: 'devices', why: { type: 'other' } });
        }
        const news = { type: 'shared', on: output.pin !== null } as const;
        tell(news);
        return send(news);
      }
    }
  };
}
