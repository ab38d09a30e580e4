/** Calls that another device of our user carries, and taking one over to this device. */
import type { CallView } from '../protocol.ts';
import { holdOthers } from './hold.ts';
import { say } from './outbox.ts';
import { peerOf } from './peer.ts';
import type { CallRecord, Choice, ElsewhereRecord } from './state.ts';
import { type Turn, update } from './turn.ts';

/** Notes where a call of ours is carried, or that it is not. */
export function noteElsewhere(turn: Turn, view: CallView): void {
  const known = turn.state.elsewhere.find(({ id }) => id === view.id);
  if (known && view.rev <= known.rev) return;
  const isAnswered = view.state === 'connecting' || view.state === 'active';
  if (view.you !== 'elsewhere' || !isAnswered) return forgetElsewhere(turn, view.id);
  const { id, rev, gen, role, offerer, peer } = view;
  const device = view.answered_on ?? '';
  const video = view.media.includes('video');
  const noted: ElsewhereRecord = { id, rev, gen, role, offerer, peer, device, video };
  const { elsewhere } = turn.state;
  update(turn, {
    elsewhere: known ? elsewhere.map((other) => (other === known ? noted : other)) : [...elsewhere, noted],
  });
}

/** The call is over, or here. */
export function forgetElsewhere(turn: Turn, id: string): void {
  const { elsewhere } = turn.state;
  const left = elsewhere.filter((other) => other.id !== id);
  if (left.length < elsewhere.length) update(turn, { elsewhere: left });
}

/** Our user wants the call here. `blank`: a call of which nothing is known yet. */
export function take(turn: Turn, id: string, choice: Choice, blank: CallRecord): void {
  const there = turn.state.elsewhere.find((other) => other.id === id);
  if (!there) return;
  forgetElsewhere(turn, id);
  holdOthers(turn, id);
  const call: CallRecord = {
    ...blank,
    direction: there.role === 'caller' ? 'out' : 'in',
    role: there.role,
    offerer: there.offerer,
    state: { type: 'connecting' },
    asked: { audio: true, video: there.video },
    choice,
    peer: peerOf(there.peer),
    rev: there.rev,
    gen: there.gen,
    known: true,
  };
  update(turn, {
    calls: [...turn.state.calls, call],
    // It may have rung here and been answered there.
    left: turn.state.left.filter((other) => other !== id),
    ended: turn.state.ended.filter((other) => other !== id),
  });
  const media = (['audio', 'video'] as const).filter((kind) => choice[kind]);
  // The peer connection we saw: of two devices that want it from the same one, the first has it.
  say(turn, id, { type: 'take', data: { media }, gen: there.gen });
  turn.outputs.push({ type: 'capture', call: id, choice });
}
