/**
 * The call store: the whole behaviour of a client as one pure function.
 *
 *     (state, now, input) → (state, outputs)        nextTimeout(state): when it wants `{ type: 'timeout' }`
 *
 * `state.ts` has the words. No clock, no random numbers, no browser: whoever calls it brings them.
 */

import { ClientError } from '../client-error.ts';
import type { ErrorReply, ServerMessage } from '../protocol.ts';
import * as calls from './call.ts';
import { control } from './control.ts';
import { callTimeouts, deadline } from './deadlines.ts';
import { forgetElsewhere } from './elsewhere.ts';
import { errorCode } from './end-reason.ts';
import { hold } from './hold.ts';
import * as link from './link.ts';
import { forgetEnded, postponeAll, resendDue, settle } from './outbox.ts';
import * as path from './path.ts';
import * as people from './people.ts';
import * as recovery from './recovery.ts';
import { comeBack, leave } from './resume.ts';
import type { CallRecord, Input, Output, State } from './state.ts';
import { transfer } from './transfer.ts';
import { change, find, type Turn, update } from './turn.ts';
import { applyView } from './view.ts';

/** What a turn has made of the state, and what is to be done, in order. */
export interface Step {
  readonly state: State;
  readonly outputs: readonly Output[];
}

/** Answers one input. `now`: milliseconds on a clock that never goes back. */
export function step(state: State, now: number, input: Input): Step {
  const turn: Turn = { now, state, outputs: [] };
  handle(turn, input);
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
      return recovery.networkChanged(turn);
    case 'hide-address':
      return update(turn, { hideAddress: input.yes });
    case 'seen':
      return people.seen(turn, input.yes);
    case 'timeout':
      callTimeouts(turn);
      recovery.restartDue(turn);
      resendDue(turn);
      return link.linkTimeout(turn);
    case 'come-back':
      comeBack(turn);
      return link.networkChanged(turn);
    case 'leave':
      leave(turn, calls.hangup);
      return sayBye(turn);
    case 'close':
      calls.endOurs(turn);
      sayBye(turn);
      return link.goOffline(turn, 'closed');
    case 'dial':
      return calls.dial(turn, input.call, input.to, input.choice);
    case 'take':
      return calls.takeHere(turn, input.call, input.choice);
    case 'alerting':
    case 'accept':
    case 'hangup':
    case 'hold':
    case 'transfer':
    case 'described':
    case 'gathered':
    case 'sending':
    case 'connected':
    case 'flowing':
    case 'suspect':
    case 'interrupted':
    case 'deaf':
    case 'control':
    case 'tried':
    case 'broken': {
      const call = find(turn, input.call);
      // What concerns a call that has ended meanwhile is of no interest.
      if (call) about(turn, call, input);
      return;
    }
  }
}

type AboutCall = Exclude<Extract<Input, { call: string }>, { type: 'dial' | 'take' }>;

function about(turn: Turn, call: CallRecord, input: AboutCall): void {
  switch (input.type) {
    case 'alerting':
      return calls.alerting(turn, call);
    case 'accept':
      return calls.accept(turn, call, input.choice);
    case 'hangup':
      return calls.hangup(turn, call);
    case 'hold':
      return hold(turn, call, input.on);
    case 'transfer':
      return transfer(turn, call, input.to);
    case 'described':
      return path.described(turn, call, input.key, input.description);
    case 'gathered':
      return path.gathered(turn, call, input.key, input.candidates);
    case 'sending':
      return path.sending(turn, call, input.notice);
    case 'connected':
    case 'flowing':
    case 'suspect':
    case 'interrupted':
    case 'deaf':
    case 'control':
    case 'tried':
    case 'broken':
      // One that lingers beside the call's own, or was made for another device, changes nothing.
      if (input.key === call.key) ofItsPath(turn, call, input);
      return;
  }
}

type OfPath = Extract<
  AboutCall,
  { type: 'connected' | 'flowing' | 'suspect' | 'interrupted' | 'deaf' | 'control' | 'tried' | 'broken' }
>;

function ofItsPath(turn: Turn, call: CallRecord, input: OfPath): void {
  // Before the answer a path is only tried.
  if (!call.confirmed && input.type !== 'tried') return;
  switch (input.type) {
    case 'connected':
      path.connected(turn, call, input.path);
      // The network is back: then the server is worth a try, too.
      if (call.state.type === 'recovering' && turn.state.link.type === 'waiting') link.open(turn);
      return;
    case 'suspect':
      return link.probe(turn);
    case 'flowing':
      return change(turn, call.id, { flowedAt: turn.now });
    case 'interrupted':
      link.probe(turn);
      return recovery.interrupted(turn, call, input.cause);
    case 'deaf':
      return recovery.deaf(turn, call, input.who);
    case 'control':
      return control(turn, call, input.message);
    case 'tried':
      return change(turn, call.id, { tried: input.evidence });
    case 'broken': {
      const show = input.reason === 'media_failed' ? 'media-failed' : 'incompatible-media';
      return calls.hangup(turn, call, { say: input.reason, show });
    }
  }
}

function hear(turn: Turn, message: ServerMessage): void {
  link.heard(turn);
  switch (message.type) {
    case 'welcome':
      return link.welcome(turn, message.data);
    case 'call':
      return applyView(turn, message.data);
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
    case 'offer':
    case 'answer':
    case 'candidate':
    case 'media':
      return path.payload(turn, message);
    case 'bye':
      return link.bye(turn, message.data);
    case 'presence':
      return people.heardOf(turn, message.data);
    case 'changed':
      turn.outputs.push({ type: 'changed', what: message.data.what });
      return;
    case 'pong':
      return link.believe(turn);
  }
}

function error(turn: Turn, re: string | undefined, reply: ErrorReply): void {
  const { link: current, outbox } = turn.state;
  if (current.type === 'opening' && (re === undefined || re === current.hello)) {
    return link.refusedHello(turn, reply);
  }
  const pending = outbox.find((candidate) => candidate.id === re);
  if (pending) return calls.refused(turn, pending, reply);
  if (re !== undefined) return;
  if (reply.code === 'rate_limited') {
    // It was not even read, so it could be any that has no answer.
    return postponeAll(turn, reply.retry_after_ms);
  }
  const call = find(turn, reply.call);
  if (reply.code === 'not_found') forgetEnded(turn, reply.call);
  if (call && reply.code === 'not_found') return calls.lose(turn, call);
  if (reply.call !== undefined && reply.code === 'not_found') forgetElsewhere(turn, reply.call);
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
