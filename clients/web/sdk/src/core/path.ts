/** The media path of a call: descriptions, candidates and notices both ways. What to do when it breaks is in `recovery.ts`. */
import type { Candidate, MediaNotice, ServerMessage, SessionDescription } from '../protocol.ts';
import type { Path } from '../public.ts';
import { SEEN_LIMIT } from './limits.ts';
import { say, unsay } from './outbox.ts';
import { askedFor, means } from './recovery.ts';
import type { CallRecord, PeerKey } from './state.ts';
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
        key: call.key,
        ...means(turn, call),
        polite: call.role === 'callee',
        description: message.data,
      });
      return;
    case 'candidate': {
      // The end of candidates is of no use to us: a repeated candidate may still come after it.
      if (message.data === null) return;
      const candidates = Array.isArray(message.data) ? message.data : [message.data];
      turn.outputs.push({ type: 'add-candidates', call: call.id, key: call.key, candidates });
      return;
    }
    case 'media':
      return takeNotice(turn, call, message.data);
  }
}

/** The other side says what it sends. It says so by two ways, so an older notice may come last. */
export function takeNotice(turn: Turn, call: CallRecord, notice: MediaNotice): void {
  const known = call.receiving?.n;
  if (notice.n !== undefined && known !== undefined && notice.n <= known) return;
  change(turn, call.id, { receiving: notice });
  if (notice.lost) askedFor(turn, call);
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

/** A peer connection of ours has a description for the other side. */
export function described(turn: Turn, call: CallRecord, key: PeerKey, description: SessionDescription): void {
  if (key !== call.key) return;
  const type = description.type === 'answer' ? 'answer' : 'offer';
  // A newer one replaces what the other side has not got yet; our offers begin a new ICE generation.
  unsay(turn, call.id, type);
  if (type === 'offer') unsay(turn, call.id, 'candidate');
  change(turn, call.id, { negotiated: true });
  say(turn, call.id, { type, data: description, gen: call.gen });
}

/** A peer connection of ours has found candidates; null: there are no more. */
export function gathered(turn: Turn, call: CallRecord, key: PeerKey, candidates: Candidate[] | null): void {
  if (key === call.key) say(turn, call.id, { type: 'candidate', data: candidates, gen: call.gen });
}

/** What we send has changed. */
export function sending(turn: Turn, call: CallRecord, notice: MediaNotice): void {
  change(turn, call.id, { sending: notice });
  if (call.confirmed) tellSending(turn, call.id);
}

/** Tells the other side what we send, by both ways; only the latest counts. */
export function tellSending(turn: Turn, id: string): void {
  const call = find(turn, id);
  if (!call) return;
  // The devices of a call on hold are off, whatever they last said.
  const shown = call.held ? { audio: false, video: false, hold: true } : call.sending;
  if (!shown) return;
  const data = { ...shown, ...(call.lost ? { lost: true } : {}), n: call.notices + 1 };
  change(turn, id, { notices: data.n });
  unsay(turn, id, 'media');
  say(turn, id, { type: 'media', data, gen: call.gen });
  turn.outputs.push({ type: 'tell', call: id, message: { type: 'media', data } });
}

/** Media flows. */
export function connected(turn: Turn, call: CallRecord, path: Path): void {
  const since = 'since' in call.state ? call.state.since : turn.now;
  enter(turn, call.id, { type: 'active', since, path });
  change(turn, call.id, { flowedAt: turn.now, restartAt: undefined, renewBy: undefined, reported: path });
  if (call.lost) {
    change(turn, call.id, { lost: false });
    tellSending(turn, call.id);
  }
  if (call.reported !== path) say(turn, call.id, { type: 'connected', data: { route: ROUTES[path] } });
}
