/**
 * A browser that several people use: who calls is seen by everybody, and everybody may call; to answer, and for what belongs
 * to its user, that user confirms who they are.
 *
 *     locked ─ ask ─► asking ─ PIN or password ─► open ─ two minutes, or "lock" ─► locked
 */
import { isUnconfirmed, ringsHere, withToast } from './calls.ts';
import type { Input, Output, SharedInput } from './message.ts';
import type { CallSnapshot, Form, Model } from './model.ts';
import { NOBODY } from './people.ts';
import { neededAt } from './people-update.ts';
import type { Place } from './place.ts';
import type { Step } from './update.ts';

const READY: Form = { type: 'ready' };

/** Takes one input about it. */
export function updateShared(model: Model, input: SharedInput): Step {
  const { shared } = model;
  switch (input.type) {
    case 'share':
      return [model, [{ type: 'send-share', pin: input.pin }]];
    case 'unconfirmed':
      return [asLocked(model, shared?.asking), []];
    case 'shared': {
      const key = input.on ? 'toast.shared.on' : 'toast.shared.off';
      const after = input.on ? asLocked(model) : { ...model, shared: null };
      return [withToast(after, { key }, true), input.on ? [] : theirs(model.place)];
    }
    default:
      return shared ? updateOpen({ ...model, shared }, input) : [model, []];
  }
}

function updateOpen(
  model: Model & { readonly shared: NonNullable<Model['shared']> },
  input: Exclude<SharedInput, { type: 'share' | 'shared' | 'unconfirmed' }>,
): Step {
  const { shared } = model;
  const asking = (next: Model['shared'] & object): Model => ({ ...model, shared: next });
  switch (input.type) {
    case 'ask-confirm':
      return [asking({ ...shared, asking: { wanted: input.wanted, form: READY } }), []];
    case 'confirm':
      if (!shared.asking || shared.asking.form.type === 'sending') return [model, []];
      return [
        asking({ ...shared, asking: { ...shared.asking, form: { type: 'sending' } } }),
        [{ type: 'send-confirm', secret: input.secret }],
      ];
    case 'confirm-refused': {
      if (!shared.asking) return [model, []];
      const form = { type: 'refused', problem: input.problem } as const;
      return [asking({ ...shared, asking: { ...shared.asking, form } }), []];
    }
    case 'confirm-cancel':
      return [asking({ ...shared, asking: null }), []];
    case 'confirmed':
      return [asking({ open: true, asking: null }), theirs(model.place)];
    case 'lock':
      return [asLocked(model, shared.asking), shared.open ? [{ type: 'send-lock' }] : []];
  }
}

/** Whether an input has to wait until the user has confirmed who they are. */
export function waitsForConfirmation({ shared, call }: Model, input: Input): boolean {
  if (!shared || shared.open) return false;
  switch (input.type) {
    case 'answer':
    case 'answer-waiting':
    case 'move-here':
    case 'set-preferences':
    case 'put-contact':
    case 'remove-contact':
    case 'block':
      return true;
    // Whoever calls the one who rings here answers.
    case 'dial':
      return call !== null && ringsHere(call) && call.peer.id === input.to.trim().toLowerCase();
    default:
      return false;
  }
}

/** Whether a page shows nothing before that. */
export function isLocked({ shared }: Model, place: Place): boolean {
  // What is opened there is a file that somebody has.
  return shared !== null && !shared.open && place !== 'home' && place !== 'report';
}

/** The server has not let anybody answer: its user is asked who they are, and the call rings on. */
export function askAfterRefusal(model: Model, { state }: CallSnapshot): Model {
  return isUnconfirmed(state) ? asLocked(model, { wanted: null, form: READY }) : model;
}

/** Nobody is asked any more for a call that has gone. */
export function withoutStaleQuestion(model: Model): Model {
  const { shared, call, others } = model;
  const wanted = shared?.asking?.wanted?.type;
  if (!shared || (wanted !== 'answer' && wanted !== 'answer-waiting')) return model;
  const rings = [call, ...others].some((one) => one !== null && ringsHere(one));
  return rings ? model : { ...model, shared: { ...shared, asking: null } };
}

/** What is loaded for its user alone. */
export function theirs(place: Place): readonly Output[] {
  return [
    { type: 'look-for-recordings' },
    { type: 'load-history', afterCall: false },
    { type: 'load', what: 'contacts' },
    { type: 'load', what: 'blocks' },
    ...neededAt(place),
  ];
}

/** What may be asked for: nothing of its user's is told before they have confirmed. */
export function permitted({ shared }: Model, outputs: readonly Output[]): readonly Output[] {
  if (!shared || shared.open) return outputs;
  const open = (output: Output) =>
    output.type === 'load'
      ? output.what === 'preferences'
      : output.type !== 'load-history' && output.type !== 'look-for-recordings';
  return outputs.filter(open);
}

function asLocked(model: Model, asking: NonNullable<Model['shared']>['asking'] = null): Model {
  const { contacts, blocks, logins, links, newLink, unseen } = NOBODY;
  return {
    ...model,
    shared: { open: false, asking },
    history: { status: 'loading', calls: [] },
    people: { ...model.people, contacts, blocks, logins, links, newLink, unseen },
  };
}
