/** Why a call ended, in one sentence. */
import type { ClientError } from '@visavis/client';
import type { CallModel, Ended } from '../model/model.ts';
import { deviceMessage } from './device.ts';
import type { Message } from './language.ts';

/** The sentence for an ended call. */
export function endedMessage(call: CallModel, ended: Ended): Message {
  const name = call.peer.name;
  const { reason, summary } = ended;
  switch (reason) {
    case 'remote-cancelled':
      // The user had pressed answer already: "before you answered" would sound like a reproach.
      return {
        key: call.attended ? 'ended.remote-cancelled.late' : 'ended.remote-cancelled',
        params: { name },
      };
    case 'elsewhere':
      return summary.answeredOn
        ? {
            key: summary.durationMs > 0 ? 'ended.moved' : 'ended.elsewhere',
            params: { device: summary.answeredOn },
          }
        : { key: 'ended.elsewhere.unknown' };
    case 'connection-lost':
      return { key: call.pageClosed ? 'ended.page-closed' : 'ended.connection-lost', params: { name } };
    case 'permission':
      return call.local.micError
        ? deviceMessage(call.local.micError, 'mic')
        : { key: 'ended.permission', params: { name } };
    case 'media-failed':
      if (!summary.diagnosis) return { key: 'ended.media-failed', params: { name } };
      return { key: summary.durationMs > 0 ? 'ended.path-lost' : 'ended.no-path', params: { name } };
    case 'refused':
      return refusedMessage(summary.error);
    case 'hangup':
    case 'remote-hangup':
    case 'cancelled':
    case 'declined':
    case 'remote-declined':
    case 'busy':
    case 'no-answer':
    case 'missed':
    case 'unreachable':
    case 'not-found':
    case 'incompatible-media':
    case 'transferred':
    case 'removed':
    case 'operator':
    case 'server':
      return { key: `ended.${reason}`, params: { name } };
  }
}

/** The same beside another call, where nothing else says whose call it was. */
export function endedBeside(call: CallModel, ended: Ended): Message {
  switch (ended.reason) {
    case 'hangup':
    case 'cancelled':
      return { key: 'toast.call-ended', params: { name: call.peer.name } };
    default:
      return endedMessage(call, ended);
  }
}

/** Why a call could not be handed over; it goes on. */
export function transferMessage(error: ClientError, name: string): Message {
  const params = { name };
  switch (error.code) {
    case 'not-found':
      return { key: 'ended.not-found', params };
    case 'busy':
      return { key: 'ended.busy', params };
    case 'rate-limited':
      return { key: 'ended.refused.rate-limited' };
    default:
      return { key: 'transfer.failed', params };
  }
}

function refusedMessage(error: ClientError | undefined): Message {
  switch (error?.code) {
    case 'rate-limited':
      return { key: 'ended.refused.rate-limited' };
    case 'you-busy':
      return { key: 'ended.refused.you-busy' };
    case 'server-unreachable':
    case 'timeout':
      return { key: 'ended.refused.unreachable' };
    case 'insecure-context':
      return { key: 'device.insecure' };
    case 'unsupported-browser':
      return { key: 'ended.refused.unsupported' };
    default:
      return { key: 'ended.refused' };
  }
}
