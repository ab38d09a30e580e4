/** The model's only way to change: `(model, input) → (model, outputs)`, without clock, network or page. */

import { isFresh } from '../push/wish.ts';
import { tooLateMessage } from '../text/history.ts';
import { updateAccount } from './account.ts';
import { updateCalls, withToast } from './calls.ts';
import { updateGuest, welcomeGuest } from './guest-update.ts';
import type { Input, Output } from './message.ts';
import type { Form, Model, Page, PastCall } from './model.ts';
import { NOBODY } from './people.ts';
import { AT_HOME, neededAt, updatePeople } from './people-update.ts';
import {
  askAfterRefusal,
  permitted,
  updateShared,
  waitsForConfirmation,
  withoutStaleQuestion,
} from './shared-update.ts';

/** The model after an input, and what has to be done. */
export type Step = readonly [Model, readonly Output[]];

const READY: Form = { type: 'ready' };
const CLOSE_ALL_NOTICES: Output = { type: 'close-notices', live: null };

/** Takes one input. An input that does not fit the present page changes nothing. */
export function update(model: Model, input: Input): Step {
  const [after, outputs] = decide(model, input);
  return [after, permitted(after, outputs)];
}

function decide(model: Model, input: Input): Step {
  const { page } = model;
  if (waitsForConfirmation(model, input)) return updateShared(model, { type: 'ask-confirm', wanted: input });
  switch (input.type) {
    case 'open':
      return open(model, input.token);
    case 'invitation':
      if (page.type !== 'join') return [model, []];
      return at(model, {
        ...page,
        invitation: input.invitation ? { type: 'valid', name: input.invitation.name } : { type: 'invalid' },
      });
    case 'who-am-i':
      if (page.type !== 'loading') return [model, []];
      if (!input.me) return at(model, { type: 'sign-in', ended: false, form: READY }, CLOSE_ALL_NOTICES);
      return input.me.guest ? welcomeGuest(model, input.me, true) : enter(model, input.me);
    case 'no-server':
      switch (page.type) {
        case 'loading':
          return at(model, { type: 'unreachable', again: { type: 'open', token: null } });
        case 'join':
          return at(model, { type: 'unreachable', again: { type: 'open', token: page.token } });
        case 'guest-door':
          return at(model, { type: 'unreachable', again: { type: 'open-guest', token: page.token } });
        default:
          return [model, []];
      }
    case 'retry':
      return page.type === 'unreachable'
        ? update({ ...model, page: { type: 'loading' } }, page.again)
        : [model, []];
    case 'sign-up':
      if (page.type !== 'join') return [model, []];
      return at(
        model,
        { ...page, form: { type: 'sending' } },
        { type: 'send-sign-up', token: page.token, displayName: input.displayName, password: input.password },
      );
    case 'log-in':
      if (page.type !== 'sign-in') return [model, []];
      return at(
        model,
        { ...page, form: { type: 'sending' } },
        { type: 'send-log-in', name: input.name, password: input.password },
      );
    case 'signed-in':
      return enter(model, input.me);
    case 'form-refused':
      if (page.type !== 'join' && page.type !== 'sign-in' && page.type !== 'guest-door') return [model, []];
      if (page.type === 'join' && input.problem.type === 'gone') {
        return at(model, { ...page, invitation: { type: 'invalid' } });
      }
      if (page.type === 'guest-door' && input.problem.type === 'gone') {
        return at(model, { ...page, link: { type: 'closed' } });
      }
      return at(model, { ...page, form: { type: 'refused', problem: input.problem } });
    case 'to-sign-in':
      return at(model, { type: 'loading' }, { type: 'clear-address' }, { type: 'ask-who-am-i' });
    case 'sign-out':
      return leave(model, false, { type: 'send-log-out' });
    case 'link':
      if (input.link.type === 'offline' && input.link.reason === 'signed-out') return leave(model, true);
      return [
        { ...model, link: input.link },
        input.link.type === 'online' && model.link.type !== 'online' ? whenOnline(model) : [],
      ];
    case 'connect-here':
      return [{ ...model, link: { type: 'connecting' } }, [{ type: 'connect' }]];
    case 'reload-history':
      return [model, [{ type: 'load-history', afterCall: false }]];
    case 'history':
      return tellExpected({
        ...model,
        history: { status: 'ready', calls: withOlder(input.calls, model.history.calls) },
      });
    case 'history-failed':
      return [{ ...model, history: { ...model.history, status: 'failed' } }, []];
    case 'call':
      return withoutQuestion(thenAnswerExpected(afterCall(model, input), input.now));
    case 'dial':
    case 'answer':
    case 'answer-waiting':
    case 'elsewhere':
    case 'move-here':
    case 'decline-waiting':
    case 'silence':
    case 'hang-up':
    case 'hold':
    case 'record':
    case 'emoji-match':
    case 'recording-saved':
    case 'recording-left':
    case 'recording-failed':
    case 'save-recording':
    case 'transfer':
    case 'connect-calls':
    case 'dial-beside':
    case 'transfer-failed':
    case 'change-over':
    case 'mic':
    case 'camera':
    case 'screen':
    case 'use-device':
    case 'unblock':
    case 'call-again':
    case 'close-call':
    case 'device-failed':
      return updateCalls(model, input);
    case 'dismiss-toast':
      return [model.toast?.id === input.id ? { ...model, toast: null } : model, []];
    case 'all':
      return updateAll(model, input.inputs);
    case 'answer-call':
      return thenAnswerExpected([{ ...model, expected: input.wish }, []], input.now);
    case 'hidden':
      return input.hidden
        ? [{ ...model, hidden: true }, []]
        : updatePeople({ ...model, hidden: false }, { type: 'looked-at' });
    case 'confirmed': {
      const [opened, outputs] = updateShared(model, input);
      const wanted = model.shared?.asking?.wanted;
      if (!wanted) return [opened, outputs];
      const [done, more] = update(opened, wanted);
      return [done, [...outputs, ...more]];
    }
    case 'ask-confirm':
    case 'confirm':
    case 'confirm-refused':
    case 'confirm-cancel':
    case 'lock':
    case 'share':
    case 'shared':
    case 'unconfirmed':
      return updateShared(model, input);
    case 'open-guest':
    case 'guest-invitation':
    case 'knock':
    case 'guest-entered':
    case 'guest-is-me':
    case 'leave-as-guest':
      return updateGuest(model, input);
    case 'change-own-name':
    case 'own-name-changed':
    case 'change-password':
    case 'password-changed':
    case 'account-refused':
      return updateAccount(model, input);
    default:
      return updatePeople(model, input);
  }
}

/** Takes several inputs, one after the other. */
function updateAll(model: Model, inputs: readonly Input[]): Step {
  const outputs: Output[] = [];
  let after = model;
  for (const input of inputs) {
    const [next, more] = update(after, input);
    after = next;
    outputs.push(...more);
  }
  return [after, outputs];
}

function afterCall(model: Model, input: Extract<Input, { type: 'call' }>): Step {
  const [after, outputs] = updateCalls(model, input);
  return [askAfterRefusal(after, input.call), outputs];
}

function withoutQuestion([model, outputs]: Step): Step {
  return [withoutStaleQuestion(model), outputs];
}

function at(model: Model, page: Page, ...outputs: Output[]): Step {
  return [{ ...model, page }, outputs];
}

function open(model: Model, token: string | null): Step {
  // Somebody who is in a call does not lose it to an address.
  if (model.call && model.call.state.type !== 'ended') return [model, []];
  if (token === null) {
    const leavable = model.page.type === 'join' || model.page.type === 'guest-door';
    if (model.page.type !== 'loading' && !leavable) return [model, []];
    return at(model, { type: 'loading' }, { type: 'ask-who-am-i' });
  }
  return at(
    model,
    { type: 'join', token, invitation: { type: 'checking' }, form: READY },
    { type: 'check-invitation', token },
  );
}

function enter(model: Model, me: Extract<Page, { type: 'home' }>['me']): Step {
  return [
    {
      ...model,
      page: { type: 'home', me },
      link: { type: 'connecting' },
      history: { status: 'loading', calls: [] },
      people: NOBODY,
      // A page that is opened is opened by somebody.
      shared: me.shared ? { open: false, asking: null } : null,
    },
    [
      { type: 'clear-address' },
      { type: 'connect' },
      { type: 'look-for-recordings' },
      { type: 'load-history', afterCall: false },
      ...AT_HOME,
      ...neededAt(model.place),
    ],
  ];
}

/** What was missed while we were away shows in the history, and what is over rings no more. */
function whenOnline({ page, call, others }: Model): readonly Output[] {
  const load = { type: 'load-history', afterCall: false } as const;
  if (page.type !== 'home') return [load];
  const live = [call, ...others].flatMap((one) => (one && one.state.type !== 'ended' ? [one.id] : []));
  return [load, { type: 'close-notices', live }];
}

function leave(model: Model, ended: boolean, ...outputs: Output[]): Step {
  const page: Page =
    model.page.type === 'guest' ? { ...model.page, over: true } : { type: 'sign-in', ended, form: READY };
  return [
    {
      ...model,
      page,
      place: 'home',
      call: null,
      expected: null,
      others: [],
      elsewhere: [],
      history: { status: 'loading', calls: [] },
      people: NOBODY,
      shared: null,
    },
    [{ type: 'disconnect' }, ...(page.type === 'sign-in' ? [CLOSE_ALL_NOTICES] : []), ...outputs],
  ];
}

/** Answers the call whose notification was pressed a moment ago: on the stage, or in its place. */
function thenAnswerExpected([model, outputs]: Step, now: number): Step {
  const { expected } = model;
  // Whoever has waited for so long may be elsewhere by now, and is not to be seen there: the call rings.
  if (expected && !isFresh(expected, now)) return [{ ...model, expected: null }, outputs];
  const call = [model.call, ...model.others].find((other) => other && other.id === expected?.call);
  if (!call || !expected) return [model, outputs];
  const after = { ...model, expected: null };
  if (expected.video === null) return [after, outputs];
  const { serial } = call;
  const answer: Input =
    call === model.call
      ? { type: 'answer', video: expected.video }
      : { type: 'answer-waiting', serial, hold: true };
  const [answered, more] = update(after, answer);
  return [answered, [...outputs, ...more]];
}

/** Whoever pressed a notification too late reads in the history what became of the call, and is told. */
function tellExpected(model: Model): Step {
  const past = model.history.calls.find(({ call }) => call === model.expected?.call);
  if (!past) return [model, []];
  return [withToast({ ...model, expected: null }, tooLateMessage(past)), []];
}

/** The newest page of the history, with what was read behind it before. */
function withOlder(newest: readonly PastCall[], known: readonly PastCall[]): readonly PastCall[] {
  const last = newest.at(-1);
  const at = known.findIndex(({ call }) => call === last?.call);
  return at < 0 ? newest : [...newest, ...known.slice(at + 1)];
}
