/** What of the emoji of a call nobody should miss, in words, and which they are. */
import { isAnswered } from '../model/calls.ts';
import type { CallModel } from '../model/model.ts';
import type { Message } from './language.ts';

export function safetyMessage(call: CallModel): Message | null {
  if (!isAnswered(call)) return null;
  switch (call.safety?.status) {
    case 'changed':
      return { key: 'safety.changed', params: { name: call.peer.name } };
    case 'failed':
      return { key: 'safety.failed' };
    case 'unverified':
    case 'verified':
    case undefined:
      return null;
  }
}

/** Which emoji are compared, with whom: another text as soon as it is something else. Empty if there are none. */
export function comparable({ serial, peer, safety }: CallModel): string {
  return safety?.code.length ? `${serial} ${safety.code.join('')} ${peer.id} ${peer.name}` : '';
}
