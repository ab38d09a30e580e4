/**
 * Recording: one side asks, and nothing is recorded before the other has agreed. The server keeps what was decided; an end
 * of it goes past the server, too, and whoever knows of one believes nothing older.
 *
 *     none ─→ asked ─→ on ─→ over ─→ asked …
 */
import type { CallId, CallView, ErrorReply, RecordingWish } from '../protocol.ts';
import type { Recording, RecordingEnd } from '../public.ts';
import { isSaying, say } from './outbox.ts';
import type { CallRecord } from './state.ts';
import { change, find, type Turn } from './turn.ts';

/** How long the other person has for an answer, until the server says it. */
const ASK_LIMIT_MS = 30_000;

/** Our user wishes something of it. */
export function record(turn: Turn, call: CallRecord, wish: RecordingWish): void {
  const { recording, recordingN: n } = call;
  if (isRunning(recording)) {
    if (wish === 'stop') {
      stopRecording(turn, call, 'me');
      tellStop(turn, call.id);
      tellServer(turn, call.id, n, wish);
    }
    if (wish === 'agree' && recording.type === 'asked' && recording.by === 'peer') {
      tellServer(turn, call.id, n, wish);
    }
  } else if (wish === 'ask') {
    if (turn.state.link.type !== 'online') return over(turn, call, 'me', 'unreachable');
    const asked: Recording = { type: 'asked', by: 'me', until: turn.now + ASK_LIMIT_MS };
    change(turn, call.id, { recording: asked, recordingN: n + 1 });
    tellServer(turn, call.id, n + 1, wish);
  }
}

/** The server does not ask. */
export function recordingRefused(turn: Turn, call: CallRecord, n: number, { code }: ErrorReply): void {
  const { recording } = call;
  if (n !== call.recordingN || recording.type !== 'asked' || recording.by === 'peer') return;
  over(turn, call, 'me', code === 'unsupported' ? code : 'unreachable');
  // It was no question: the next one has its number.
  change(turn, call.id, { recordingN: n - 1 });
}

/** What the server says of it. `isNew`: this page has just met the call. */
export function seeRecording(turn: Turn, id: CallId, view: CallView, isNew: boolean): void {
  const call = find(turn, id);
  const { recording: seen } = view;
  if (!call || !seen || seen.n < call.recordingN) return;
  const { n, state } = seen;
  const known = call.recording;
  const isSame = n === call.recordingN;
  const by = seen.by === view.role ? 'me' : 'peer';
  const ofPageBefore = isNew && by === 'me';
  if (state !== 'over' && ((isSame && known.type === 'over') || ofPageBefore)) {
    // It is over, whatever a server says that has not heard of it, or has lost it again.
    if (ofPageBefore) change(turn, id, { recording: { type: 'over', by, reason: 'left' }, recordingN: n });
    if (!isSaying(turn, id, 'recording')) tellServer(turn, id, n, 'stop');
    return;
  }
  // One that goes on is the same one: what it is said to have lasted differs by what the words took.
  if (isSame && known.type === 'on' && state === 'on') return;
  change(turn, id, { recording: recordingOf(seen, by, turn.now), recordingN: n });
  // The other side may not have heard it: it has lost the server, perhaps.
  if (state === 'over' && isRunning(known)) tellStop(turn, id);
}

/** One of the two has ended it: our user, or the other device, which says so past the server. */
export function stopRecording(turn: Turn, call: CallRecord, who: 'me' | 'peer'): void {
  const { recording } = call;
  if (!isRunning(recording)) return;
  const { type, by } = recording;
  const [byAsker, byOther] =
    type === 'on' ? (['stopped', 'revoked'] as const) : (['withdrawn', 'refused'] as const);
  over(turn, call, by, by === who ? byAsker : byOther);
}

function over(turn: Turn, { id }: CallRecord, by: 'me' | 'peer', reason: RecordingEnd): void {
  change(turn, id, { recording: { type: 'over', by, reason } });
}

function tellServer(turn: Turn, id: CallId, n: number, wish: RecordingWish): void {
  say(turn, id, { type: 'recording', data: { n, wish } });
}

function tellStop(turn: Turn, call: CallId): void {
  turn.outputs.push({ type: 'tell', call, message: { type: 'recording-stop' } });
}

function isRunning(recording: Recording): recording is Extract<Recording, { type: 'asked' | 'on' }> {
  return recording.type === 'asked' || recording.type === 'on';
}

function recordingOf(
  { state, expires_in_ms = 0, on_ms = 0, reason = 'stopped' }: NonNullable<CallView['recording']>,
  by: 'me' | 'peer',
  now: number,
): Recording {
  switch (state) {
    case 'asked':
      return { type: state, by, until: now + expires_in_ms };
    case 'on':
      return { type: state, by, since: now - on_ms };
    case 'over':
      return { type: state, by, reason };
  }
}
