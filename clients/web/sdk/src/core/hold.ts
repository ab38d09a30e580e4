/**
 * Holding: a call on hold sends nothing and plays nothing, and keeps its connection. Only one call talks at a time, so
 * that nobody is heard in a call that the user has left for another.
 */
import type { CallId } from '../protocol.ts';
import type { CallRecord } from './state.ts';
import { change, lifeOf, type Turn } from './turn.ts';

/** Our user puts a call on hold, or goes on with it. */
export function hold(turn: Turn, call: CallRecord, on: boolean): void {
  if (on === call.held || ringsHere(call)) return;
  if (!on) holdOthers(turn, call.id);
  change(turn, call.id, { held: on });
  turn.outputs.push({ type: 'hold', call: call.id, on });
  if (call.confirmed) lifeOf(turn).tellSending(turn, call.id);
}

/** Our user turns to this call: first every other gives up its microphone. */
export function holdOthers(turn: Turn, id: CallId | undefined): void {
  for (const call of turn.state.calls) if (call.id !== id) hold(turn, call, true);
}

/** The call waits for our user's answer. */
export function ringsHere(call: CallRecord): boolean {
  return call.state.type === 'ringing' && call.state.direction === 'in';
}
