/**
 * One step of the store: what is about the way to the server is done here, and what is about a call that the server knows
 * is for `life.ts`, which a page may fetch later than this.
 */

import { ClientError } from '../client-error.ts';
import type { ErrorReply, ServerMessage } from '../protocol.ts';
import * as calls from './call.ts';
import { callTimeouts, deadline } from './deadlines.ts';
import { errorCode } from './end-reason.ts';
import { hold } from './hold.ts';
import type { Life } from './life.ts';
import * as link from './link.ts';
import { forgetEnded, postponeAll, resendDue, settle } from './outbox.ts';
import * as people from './people.ts';
import type { CallRecord, Input, Output, State } from './state.ts';
import { change, find, lifeOf, NotFetched, type Turn, update } from './turn.ts';

/** What a turn has made of the state, and what is to be done, in order. */
export interface Step {
  readonly state: State;
  readonly outputs: readonly Output[];
}

/**
 * Answers one input, or nothing if that takes the life of calls and it is not here yet: then nothing has happened, and
 * the input may be given again. `now`: milliseconds on a clock that never goes back.
 */
export function take(state: State, now: number, input: Input, life: Life | undefined): Step | undefined {
  const turn: Turn = { now, state, outputs: [], life };
  try {
    handle(turn, input);
  } catch (error) {
    if (error instanceof NotFetched) return undefined;
    throw error;
  }
  return { state: turn.state, outputs: turn.outputs };
}

/** When the store wants to hear `timeout`; infinity for never. */
export function nextTimeout(state: State): number {
  const online = state.link.type === 'online';
  return Math.min(
    link.linkDeadline(state),
    ...state.calls.map((call) => Math.min(deadline(state, call), call.restartAt ?? Number.POSITIVE_INFINITY)),
    ...state.outbox.map((pending) => (online && pending.retryAt) || Number.POSITIVE_INFINITY),
  );
}

function handle(turn: Turn, input: Input): void {
  switch (input.type) {
    case 'start':
      update(turn, {
        device: input.device,
        privacy: input.privacy ?? turn.state.privacy,
        asksConsent: input.asksConsent ?? false,
        remembered: input.remembered ?? [],
      });
      return link.open(turn);
    case 'opened':
      return link.greet(turn, input.ticket);
    case 'ticket-failed':
      return link.ticketFailed(turn, input.signedOut);
    case 'closed':
      return link.closed(turn, input.code);
    case 'hear':
      return hear(turn, input.message);
    case 'network-changed':
      link.networkChanged(turn);
      return turn.life?.networkChanged(turn);
    case 'probe':
      return link.networkChanged(turn);
    case 'hide-address':
      return update(turn, { hideAddress: input.yes });
    case 'seen':
      return people.seen(turn, input.yes);
    case 'timeout':
      callTimeouts(turn);
      turn.life?.restartDue(turn);
      resendDue(turn);
      return link.linkTimeout(turn);
    case 'come-back':
      turn.life?.comeBack(turn);
      return link.networkChanged(turn);
    case 'leave':
      // Nobody has answered what is here without it.
      if (turn.life) turn.life.leave(turn, calls.hangup);
      else calls.endOurs(turn);
      return sayBye(turn);
    case 'close':
      calls.endOurs(turn);
      sayBye(turn);
      return link.goOffline(turn, 'closed');
    case 'dial':
      return calls.dial(turn, input.call, input.to, input.choice);
    case 'hangup':
    case 'hold':
    case 'sending': {
      const call = find(turn, input.call);
      if (call) ofAnyCall(turn, call, input);
      return;
    }
    case 'take':
      return lifeOf(turn).takeHere(turn, input.call, input.choice);
    default: {
      const call = find(turn, input.call);
      // What concerns a call that has ended meanwhile is of no interest.
      if (call) lifeOf(turn).about(turn, call, input);
      return;
    }
  }
}

/** What may be said of a call before the server knows it. */
function ofAnyCall(
  turn: Turn,
  call: CallRecord,
  input: Extract<Input, { type: 'hangup' | 'hold' | 'sending' }>,
): void {
  switch (input.type) {
    case 'hangup':
      return calls.hangup(turn, call);
    case 'hold':
      return hold(turn, call, input.on);
    case 'sending':
      change(turn, call.id, { sending: input.notice });
      if (call.confirmed) lifeOf(turn).tellSending(turn, call.id);
  }
}

function hear(turn: Turn, message: ServerMessage): void {
  link.heard(turn);
  switch (message.type) {
    case 'welcome':
      return link.welcome(turn, message.data);
    case 'call':
      return lifeOf(turn).applyView(turn, message.data);
    case 'ok': {
      const { call, merged } = message.data;
      // It may be another device's word, which may speak only of the call that it is in.
      if (call && !merged && turn.state.outbox.some(({ id, call: its }) => id === message.re && its !== call))
        return;
      const pending = settle(turn, message.re);
      if (pending) calls.done(turn, pending, message.data.merged ? message.data.call : undefined);
      return;
    }
    case 'error':
      return error(turn, message.re, message.data);
    case 'bye':
      return link.bye(turn, message.data);
    case 'presence':
      return people.heardOf(turn, message.data);
    case 'changed':
      turn.outputs.push({ type: 'changed', what: message.data.what });
      return;
    case 'pong':
      return link.believe(turn);
    default:
      return lifeOf(turn).payload(turn, message);
  }
}

function error(turn: Turn, re: string | undefined, reply: ErrorReply): void {
  const { link: current, outbox } = turn.state;
  if (current.type === 'opening' && (re === undefined || re === current.hello)) {
    return link.refusedHello(turn, reply);
  }
  const pending = outbox.find((candidate) => candidate.id === re);
  if (pending) return lifeOf(turn).refused(turn, pending, reply);
  if (re !== undefined) return;
  if (reply.code === 'rate_limited') {
    // It was not even read, so it could be any that has no answer.
    return postponeAll(turn, reply.retry_after_ms);
  }
  const call = find(turn, reply.call);
  if (reply.code === 'not_found') forgetEnded(turn, reply.call);
  if (call && reply.code === 'not_found') return calls.lose(turn, call);
  if (reply.call !== undefined && reply.code === 'not_found') turn.life?.forgetElsewhere(turn, reply.call);
  // About a call: an acknowledgement that came after its end. Otherwise nobody waits for it, and nobody would hear of it.
  if (reply.call === undefined) {
    const hint = `the server refused a message: ${reply.hint ?? reply.code}`;
    turn.outputs.push({ type: 'report', error: new ClientError(errorCode(reply.code), hint) });
  }
}

function sayBye(turn: Turn): void {
  if (turn.state.link.type === 'online') {
    turn.outputs.push({ type: 'send', message: { type: 'bye', data: {} } });
  }
}
