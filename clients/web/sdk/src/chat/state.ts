/** What a chat knows, is told, and wants done. */
import type { ClientErrorCode } from '../client-error.ts';
import type { Chunk, Talk } from './messages.ts';
import type { ChatFile, ChatState, ChatText } from './public.ts';

/** Entries that are kept; what can be spared gives way. */
export const ENTRIES_LIMIT = 500;
/** Texts that have not arrived. */
export const WAITING_LIMIT = 50;
/** A person writes no more than this. */
export const TEXTS_LIMIT = 20;
export const TEXTS_MS = 10_000;
/** Files that one side sends, or that wait for the other's answer. */
export const FILES_LIMIT = 20;
/** How much of the other side's files is kept in one call, in files of the largest size. */
export const KEPT_FACTOR = 4;
/** Pieces of one file that may be small, as its last one is: each costs as much work as a large one. */
export const SMALL_LIMIT = 64;
export const SMALL_BYTES = 1024;

/** A file, and what only its two ends need to know. */
export interface FileEntry extends Omit<ChatFile, 'file' | 'state'> {
  /** That it waits follows from the connection. */
  readonly state: Exclude<ChatFile['state'], 'waiting'>;
  /** How far it has ever gone: the other side can have no more. */
  readonly reached: number;
  /** Small pieces that have come. */
  readonly small: number;
  /** Of the whole file, once its sender has said so. */
  readonly sha256?: string;
}

export type Entry = ChatText | FileEntry;

export interface State {
  readonly status: ChatState['status'];
  /** The channels are open. */
  readonly linked: boolean;
  /** The other side has been heard on this connection. */
  readonly greeted: boolean;
  /** It was heard on any: what is said while there is none waits. */
  readonly met: boolean;
  readonly maxFileBytes: number;
  /** The other side's. */
  readonly theirMaxFileBytes: number;
  readonly entries: readonly Entry[];
  /** When our last texts were sent. */
  readonly sentAt: readonly number[];
}

export type Input =
  | { readonly type: 'linked' }
  | { readonly type: 'lost' }
  /** Nothing was heard for so long that nobody is there. */
  | { readonly type: 'patience' }
  | { readonly type: 'hear'; readonly message: Talk }
  | { readonly type: 'chunk'; readonly chunk: Chunk }
  | { readonly type: 'send'; readonly id: string; readonly text: string }
  | {
      readonly type: 'offer';
      readonly id: string;
      readonly name: string;
      readonly size: number;
      readonly mime: string;
    }
  | { readonly type: 'accept'; readonly id: string }
  | { readonly type: 'cancel'; readonly id: string }
  /** So much of our file has gone. */
  | { readonly type: 'sent'; readonly id: string; readonly bytes: number }
  /** All of it has. */
  | { readonly type: 'sent-all'; readonly id: string; readonly sha256: string }
  | { readonly type: 'unreadable'; readonly id: string }
  /** Whether what has come is what was sent. */
  | { readonly type: 'checked'; readonly id: string; readonly whole: boolean }
  | { readonly type: 'end' };

export type Output =
  | { readonly type: 'say'; readonly message: Talk }
  /** Sends the bytes of a file from there on, or no more of them. */
  | { readonly type: 'pump'; readonly id: string; readonly from: number }
  | { readonly type: 'halt'; readonly id: string }
  /** Of a file that comes. */
  | { readonly type: 'keep'; readonly id: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'check'; readonly id: string; readonly sha256: string }
  /** The file is over for this side, and nothing of it is needed any more. */
  | { readonly type: 'forget'; readonly id: string }
  /** What the user wanted is not done. */
  | { readonly type: 'refuse'; readonly code: ClientErrorCode; readonly hint: string };

/** A turn of the chat: what it changes and wants. */
export interface Turn {
  state: State;
  readonly now: number;
  readonly outputs: Output[];
}

/** Before anything has happened, with what an earlier page of this call has kept. */
export function initialState(maxFileBytes: number, entries: readonly ChatText[] = []): State {
  return {
    status: 'waiting',
    linked: false,
    greeted: false,
    met: false,
    maxFileBytes,
    theirMaxFileBytes: 0,
    entries,
    sentAt: [],
  };
}

export function update(turn: Turn, change: Partial<State>): void {
  turn.state = { ...turn.state, ...change };
}

/** To the other side, if it is there; what matters is said again when it is. */
export function say(turn: Turn, message: Talk): void {
  if (turn.state.greeted) turn.outputs.push({ type: 'say', message });
}

export function refuse(turn: Turn, code: ClientErrorCode, hint: string): void {
  turn.outputs.push({ type: 'refuse', code, hint });
}

/** Whether our user may say something now, or why not. */
export function maySay(turn: Turn, verb: string): boolean {
  const { status, met } = turn.state;
  if (status === 'ready' || (status === 'waiting' && met)) return true;
  refuse(turn, 'wrong-state', `${verb}: there is no chat now`);
  return false;
}

export function add(turn: Turn, entry: Entry): void {
  const entries = [...turn.state.entries, entry];
  const spare = entries.length > ENTRIES_LIMIT ? entries.findIndex(isSpare) : -1;
  update(turn, { entries: spare < 0 ? entries : entries.toSpliced(spare, 1) });
}

/** Whether an entry has this id, whoever gave it. */
export function isTaken({ state }: Turn, id: string): boolean {
  return state.entries.some((entry) => entry.id === id);
}

export function change<E extends Entry>(turn: Turn, entry: E, news: Partial<E>): void {
  const changed = { ...entry, ...news };
  update(turn, { entries: turn.state.entries.map((other) => (other === entry ? changed : other)) });
}

/** Not what waits, is under way, or was received. */
function isSpare(entry: Entry): boolean {
  if (entry.type === 'text') return entry.state !== 'sending';
  return !isLive(entry) && !(entry.by === 'peer' && entry.state === 'done');
}

/** It may still be done. */
export function isLive({ state }: FileEntry): boolean {
  return state === 'offered' || state === 'flowing' || state === 'checking';
}
