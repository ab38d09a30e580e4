/** Two people call each other at the same moment: both want one call, so one becomes the answer to the other. */
import type { CallId, CallView } from '../protocol.ts';
import { say, unsay } from './outbox.ts';
import { ended, kinds } from './record.ts';
import type { CallRecord } from './state.ts';
import { change, enter, find, finish, type Turn, update } from './turn.ts';
import { warmKey } from './warm.ts';

/** They call us while we call them: both want this call, so ours becomes the answer to theirs. */
export function meetCrossing(turn: Turn, ours: CallRecord, view: CallView): CallRecord | undefined {
  merge(turn, ours, view.id);
  if (view.you === 'ringing') {
    say(turn, view.id, { type: 'accept', data: { media: kinds(ours.choice) } });
  }
  return find(turn, view.id);
}

export function merge(turn: Turn, ours: CallRecord, into: CallId): void {
  unsay(turn, ours.id, 'invite');
  const theirs = find(turn, into);
  if (theirs) finish(turn, into, ended(turn, theirs, 'elsewhere'));
  change(turn, ours.id, { id: into, role: 'callee', rev: -1, known: true, warm: [] });
  update(turn, {
    ended: turn.state.ended.filter((id) => id !== into),
    left: turn.state.left.filter((id) => id !== into),
  });
  enter(turn, into, { type: 'connecting' });
  turn.outputs.push({ type: 'rekey', from: ours.id, to: into });
  for (const address of ours.warm)
    turn.outputs.push({ type: 'drop', call: into, key: warmKey(ours, address) });
}
