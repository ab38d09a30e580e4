/**
 * Files: offered, wanted, sent, compared. What is live is offered again on each new connection, and whoever receives it says
 * from where on it wants the rest.
 *
 *     sender    offer ───────→        ── bytes ──→  end(sha256) ─→         withdraw at any time
 *     receiver        ← want(0) / refuse            ← have / refuse        refuse at any time
 */
import { cleanName, type RefuseReason, type Talk, type WithdrawReason } from './messages.ts';
import {
  add,
  change,
  FILES_LIMIT,
  type FileEntry,
  type Input,
  isLive,
  isTaken,
  KEPT_FACTOR,
  maySay,
  refuse,
  SMALL_BYTES,
  SMALL_LIMIT,
  say,
  type Turn,
} from './state.ts';

type Of<T extends Input['type']> = Extract<Input, { type: T }>;
type Heard<T extends Talk['type']> = Extract<Talk, { type: T }>;

const MIB = 1024 ** 2;

/** Our user wants to send one. */
export function offer(turn: Turn, { id, name, size, mime }: Of<'offer'>): void {
  if (!maySay(turn, 'offer')) return;
  const limit = fileLimit(turn);
  if (size > limit) {
    const hint = `offer: the file has ${inMib(size)} MiB, and the limit is ${inMib(limit)} MiB; send it another way`;
    return refuse(turn, 'too-large', hint);
  }
  if (filesOf(turn, 'me').filter(isLive).length >= FILES_LIMIT) {
    const hint = `offer: ${FILES_LIMIT} files are under way; wait until one is done`;
    return refuse(turn, 'wrong-state', hint);
  }
  const entry = begin(turn, { id, name: cleanName(name), size, mime, by: 'me' });
  sayOffer(turn, entry);
}

/** The largest that both sides take. */
export function fileLimit({ state }: Pick<Turn, 'state'>): number {
  return Math.min(state.maxFileBytes, state.theirMaxFileBytes);
}

/** Our user takes one. */
export function accept(turn: Turn, id: string): void {
  const entry = find(turn, 'peer', id);
  if (entry?.state !== 'offered') return;
  const kept = filesOf(turn, 'peer').filter(({ state }) => ['flowing', 'checking', 'done'].includes(state));
  const bytes = kept.reduce((sum, { size }) => sum + size, entry.size);
  if (bytes > KEPT_FACTOR * turn.state.maxFileBytes) return stop(turn, entry, 'full');
  change(turn, entry, { state: 'flowing' });
  say(turn, { type: 'want', id, offset: 0 });
}

/** Our user does not want it any more. */
export function cancel(turn: Turn, id: string): void {
  const entry = find(turn, 'me', id) ?? find(turn, 'peer', id);
  if (!entry || !isLive(entry)) return;
  if (entry.by === 'me') return giveUp(turn, entry, 'cancelled');
  stop(turn, entry, entry.state === 'offered' ? 'declined' : 'cancelled');
}

/** The bytes of ours have gone so far. */
export function sent(turn: Turn, { id, bytes }: Of<'sent'>): void {
  const entry = find(turn, 'me', id);
  if (entry?.state === 'flowing') change(turn, entry, { bytes, reached: Math.max(entry.reached, bytes) });
}

export function sentAll(turn: Turn, { id, sha256 }: Of<'sent-all'>): void {
  const entry = find(turn, 'me', id);
  if (entry?.state !== 'flowing') return;
  change(turn, entry, { state: 'checking' });
  say(turn, { type: 'end', id, sha256 });
}

export function unreadable(turn: Turn, id: string): void {
  const entry = find(turn, 'me', id);
  if (entry && isLive(entry)) giveUp(turn, entry, 'unreadable');
}

/** What has come was compared with what was sent. */
export function checked(turn: Turn, { id, whole }: Of<'checked'>): void {
  const entry = find(turn, 'peer', id);
  if (entry?.state !== 'checking') return;
  if (!whole) return stop(turn, entry, 'damaged');
  change(turn, entry, { state: 'done' });
  say(turn, { type: 'have', id });
}

/** A piece of a file comes; only the next one of it is of use. */
export function chunk(turn: Turn, { chunk: { id, offset, bytes } }: Of<'chunk'>): void {
  const entry = find(turn, 'peer', id);
  if (entry?.state !== 'flowing' || offset !== entry.bytes || bytes.length > entry.size - offset) return;
  const small = entry.small + (bytes.length < SMALL_BYTES ? 1 : 0);
  if (small > SMALL_LIMIT) return stop(turn, entry, 'damaged');
  turn.outputs.push({ type: 'keep', id, bytes });
  const after = offset + bytes.length;
  change(turn, entry, { bytes: after, reached: after, small });
  check(turn, id);
}

/** They offer one, or one that we know again, on another connection. */
export function hearOffer(turn: Turn, { id, name, size, mime }: Heard<'offer'>): void {
  const known = find(turn, 'peer', id);
  if (known) return sayAgain(turn, known);
  // Two of one name could not be told apart.
  if (isTaken(turn, id)) return say(turn, { type: 'refuse', id, reason: 'cancelled' });
  const asked = filesOf(turn, 'peer').filter(isLive).length;
  const fits = size <= turn.state.maxFileBytes && asked < FILES_LIMIT;
  if (fits) begin(turn, { id, name, size, mime, by: 'peer' });
  else say(turn, { type: 'refuse', id, reason: 'full' });
}

/** They want ours from there on. */
export function hearWant(turn: Turn, { id, offset }: Heard<'want'>): void {
  const entry = find(turn, 'me', id);
  if (!entry || !isLive(entry)) return say(turn, { type: 'withdraw', id, reason: 'cancelled' });
  if (offset > entry.reached) return;
  change(turn, entry, { state: 'flowing', bytes: offset });
  turn.outputs.push({ type: 'pump', id, from: offset });
}

export function hearEnd(turn: Turn, { id, sha256 }: Heard<'end'>): void {
  const entry = find(turn, 'peer', id);
  if (entry?.state !== 'flowing') return;
  change(turn, entry, { sha256 });
  check(turn, id);
}

/** They have all of ours, whatever we have said meanwhile. */
export function hearHave(turn: Turn, id: string): void {
  const entry = find(turn, 'me', id);
  if (!entry || !(isLive(entry) || (entry.state === 'cancelled' && entry.endedBy === 'me'))) return;
  const { endedBy: _, ...rest } = entry;
  turn.state = {
    ...turn.state,
    entries: turn.state.entries.map((other) =>
      other === entry ? { ...rest, state: 'done', bytes: entry.size } : other,
    ),
  };
  turn.outputs.push({ type: 'forget', id });
}

/** They do not want ours, or no more of it. */
export function hearRefuse(turn: Turn, { id, reason }: Heard<'refuse'>): void {
  const entry = find(turn, 'me', id);
  if (entry && isLive(entry)) settle(turn, entry, reason, 'peer');
}

/** They send no more of theirs. */
export function hearWithdraw(turn: Turn, { id, reason }: Heard<'withdraw'>): void {
  const entry = find(turn, 'peer', id);
  if (entry && isLive(entry)) settle(turn, entry, reason, 'peer');
}

/** Another connection: offers what we still send. What they do not send any more is lost. */
export function greet(turn: Turn, live: readonly string[]): void {
  for (const entry of filesOf(turn, 'me').filter(isLive)) sayOffer(turn, entry);
  for (const entry of filesOf(turn, 'peer').filter(isLive)) {
    if (!live.includes(entry.id)) settle(turn, entry, 'lost');
  }
}

/** The ids of what we still send. */
export function liveIds(turn: Turn): string[] {
  return filesOf(turn, 'me')
    .filter(isLive)
    .map(({ id }) => id);
}

/** Nothing is sent any more until it is wanted again. */
export function halt(turn: Turn): void {
  for (const { id } of filesOf(turn, 'me').filter(isLive)) turn.outputs.push({ type: 'halt', id });
}

/** Nothing that is under way will be done. */
export function lose(turn: Turn): void {
  for (const entry of [...filesOf(turn, 'me'), ...filesOf(turn, 'peer')].filter(isLive)) {
    settle(turn, entry, 'lost');
  }
}

function begin(turn: Turn, about: Pick<FileEntry, 'id' | 'name' | 'size' | 'mime' | 'by'>): FileEntry {
  const entry: FileEntry = {
    type: 'file',
    ...about,
    at: turn.now,
    state: 'offered',
    bytes: 0,
    reached: 0,
    small: 0,
  };
  add(turn, entry);
  return entry;
}

function sayOffer(turn: Turn, { id, name, size, mime }: FileEntry): void {
  say(turn, { type: 'offer', id, name, size, mime });
}

/** The answer to an offer that was answered before. */
function sayAgain(turn: Turn, { id, state, bytes }: FileEntry): void {
  switch (state) {
    case 'offered':
      return;
    case 'flowing':
    case 'checking':
      return say(turn, { type: 'want', id, offset: bytes });
    case 'done':
      return say(turn, { type: 'have', id });
    case 'declined':
    case 'damaged':
    case 'full':
      return say(turn, { type: 'refuse', id, reason: state });
    case 'cancelled':
    case 'unreadable':
    case 'lost':
      return say(turn, { type: 'refuse', id, reason: 'cancelled' });
  }
}

/** Once all bytes and their hash are here. */
function check(turn: Turn, id: string): void {
  const entry = find(turn, 'peer', id);
  if (!entry?.sha256 || entry.bytes < entry.size) return;
  change(turn, entry, { state: 'checking' });
  turn.outputs.push({ type: 'check', id, sha256: entry.sha256 });
}

/** We send no more of ours. */
function giveUp(turn: Turn, entry: FileEntry, reason: WithdrawReason): void {
  settle(turn, entry, reason, 'me');
  say(turn, { type: 'withdraw', id: entry.id, reason });
}

/** We take no more of theirs. */
function stop(turn: Turn, entry: FileEntry, reason: RefuseReason): void {
  settle(turn, entry, reason, 'me');
  say(turn, { type: 'refuse', id: entry.id, reason });
}

function settle(
  turn: Turn,
  entry: FileEntry,
  state: RefuseReason | WithdrawReason | 'lost',
  by?: 'me' | 'peer',
): void {
  const isDecision = state === 'declined' || state === 'cancelled';
  change(turn, entry, { state, ...(isDecision && by ? { endedBy: by } : {}) });
  turn.outputs.push({ type: 'forget', id: entry.id });
}

function filesOf({ state }: Turn, by: 'me' | 'peer'): FileEntry[] {
  return state.entries.filter((entry): entry is FileEntry => entry.type === 'file' && entry.by === by);
}

function find(turn: Turn, by: 'me' | 'peer', id: string): FileEntry | undefined {
  return filesOf(turn, by).find((entry) => entry.id === id);
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
