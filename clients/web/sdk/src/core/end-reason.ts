/** What the end of a call means to the person at this device. */

import type { ClientErrorCode } from '../client-error.ts';
import type { ErrorCode, Role, EndReason as WireReason } from '../protocol.ts';
import type { EndReason } from '../public.ts';
import type { LiveState } from './state.ts';

/** Each reason of the protocol as the caller sees it, and as the callee does where that is something else. */
const ENDS: Readonly<Record<WireReason, readonly [EndReason, EndReason?]>> = {
  hangup: ['remote-hangup'],
  cancelled: ['cancelled', 'remote-cancelled'],
  rejected: ['remote-declined', 'declined'],
  busy: ['busy', 'declined'],
  no_answer: ['no-answer', 'missed'],
  unreachable: ['unreachable', 'missed'],
  media_failed: ['media-failed'],
  connection_lost: ['connection-lost'],
  permission: ['permission'],
  incompatible_media: ['incompatible-media'],
  transferred: ['transferred'],
  policy: ['removed'],
  operator: ['operator'],
  server: ['server'],
};

/** Codes for which there is no word of our own. They are named, so that a new one is not overlooked. */
type Unnamed =
  | 'bad_message'
  | 'too_large'
  | 'unsupported'
  | 'call_ended'
  | 'answered_elsewhere'
  | 'not_your_call'
  | 'wrong_gen'
  | 'bad_state';

const CODES: Readonly<Record<Exclude<ErrorCode, Unnamed>, ClientErrorCode>> = {
  unauthenticated: 'signed-out',
  auth_expired: 'signed-out',
  forbidden: 'forbidden',
  unconfirmed: 'unconfirmed',
  not_found: 'not-found',
  you_busy: 'you-busy',
  rate_limited: 'rate-limited',
  busy: 'busy',
  conflict: 'server',
  unreachable: 'server',
  overloaded: 'server',
  internal: 'server',
};

/** The server says that a call has ended that we have not ended ourselves. A reason of a later protocol is the server's own. */
export function reasonFromServer(reason: WireReason | undefined, role: Role): EndReason {
  const [caller, callee = caller] = (reason && entry(ENDS, reason)) ?? ENDS.server;
  return role === 'caller' ? caller : callee;
}

/** We end a call that stands so. */
export function reasonFromUser(state: LiveState): EndReason {
  switch (state.type) {
    case 'dialing':
      return 'cancelled';
    case 'ringing':
      return state.direction === 'out' ? 'cancelled' : 'declined';
    default:
      return 'hangup';
  }
}

/** The server refuses our invitation. */
export function reasonFromRefusal(code: ErrorCode): EndReason {
  switch (code) {
    case 'busy':
    case 'unreachable':
      return code;
    case 'not_found':
      return 'not-found';
    default:
      return 'refused';
  }
}

/** A refusal in our own words. */
export function errorCode(code: ErrorCode): ClientErrorCode {
  return entry(CODES, code) ?? 'protocol';
}

/** What a table says of a word of the server: a later protocol has others, and what every object has is none. */
function entry<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
