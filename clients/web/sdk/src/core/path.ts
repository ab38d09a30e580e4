/** The media path of a call: descriptions, candidates and notices both ways. What to do when it breaks is in `recovery.ts`. */
import type {
  Address,
  Candidate,
  DeviceId,
  MediaNotice,
  ServerMessage,
  SessionDescription,
} from '../protocol.ts';
import type { Path } from '../public.ts';
import { SEEN_LIMIT } from './limits.ts';
import { say, unsay } from './outbox.ts';
import { alwaysHides, askedFor, means, restart } from './recovery.ts';
import type { CallRecord, PeerKey } from './state.ts';
import { change, enter, find, type Turn } from './turn.ts';
import { deviceIdOf, deviceOf, warmKey } from './warm.ts';

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
  if (!call || (message.gen ?? call.gen) > call.gen) return;
  const key = keyFor(call, message.from);
  if (key === undefined) return;
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
      // What we have asked for, if we have: said again later it would be asked for twice.
      if (message.type === 'offer') askNoMore(turn, call);
      turn.outputs.push({
        type: 'describe',
        call: call.id,
        key,
        ...means(turn, call),
        polite: call.role === 'callee',
        description: message.data,
      });
      return;
    case 'candidate': {
      // The end of candidates is of no use to us: a repeated candidate may still come after it.
      if (message.data === null) return;
      const candidates = Array.isArray(message.data) ? message.data : [message.data];
      turn.outputs.push({ type: 'add-candidates', call: call.id, key, candidates });
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
  const on = notice.hold === true;
  if (on !== (call.receiving?.hold === true)) turn.outputs.push({ type: 'pause', call: call.id, on });
  if (notice.lost) askedFor(turn, call);
}

/** To which peer connection a payload belongs; none before the answer, unless it was made warm. */
function keyFor(call: CallRecord, from: Address | undefined): PeerKey | undefined {
  if (isAnswered(call)) return call.key;
  if (call.role === call.offerer) return from && call.warm.includes(from) ? warmKey(call, from) : undefined;
  return call.asksWarm ? call.key : undefined;
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
  const to = recipient(call, key);
  if (to === null) return;
  const type = description.type === 'answer' ? 'answer' : 'offer';
  // A newer one replaces what the other side has not got yet; our offers begin a new ICE generation.
  unsay(turn, call.id, type, to.to);
  if (type === 'offer') unsay(turn, call.id, 'candidate', to.to);
  if (key === call.key) change(turn, call.id, { negotiated: true });
  say(turn, call.id, { type, data: description, gen: call.gen, ...to });
}

/** A peer connection of ours has found candidates; null: there are no more. */
export function gathered(turn: Turn, call: CallRecord, key: PeerKey, candidates: Candidate[] | null): void {
  const to = recipient(call, key);
  if (to) say(turn, call.id, { type: 'candidate', data: candidates, gen: call.gen, ...to });
}

/** For whom a peer connection of this key is: the other side, one of several ringing devices, or, null, nobody now. */
function recipient(call: CallRecord, key: PeerKey): { readonly to?: DeviceId } | null {
  const device = deviceOf(call, key);
  if (device !== undefined) return { to: deviceIdOf(device) };
  const isTold = call.confirmed || isAnswered(call) || call.asksWarm;
  return key === call.key && isTold ? {} : null;
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
  const since = 'since' in call.state ? call.state.since : (call.since ?? turn.now);
  enter(turn, call.id, { type: 'active', since, path });
  change(turn, call.id, { flowedAt: turn.now, restartAt: undefined, renewBy: undefined, reported: path });
  askNoMore(turn, call);
  if (call.narrow) {
    change(turn, call.id, { narrow: false });
    // Now that they have answered they may know where we are, and a direct path is a better one.
    const now = find(turn, call.id);
    if (now && call.role === call.offerer && !alwaysHides(turn.state)) restart(turn, now);
  }
  if (call.reported !== path) say(turn, call.id, { type: 'connected', data: { route: ROUTES[path] } });
}

/** No restart is asked for any more. */
function askNoMore(turn: Turn, call: CallRecord): void {
  if (!call.lost) return;
  change(turn, call.id, { lost: false });
  tellSending(turn, call.id);
}
