/** The media path of a call: descriptions and candidates both ways, and what to do when it breaks. */
import type { Candidate, MediaNotice, ServerMessage, SessionDescription } from '../protocol.ts';
import type { Path } from '../public.ts';
import { SEEN_LIMIT } from './limits.ts';
import { say, unsay } from './outbox.ts';
import type { CallRecord, InterruptionCause } from './state.ts';
import { change, enter, find, type Turn } from './turn.ts';

type Payload = Extract<ServerMessage, { type: 'offer' | 'answer' | 'candidate' | 'media' }>;

const ROUTES = {
  direct: 'direct',
  'relay-udp': 'relay_udp',
  'relay-tcp': 'relay_tcp',
  'relay-tls': 'relay_tls',
} as const;

/** The other device has sent something. */
export function payload(turn: Turn, message: Payload): void {
  const call = find(turn, message.call);
  // Without an acknowledgement it comes again, when our state has caught up.
  if (!call || !isAnswered(call) || (message.gen ?? call.gen) > call.gen) return;
  if (message.id !== undefined && message.from !== undefined) {
    const { id, from } = message;
    turn.outputs.push({ type: 'send', message: { type: 'ack', data: { from, id }, call: call.id } });
    const key = `${from} ${id}`;
    if (call.seen.includes(key)) return;
    change(turn, call.id, { seen: [...call.seen, key].slice(-SEEN_LIMIT) });
  }
  if ((message.gen ?? call.gen) < call.gen) return;
  switch (message.type) {
    case 'offer':
    case 'answer':
      turn.outputs.push({
        type: 'describe',
        call: call.id,
        ice: turn.state.ice,
        polite: call.role === 'callee',
        description: message.data,
      });
      return;
    case 'candidate': {
      // The end of candidates is of no use to us: a repeated candidate may still come after it.
      if (message.data === null) return;
      const candidates = Array.isArray(message.data) ? message.data : [message.data];
      turn.outputs.push({ type: 'add-candidates', call: call.id, candidates });
      return;
    }
    case 'media':
      change(turn, call.id, { receiving: message.data });
      return;
  }
}

/** The call is answered by this device, as far as we know. */
export function isAnswered(call: CallRecord): boolean {
  switch (call.state.type) {
    case 'dialing':
    case 'ringing':
      return false;
    case 'connecting':
    case 'active':
    case 'recovering':
      return true;
  }
}

/** Our peer connection has a description for the other side. */
export function described(turn: Turn, call: CallRecord, description: SessionDescription): void {
  const type = description.type === 'answer' ? 'answer' : 'offer';
  // A newer one replaces what the other side has not got yet; our offers begin a new ICE generation.
  unsay(turn, call.id, type);
  if (type === 'offer') unsay(turn, call.id, 'candidate');
  say(turn, call.id, { type, data: description, gen: call.gen });
}

/** Our peer connection has found candidates; null: there are no more. */
export function gathered(turn: Turn, call: CallRecord, candidates: Candidate[] | null): void {
  say(turn, call.id, { type: 'candidate', data: candidates, gen: call.gen });
}

/** What we send has changed. */
export function sending(turn: Turn, call: CallRecord, notice: MediaNotice): void {
  change(turn, call.id, { sending: notice });
  if (call.confirmed) tellSending(turn, call.id);
}

/** Tells the other side what we send; only the latest counts. */
export function tellSending(turn: Turn, id: string): void {
  const call = find(turn, id);
  if (!call?.sending && !call?.held) return;
  unsay(turn, id, 'media');
  // The devices of a call on hold are off, whatever they last said.
  const data = call.held ? { audio: false, video: false, hold: true } : call.sending;
  if (data) say(turn, id, { type: 'media', data, gen: call.gen });
}

/** Media flows. */
export function connected(turn: Turn, call: CallRecord, path: Path): void {
  const since = 'since' in call.state ? call.state.since : turn.now;
  enter(turn, call.id, { type: 'active', since, path });
  change(turn, call.id, { flowedAt: turn.now });
  if (call.reported) return;
  change(turn, call.id, { reported: true });
  say(turn, call.id, { type: 'connected', data: { route: ROUTES[path] } });
}

/** Media has stopped. */
export function interrupted(turn: Turn, call: CallRecord, cause: InterruptionCause): void {
  if (call.state.type === 'active') {
    enter(turn, call.id, { type: 'recovering', since: call.state.since, lostAt: turn.now, cause });
  } else if (call.state.type === 'recovering') {
    change(turn, call.id, { state: { ...call.state, cause } });
  }
  restart(turn, call);
}

/** We can reach the other side again: looks for new paths where one was lost. */
export function restartPaths(turn: Turn): void {
  for (const call of turn.state.calls) if (call.state.type === 'recovering') restart(turn, call);
}

function restart(turn: Turn, call: CallRecord): void {
  // One side is enough, and two would collide.
  if (call.role !== call.offerer || !call.offered) return;
  turn.outputs.push({ type: 'offer', call: call.id, ice: turn.state.ice, restart: true });
}
