/** One turn of the store: what every part of it reads and writes while it answers one input. */
import type { CallId } from '../protocol.ts';
import { NOTHING_TRIED } from './diagnosis.ts';
import type { Life } from './life.ts';
import { ENDED_LIMIT } from './limits.ts';
import type { CallRecord, Capsule, EndedState, LiveState, Output, State } from './state.ts';

/** `state` is replaced, never changed in place. */
export interface Turn {
  readonly now: number;
  state: State;
  readonly outputs: Output[];
  /** What is needed for calls that the server knows; without it there are none but those that were just dialled. */
  readonly life: Life | undefined;
}

/** The life of calls is not here yet: the turn is not taken, and may be taken again when it is. */
export class NotFetched extends Error {}

/** For what cannot be done without it. */
export function lifeOf({ life }: Turn): Life {
  if (!life) throw new NotFetched();
  return life;
}

/** Replaces parts of the state. */
export function update(turn: Turn, parts: Partial<State>): void {
  turn.state = { ...turn.state, ...parts };
}

/** The live call with this id. */
export function find(turn: Turn, id: CallId | undefined): CallRecord | undefined {
  return turn.state.calls.find((call) => call.id === id);
}

/** Whether the server may have lost this call, and can have it back from us. */
export function outlives(turn: Turn, { capsule }: { readonly capsule?: Capsule | undefined }): boolean {
  return capsule !== undefined && capsule.epoch !== turn.state.epoch;
}

/** Replaces parts of a live call; does nothing if there is none. */
export function change(turn: Turn, id: CallId, parts: Partial<CallRecord>): void {
  update(turn, { calls: turn.state.calls.map((call) => (call.id === id ? { ...call, ...parts } : call)) });
}

/** Moves a live call to another state. */
export function enter(turn: Turn, id: CallId, state: LiveState): void {
  change(turn, id, { state, enteredAt: turn.now });
}

/** Takes a call out of the state for good, with everything it still wanted to say. */
export function finish(turn: Turn, id: CallId, state: EndedState): void {
  const call = find(turn, id);
  if (call) tellReach(turn, call);
  if (state.reason === 'elsewhere') leave(turn, id);
  else forget(turn, id);
  const lingers = state.reason === 'elsewhere' && call?.confirmed === true;
  turn.outputs.push({ type: 'release', call: id, state, ...(lingers ? { lingers } : {}) });
}

/** By then it is known which ways to the relay there are: some are given up only after many seconds. */
function tellReach({ state, outputs }: Turn, { tried }: CallRecord): void {
  if (state.link.type !== 'online' || tried.reach === NOTHING_TRIED.reach) return;
  outputs.push({ type: 'send', message: { type: 'reach', data: tried.reach } });
}

/** Takes a call out of the state, without a word to anybody. */
export function forget(turn: Turn, id: CallId): void {
  update(turn, {
    calls: turn.state.calls.filter((call) => call.id !== id),
    // That media flowed is still said: without it the call ends as one that never was.
    outbox: turn.state.outbox.filter(({ call, message }) => call !== id || message.type === 'connected'),
    ended: [...turn.state.ended.filter((other) => other !== id), id].slice(-ENDED_LIMIT),
  });
}

/** Takes a call out of the state that goes on without this device. */
function leave(turn: Turn, id: CallId): void {
  const { ended } = turn.state;
  forget(turn, id);
  const left = [...turn.state.left.filter((other) => other !== id), id].slice(-ENDED_LIMIT);
  update(turn, { ended, left });
}

/** A number from 0 to 1 (mulberry32: small, and as random as spreading reconnects needs). */
export function random(turn: Turn): number {
  const seed = (turn.state.seed + 0x6d2b79f5) | 0;
  update(turn, { seed });
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
