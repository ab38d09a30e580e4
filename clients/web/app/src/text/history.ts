/** What became of a past call, in a word or two. */
import type { PastCall } from '../model/model.ts';
import type { Key } from './en.ts';
import type { Message } from './language.ts';

/** The word for a call that was not a conversation. */
export function pastCallKey(call: PastCall): Key {
  switch (call.outcome) {
    case 'answered':
      return call.direction === 'in' ? 'history.in' : 'history.out';
    case 'missed':
      return 'history.missed';
    case 'declined':
      return 'history.declined';
    case 'failed':
      return 'history.failed';
    case 'unanswered':
      return unansweredKey(call.reason);
  }
}

/** For the caller it matters why nobody answered. */
function unansweredKey(reason: PastCall['reason']): Key {
  switch (reason) {
    case 'busy':
      return 'history.busy';
    case 'cancelled':
      return 'history.cancelled';
    case 'rejected':
      return 'history.declined';
    case 'unreachable':
      return 'history.unreachable';
    case 'hangup':
    case 'no_answer':
    case 'media_failed':
    case 'connection_lost':
    case 'permission':
    case 'incompatible_media':
    case 'transferred':
    case 'policy':
    case 'operator':
    case 'server':
      return 'history.unanswered';
  }
}

/** What became of a call whose notification was pressed too late. */
export function tooLateMessage(call: PastCall): Message {
  if (call.outcome !== 'answered') return { key: 'toast.too-late', params: { name: call.peer_name } };
  return call.device_name
    ? { key: 'ended.elsewhere', params: { device: call.device_name } }
    : { key: 'ended.elsewhere.unknown' };
}
