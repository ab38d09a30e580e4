/** The record of one call: how it begins, and how it ends. */
import type { CallId, MediaKind } from '../protocol.ts';
import type { CallSummary, EndReason } from '../public.ts';
import { NOTHING_TRIED } from './diagnosis.ts';
import type { CallRecord, Choice, EndedState } from './state.ts';
import { lifeOf, type Turn } from './turn.ts';

export function blank(id: CallId, now: number): CallRecord {
  return {
    id,
    direction: 'in',
    role: 'callee',
    state: { type: 'dialing' },
    enteredAt: now,
    expiresAt: undefined,
    peer: { id: '', name: '', lost: false, contact: false },
    asked: { audio: true, video: false },
    choice: { audio: false, video: false },
    held: false,
    rev: -1,
    capsule: undefined,
    relay: undefined,
    gen: 0,
    offerer: 'caller',
    known: false,
    confirmed: false,
    key: '0',
    renewBy: undefined,
    recording: { type: 'none' },
    recordingN: 0,
    handsOver: false,
    followBy: undefined,
    transferredBy: undefined,
    warm: [],
    asksWarm: false,
    alerted: false,
    narrow: false,
    negotiated: false,
    reported: undefined,
    restartedAt: Number.NEGATIVE_INFINITY,
    restartAt: undefined,
    tried: NOTHING_TRIED,
    sending: undefined,
    receiving: undefined,
    notices: 0,
    lost: false,
    flowedAt: undefined,
    seen: [],
  };
}

/** How a call ends, for the application. */
export function ended(
  turn: Turn,
  call: CallRecord,
  reason: EndReason,
  more: Partial<CallSummary> = {},
): EndedState {
  const durationMs = 'since' in call.state ? turn.now - call.state.since : 0;
  const why = reason === 'media-failed' ? { diagnosis: lifeOf(turn).diagnosis(turn, call) } : {};
  return { type: 'ended', reason, summary: { durationMs, ...why, ...more } };
}

export function kinds(choice: Choice): MediaKind[] {
  return [...(choice.audio ? (['audio'] as const) : []), ...(choice.video ? (['video'] as const) : [])];
}
