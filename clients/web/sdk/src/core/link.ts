/** The way to the server: greeting, heartbeat, silence, and coming back. */

import { ClientError } from '../client-error.ts';
import type { Bye, CallRef, ErrorReply, Welcome } from '../protocol.ts';
import type { OfflineReason } from '../public.ts';
import { endEverything, lose } from './call.ts';
import {
  CAPSULES_LIMIT,
  FLOW_FRESH_MS,
  OPEN_LIMIT_MS,
  PROBE_IN_CALL_MS,
  PROBE_MS,
  RECONNECT_JITTER_MS,
  RECONNECT_MS,
  REFUSALS_BEFORE_SIGNED_OUT,
  STABLE_MS,
} from './limits.ts';
import { nextId, resend } from './outbox.ts';
import { meetPeople } from './people.ts';
import type { CallRecord, State } from './state.ts';
import { change, lifeOf, outlives, random, type Turn, update } from './turn.ts';

const PROTOCOL = 1;
// Long enough before the end that a call which is just being made still gets through.
const CREDENTIAL_SHARE = 0.8;
const CLOSE = { unauthenticated: 4401, revoked: 4403, replaced: 4409 } as const;

/** Begins a try. */
export function open(turn: Turn): void {
  const { link } = turn.state;
  if (link.type === 'offline') return;
  update(turn, {
    link: { type: 'opening', attempt: link.attempt, until: turn.now + OPEN_LIMIT_MS },
  });
  turn.outputs.push({ type: 'open' });
}

/** The connection is there: says who we are. */
export function greet(turn: Turn, token: string): void {
  const { link, device, epoch } = turn.state;
  if (link.type !== 'opening') return;
  const id = nextId(turn);
  update(turn, { link: { ...link, hello: id } });
  const calls = callRefs(turn);
  const data = {
    token,
    device: device.id,
    name: device.name,
    proto: PROTOCOL,
    ...(epoch === undefined ? {} : { epoch }),
    ...(turn.state.asksConsent ? { asks_consent: true } : {}),
    ...(calls.length === 0 ? {} : { calls }),
  };
  turn.outputs.push({ type: 'send', message: { type: 'hello', data, id } });
}

/** Signed in: `calls` is the truth, and whatever had no answer is said again. */
export function welcome(turn: Turn, data: Welcome): void {
  const { user, proto, epoch, calls, ice, limits } = data;
  const { link } = turn.state;
  if (link.type !== 'opening') return;
  if (proto !== PROTOCOL) return goOffline(turn, 'incompatible');
  if (turn.state.epoch !== undefined && turn.state.epoch !== epoch) {
    // Another store counts its revisions anew, so whatever it says of a call is news.
    for (const call of turn.state.calls) change(turn, call.id, { rev: -1 });
  }
  update(turn, {
    link: {
      type: 'online',
      me: user,
      attempt: link.attempt,
      since: turn.now,
      pingedAt: turn.now,
      deadBy: undefined,
      staleAt: turn.now + ice.ttl_ms * CREDENTIAL_SHARE,
    },
    refusals: 0,
    epoch,
    elsewhere: [],
    ice: ice.servers,
    // Before anything is made that could show one.
    hideAddress: data.preferences?.hide_address ?? turn.state.hideAddress,
    pingInCallMs: limits.ping_in_call_ms,
    pingIdleMs: limits.ping_idle_ms,
  });
  const before = turn.state.outbox;
  for (const call of turn.state.calls) {
    if (call.known && !calls.some((view) => view.id === call.id) && !outlives(turn, call)) lose(turn, call);
  }
  for (const view of calls) lifeOf(turn).applyView(turn, view);
  update(turn, { fresh: false });
  meetPeople(turn, data);
  // A server that has lost its calls gets them back before it hears what is to become of them.
  if (callRefs(turn).some(({ capsule }) => capsule)) ping(turn, PROBE_MS);
  turn.life?.ringAgain(turn);
  resend(turn, before);
  turn.life?.restartPaths(turn);
}

/** `hello` was refused. */
export function refusedHello(turn: Turn, error: ErrorReply): void {
  turn.outputs.push({ type: 'shut' });
  switch (error.code) {
    case 'unsupported':
      return goOffline(turn, 'incompatible');
    case 'unauthenticated':
    case 'auth_expired':
    case 'forbidden':
      return refusedTicket(turn);
    default:
      return wait(turn, error.retry_after_ms);
  }
}

/** No ticket could be had. */
export function ticketFailed(turn: Turn, signedOut: boolean): void {
  if (turn.state.link.type !== 'opening') return;
  turn.outputs.push({ type: 'shut' });
  if (signedOut) goOffline(turn, 'signed-out');
  else wait(turn, undefined);
}

/** The connection is gone. */
export function closed(turn: Turn, code: number): void {
  const { link } = turn.state;
  if (link.type === 'offline' || link.type === 'waiting') return;
  switch (code) {
    case CLOSE.replaced:
      return goOffline(turn, 'replaced');
    case CLOSE.revoked:
      return goOffline(turn, 'signed-out');
    case CLOSE.unauthenticated:
      return refusedTicket(turn);
    default:
      return wait(turn, undefined);
  }
}

/** The server says that it will close. */
export function bye(turn: Turn, { reason, retry_in_ms }: Bye): void {
  turn.outputs.push({ type: 'shut' });
  switch (reason) {
    case 'replaced':
      return goOffline(turn, 'replaced');
    case 'revoked':
      return goOffline(turn, 'signed-out');
    case 'restart':
    case 'overload':
      return wait(turn, retry_in_ms);
  }
}

/** Anything that arrives is a sign of life. */
export function heard(turn: Turn): void {
  const { link } = turn.state;
  if (link.type === 'online' && link.deadBy !== undefined)
    update(turn, { link: { ...link, deadBy: undefined } });
}

/** The browser says that the network is another one: whatever we had may be dead without a word. */
export function networkChanged(turn: Turn): void {
  const { link } = turn.state;
  switch (link.type) {
    case 'waiting':
      return open(turn);
    case 'online':
      return probe(turn);
    case 'opening':
    case 'offline':
      return;
  }
}

/** Asks the server for a sign of life: what has broken something else may have broken this connection, too. */
export function probe(turn: Turn): void {
  ping(turn, turn.state.calls.length === 0 ? PROBE_MS : PROBE_IN_CALL_MS);
}

/** Does what is due: the next try, the next heartbeat, or giving up on a silent connection. */
export function linkTimeout(turn: Turn): void {
  const { link } = turn.state;
  switch (link.type) {
    case 'waiting':
      if (link.retryAt <= turn.now) open(turn);
      return;
    case 'opening':
      if (link.until <= turn.now) abandon(turn);
      return;
    case 'online':
      if (link.deadBy !== undefined && link.deadBy <= turn.now) return abandon(turn);
      if (link.staleAt <= turn.now && turn.state.calls.length === 0) return open(turn);
      if (link.pingedAt + pingInterval(turn.state) <= turn.now) ping(turn, pingInterval(turn.state) / 2);
      return;
    case 'offline':
      return;
  }
}

/** When `linkTimeout` has something to do. */
export function linkDeadline(state: State): number {
  const { link } = state;
  switch (link.type) {
    case 'waiting':
      return link.retryAt;
    case 'opening':
      return link.until;
    case 'online': {
      const staleAt = state.calls.length === 0 ? link.staleAt : Number.POSITIVE_INFINITY;
      return Math.min(link.pingedAt + pingInterval(state), link.deadBy ?? Number.POSITIVE_INFINITY, staleAt);
    }
    case 'offline':
      return Number.POSITIVE_INFINITY;
  }
}

/** Gives up for good. */
export function goOffline(turn: Turn, reason: OfflineReason): void {
  endEverything(turn);
  update(turn, { link: { type: 'offline', reason }, outbox: [] });
  turn.outputs.push({ type: 'shut' });
  if (reason === 'closed') return;
  const code = reason === 'incompatible' ? 'protocol' : reason;
  turn.outputs.push({ type: 'report', error: new ClientError(code, `offline: ${reason}`) });
}

function refusedTicket(turn: Turn): void {
  const refusals = turn.state.refusals + 1;
  update(turn, { refusals });
  if (refusals >= REFUSALS_BEFORE_SIGNED_OUT) goOffline(turn, 'signed-out');
  else wait(turn, undefined);
}

function abandon(turn: Turn): void {
  const wasOnline = turn.state.link.type === 'online';
  turn.outputs.push({ type: 'shut' });
  // In a call the silence of a server that was there is mostly that of a network which is gone: the next is tried at once.
  wait(turn, wasOnline && turn.state.calls.length > 0 ? 0 : undefined);
}

function wait(turn: Turn, afterMs: number | undefined): void {
  const { link } = turn.state;
  if (link.type === 'offline') return;
  const wasStable = link.type === 'online' && turn.now - link.since >= STABLE_MS;
  const attempt = wasStable ? 0 : link.attempt + 1;
  const usual = RECONNECT_MS[Math.min(attempt, RECONNECT_MS.length - 1)] ?? 0;
  const delay = afterMs ?? usual + random(turn) * RECONNECT_JITTER_MS;
  update(turn, { link: { type: 'waiting', attempt, retryAt: turn.now + delay } });
}

function ping(turn: Turn, patienceMs: number): void {
  const { link, epoch } = turn.state;
  if (link.type !== 'online' || epoch === undefined) return;
  const deadBy = Math.min(link.deadBy ?? Number.POSITIVE_INFINITY, turn.now + patienceMs);
  update(turn, { link: { ...link, pingedAt: turn.now, deadBy } });
  turn.outputs.push({ type: 'send', message: { type: 'ping', data: { epoch, calls: callRefs(turn) } } });
}

/** The server has seen our capsules: whatever contradicts one all the same is the truth, and it is asked for that. */
export function believe(turn: Turn): void {
  const doubted = turn.state.calls.filter((call) => call.capsule?.contradicted);
  for (const call of doubted) change(turn, call.id, { capsule: undefined });
  if (doubted.length > 0) ping(turn, PROBE_MS);
}

/** What we hold; and, for a server that has lost its calls, what we have ended and could not tell. */
function callRefs(turn: Turn): CallRef[] {
  const { calls, outbox, elsewhere } = turn.state;
  const ended = outbox.filter((pending) => outlives(turn, pending));
  return [
    ...calls.filter((call) => call.known).map((call) => callRef(turn, call)),
    ...ended.map(({ call, capsule }) => callRef(turn, { id: call, rev: 0, flowedAt: undefined, capsule })),
    // Named, so that the server does not tell of them again and again.
    ...elsewhere.map(({ id, rev }) => ({ id, rev })),
  ].slice(0, CAPSULES_LIMIT);
}

type Held = Pick<CallRecord, 'id' | 'rev' | 'flowedAt' | 'capsule'>;

function callRef(turn: Turn, held: Held): CallRef {
  const { id, rev, flowedAt, capsule } = held;
  return {
    id,
    rev: Math.max(rev, 0),
    ...(flowedAt !== undefined && turn.now - flowedAt <= FLOW_FRESH_MS ? { media: true } : {}),
    ...(capsule && outlives(turn, held) ? { capsule: capsule.text } : {}),
  };
}

function pingInterval(state: State): number {
  return state.calls.length === 0 ? state.pingIdleMs : state.pingInCallMs;
}
