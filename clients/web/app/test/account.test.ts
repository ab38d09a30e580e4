import { expect, test } from 'vitest';
import { UNCHANGED } from '../src/model/account.ts';
import type { Input } from '../src/model/message.ts';
import { initialModel, type Model } from '../src/model/model.ts';
import { update } from '../src/model/update.ts';

const ME = { name: 'alice', display_name: 'Alice' };
const home: Model = { ...initialModel(true), page: { type: 'home', me: ME } };

function after(...inputs: readonly Input[]): Model {
  return inputs.reduce((model, input) => update(model, input)[0], home);
}

test('who changes their own name is shown by it as soon as the server has taken it', () => {
  const [model, outputs] = update(home, { type: 'change-own-name', displayName: ' Alice Martin ' });
  expect(outputs).toEqual([{ type: 'send-own-name', displayName: 'Alice Martin' }]);
  expect(model.people.account.name).toEqual({ type: 'sending' });
  const changed = after({ type: 'own-name-changed', me: { ...ME, display_name: 'Alice Martin' } });
  expect(changed.page).toMatchObject({ me: { display_name: 'Alice Martin' } });
  expect(changed.people.account.name).toEqual({ type: 'done' });
});

test('a password is sent with the old one, and a refusal stands at its own form', () => {
  const [, outputs] = update(home, { type: 'change-password', old: 'one', password: 'another one' });
  expect(outputs).toEqual([{ type: 'send-password', old: 'one', password: 'another one' }]);
  const refused = after({ type: 'account-refused', what: 'password', problem: { type: 'wrong' } });
  expect(refused.people.account).toEqual({
    name: { type: 'ready' },
    password: { type: 'refused', problem: { type: 'wrong' } },
  });
});

test('what was said of a change is gone when one goes elsewhere', () => {
  const left = after({ type: 'password-changed' }, { type: 'go', place: 'home' });
  expect(left.people.account).toEqual(UNCHANGED);
});

test('nobody who is signed out, and no guest, changes an account', () => {
  const away: Model = { ...home, page: { type: 'sign-in', ended: false, form: { type: 'ready' } } };
  expect(update(away, { type: 'change-own-name', displayName: 'x' })).toEqual([away, []]);
});
