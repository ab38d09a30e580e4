/** Calls whose time is up. */
import { ClientError } from '../client-error.ts';
import { hangup } from './call.ts';
import {
  CONNECT_LIMIT_MS,
  DIAL_LIMIT_MS,
  RECOVERY_LIMIT_MS,
  RING_GRACE_MS,
  SEARCH_LIMIT_MS,
} from './limits.ts';
import { say } from './outbox.ts';
import { ended } from './record.ts';
import type { CallRecord, State } from './state.ts';
import { change, finish, lifeOf, type Turn } from './turn.ts';

/** Ends calls whose time is up. */
export function callTimeouts(turn: Turn): void {
  for (const call of turn.state.calls) {
    if (deadline(turn.state, call) > turn.now) continue;
    if (call.followBy !== undefined) {
      finish(turn, call.id, ended(turn, call, 'connection-lost'));
      continue;
    }
    switch (call.state.type) {
      case 'dialing':
        giveUpDialing(turn, call);
        break;
      case 'ringing': {
        const show = call.state.direction === 'in' ? 'missed' : 'no-answer';
        finish(turn, call.id, ended(turn, call, show));
        if (show === 'no-answer') say(turn, call.id, { type: 'hangup', data: {} });
        break;
      }
      case 'connecting':
      case 'recovering':
        hangup(turn, call, { say: 'media_failed', show: 'media-failed' });
        break;
      case 'active':
        change(turn, call.id, { renewBy: undefined });
        lifeOf(turn).interrupted(turn, call, 'network');
        break;
    }
  }
}

/** When a call's time is up. */
export function deadline(state: State, call: CallRecord): number {
  if (call.followBy !== undefined) return call.followBy;
  switch (call.state.type) {
    case 'dialing':
      if (!call.known) return call.enteredAt + DIAL_LIMIT_MS;
      return (call.expiresAt ?? Number.POSITIVE_INFINITY) + RING_GRACE_MS;
    case 'ringing':
      return (call.expiresAt ?? Number.POSITIVE_INFINITY) + RING_GRACE_MS;
    case 'connecting':
      return call.enteredAt + CONNECT_LIMIT_MS;
    case 'recovering':
      return recoveryDeadline(state, call, call.state.lostAt);
    case 'active':
      return call.renewBy ?? Number.POSITIVE_INFINITY;
  }
}

/** When to give up on a lost path: soon if nothing but the path is missing, later if one side is away itself. */
function recoveryDeadline({ link }: State, call: CallRecord, lostAt: number): number {
  const latest = lostAt + RECOVERY_LIMIT_MS;
  const bothHere = link.type === 'online' && !call.peer.lost;
  if (!bothHere || (call.state.type === 'recovering' && call.state.cause === 'leaving')) return latest;
  return Math.min(latest, Math.max(lostAt, link.since) + SEARCH_LIMIT_MS);
}

function giveUpDialing(turn: Turn, call: CallRecord): void {
  const tried = turn.state.outbox.some((pending) => pending.call === call.id && pending.tries > 0);
  const error = new ClientError('server-unreachable', 'the server has not taken the call');
  finish(turn, call.id, ended(turn, call, 'unreachable', { error }));
  if (call.known || tried) say(turn, call.id, { type: 'hangup', data: {} });
}
