/**
 * A page that was reloaded goes on with its call. The page before has told the other side that it leaves; this one finds
 * the call in `welcome`, says `resume`, and gets another peer connection, as if it had taken the call over from itself.
 *
 *     page 1: ctl leaving, bye ─→ page 2: welcome{you:active} ─→ resume{gen} ─→ call{gen + 1} ─→ offer … media
 */
import type { CallId, CallView, Gen, UserId } from '../protocol.ts';
import { ringsHere } from './hold.ts';
import { say } from './outbox.ts';
import { peerOf } from './peer.ts';
import type { CallRecord, Choice, State } from './state.ts';
import { type Turn, update } from './turn.ts';

/** What a page keeps of an answered call for the page after it. Nothing of it is secret. */
export interface RememberedCall {
  readonly id: CallId;
  /** The peer connection that goes with the page. */
  readonly gen: Gen;
  /** Since when media flows. */
  readonly since: number;
  readonly choice: Choice;
  readonly held: boolean;
  /** Whom our user has dialled: the page after it believes nobody else that it is they. */
  readonly dialled?: UserId;
}

/** What this page would leave behind if it went now. */
export function remembered({ calls }: State): RememberedCall[] {
  return calls
    .filter(({ confirmed }) => confirmed)
    .map(({ id, gen, state, sending, choice, held, enteredAt, dialled }) => ({
      id,
      gen,
      since: 'since' in state ? state.since : enteredAt,
      // On hold the devices are off, and what they were before counts.
      choice: held
        ? choice
        : { audio: sending?.audio ?? choice.audio, video: sending?.video ?? choice.video },
      held,
      ...(dialled !== undefined && { dialled }),
    }));
}

/**
 * The page before was in this call. Without memory of it, as after a crash, it goes on all the same, with microphone and
 * camera off until the user turns them on: nobody is heard who does not know it.
 */
export function resume(turn: Turn, view: CallView, blank: CallRecord): CallRecord {
  const before = turn.state.remembered.find(({ id }) => id === view.id);
  const gen = before?.gen ?? view.gen;
  const choice = before?.choice ?? { audio: false, video: false };
  // Another page of this origin may have written anything there.
  const dialled = typeof before?.dialled === 'string' ? before.dialled : undefined;
  const call: CallRecord = {
    ...blank,
    direction: view.role === 'caller' ? 'out' : 'in',
    role: view.role,
    offerer: view.offerer,
    state: {
      type: 'recovering',
      since: before?.since ?? sinceOf(view, turn.now) ?? turn.now,
      lostAt: turn.now,
      cause: 'reloaded',
    },
    asked: { audio: view.media.includes('audio'), video: view.media.includes('video') },
    choice,
    held: before?.held ?? false,
    peer: { ...peerOf(view.peer), ...(dialled !== undefined && { id: dialled }) },
    dialled,
    gen,
    key: String(gen),
    known: true,
  };
  update(turn, { calls: [...turn.state.calls, call] });
  say(turn, call.id, { type: 'resume', data: {}, gen });
  if (call.held) turn.outputs.push({ type: 'hold', call: call.id, on: true });
  turn.outputs.push({ type: 'capture', call: call.id, choice });
  return call;
}

/** Since when media of a call flows that may have begun before this page. */
export function sinceOf({ active_ms }: CallView, now: number): number | undefined {
  return active_ms === undefined ? undefined : now - active_ms;
}

/** The page goes away, perhaps to be reloaded: answered calls are left to the page after it. */
export function leave(turn: Turn, giveUp: (turn: Turn, call: CallRecord) => void): void {
  for (const call of turn.state.calls) {
    if (call.confirmed) turn.outputs.push({ type: 'tell', call: call.id, message: { type: 'leaving' } });
    else if (!ringsHere(call)) giveUp(turn, call);
  }
}

/** The page is back from the browser's cache, where peer connections do not live. */
export function comeBack(turn: Turn): void {
  for (const call of turn.state.calls) {
    if (call.confirmed) say(turn, call.id, { type: 'resume', data: {}, gen: call.gen });
  }
}
