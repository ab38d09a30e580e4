/** What somebody changes about their own account: how they are shown, and their password. */
import type { Me } from '@visavis/client';
import type { Form, Model, Problem } from './model.ts';
import type { Step } from './update.ts';

/** Where each of the two stands; `done` until something is changed again. */
export type Change = Form | { readonly type: 'done' };
export type OwnAccount = Readonly<Record<'name' | 'password', Change>>;

/** Nothing has been changed. */
export const UNCHANGED: OwnAccount = { name: { type: 'ready' }, password: { type: 'ready' } };

/** What is told about it. */
export type AccountInput =
  | { readonly type: 'change-own-name'; readonly displayName: string }
  | { readonly type: 'own-name-changed'; readonly me: Me }
  | { readonly type: 'change-password'; readonly old: string; readonly password: string }
  | { readonly type: 'password-changed' }
  | { readonly type: 'account-refused'; readonly what: keyof OwnAccount; readonly problem: Problem };

/** What is to be done about it. */
export type AccountOutput =
  | { readonly type: 'send-own-name'; readonly displayName: string }
  | { readonly type: 'send-password'; readonly old: string; readonly password: string };

/** Takes one input. */
export function updateAccount(model: Model, input: AccountInput): Step {
  const { page } = model;
  if (page.type !== 'home') return [model, []];
  switch (input.type) {
    case 'change-own-name':
      return [
        standing(model, 'name', { type: 'sending' }),
        [{ type: 'send-own-name', displayName: input.displayName.trim() }],
      ];
    case 'own-name-changed':
      return [{ ...standing(model, 'name', { type: 'done' }), page: { ...page, me: input.me } }, []];
    case 'change-password': {
      const { old, password } = input;
      return [standing(model, 'password', { type: 'sending' }), [{ type: 'send-password', old, password }]];
    }
    case 'password-changed':
      return [standing(model, 'password', { type: 'done' }), []];
    case 'account-refused':
      return [standing(model, input.what, { type: 'refused', problem: input.problem }), []];
  }
}

function standing(model: Model, what: keyof OwnAccount, change: Change): Model {
  const account = { ...model.people.account, [what]: change };
  return { ...model, people: { ...model.people, account } };
}
