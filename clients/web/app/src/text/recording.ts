/** A recording in words: who records, and what became of the question. */
import type { Recording } from '@visavis/client';
import type { CallModel } from '../model/model.ts';
import type { Message } from './language.ts';

/** Who records, for as long as it goes on; also while nothing flows. */
export function recordingNote({ recording, held, state, peer }: CallModel): Message | null {
  if (recording.type !== 'on') return null;
  if (held.me || held.peer || state.type !== 'active') return { key: 'call.recording.paused' };
  const key = recording.by === 'me' ? 'call.recording.me' : 'call.recording.peer';
  return { key, params: { name: peer.name } };
}

/** What became of the question or the recording since `before`; null if our user knows, having done it. */
export function recordingMessage(before: Recording, { recording, peer }: CallModel): Message | null {
  if (recording === before || recording.type !== 'over') return null;
  const params = { name: peer.name };
  const mine = recording.by === 'me';
  switch (recording.reason) {
    case 'refused':
      return mine ? { key: 'toast.recording.refused', params } : null;
    case 'unanswered':
      return mine ? { key: 'toast.recording.unanswered', params } : null;
    case 'withdrawn':
      return mine ? null : { key: 'toast.recording.withdrawn', params };
    case 'stopped':
      return mine ? null : { key: 'toast.recording.stopped', params };
    case 'revoked':
      return mine ? { key: 'toast.recording.stopped', params } : null;
    case 'left':
      return before.type === 'on' ? { key: 'toast.recording.left-off' } : null;
    case 'unsupported':
      return { key: 'toast.recording.unsupported', params };
    case 'unreachable':
      return { key: 'toast.recording.unreachable', params };
  }
}
