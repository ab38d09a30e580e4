/** What the end of a call means to the person at this device. */

import type { ClientErrorCode } from '../client-error.ts';
import type { ErrorCode, Role, EndReason as WireReason } from '../protocol.ts';
import type { EndReason } from '../public.ts';
import type { LiveState } from './state.ts';

/** The server says that a call has ended that we have not ended ourselves. */
export function reasonFromServer(reason: WireReason | undefined, role: Role): EndReason {
  const caller = role === 'caller';
  switch (reason) {
    case 'hangup':
      return 'remote-hangup';
    case 'cancelled':
      return caller ? 'cancelled' : 'remote-cancelled';
    case 'rejected':
      return caller ? 'remote-declined' : 'declined';
    case 'busy':
      return caller ? 'busy' : 'declined';
    case 'no_answer':
      return caller ? 'no-answer' : 'missed';
    case 'unreachable':
      return caller ? 'unreachable' : 'missed';
    case 'media_failed':
      return 'media-failed';
    case 'connection_lost':
      return 'connection-lost';
    case 'permission':
      return 'permission';
    case 'incompatible_media':
      return 'incompatible-media';
    case 'transferred':
      return 'transferred';
    case 'policy':
      return 'removed';
    case 'server':
    case undefined:
      return 'server';
    default:
      // A reason of a later protocol.
      reason satisfies never;
      return 'server';
  }
}

/** We end a call that stands so. */
export function reasonFromUser(state: LiveState): EndReason {
  switch (state.type) {
    case 'dialing':
      return 'cancelled';
    case 'ringing':
      return state.direction === 'out' ? 'cancelled' : 'declined';
    case 'connecting':
    case 'active':
    case 'recovering':
      return 'hangup';
  }
}

/** The server refuses our invitation. */
export function reasonFromRefusal(code: ErrorCode): EndReason {
  switch (code) {
    case 'busy':
      return 'busy';
    case 'not_found':
      return 'not-found';
    case 'unreachable':
      return 'unreachable';
    case 'bad_message':
    case 'too_large':
    case 'unauthenticated':
    case 'auth_expired':
    case 'forbidden':
    case 'unsupported':
    case 'conflict':
    case 'you_busy':
    case 'call_ended':
    case 'answered_elsewhere':
    case 'not_your_call':
    case 'wrong_gen':
    case 'bad_state':
    case 'rate_limited':
    case 'overloaded':
    case 'internal':
      return 'refused';
    default:
      code satisfies never;
      return 'refused';
  }
}

/** A refusal in our own words. */
export function errorCode(code: ErrorCode): ClientErrorCode {
  switch (code) {
    case 'unauthenticated':
    case 'auth_expired':
      return 'signed-out';
    case 'forbidden':
      return 'forbidden';
    case 'not_found':
      return 'not-found';
    case 'you_busy':
      return 'you-busy';
    case 'rate_limited':
      return 'rate-limited';
    case 'busy':
      return 'busy';
    case 'conflict':
    case 'unreachable':
    case 'overloaded':
    case 'internal':
      return 'server';
    case 'bad_message':
    case 'too_large':
    case 'unsupported':
    case 'call_ended':
    case 'answered_elsewhere':
    case 'not_your_call':
    case 'wrong_gen':
    case 'bad_state':
      return 'protocol';
    default:
      code satisfies never;
      return 'protocol';
  }
}
