/** The chat of a call, as types; `public.ts` says where they belong. */
import type { Readable } from '../public.ts';

/**
 * Texts and files between the two devices of a call, past the server and inside its encryption. Nothing flows before the
 * answer. On hold it goes on. With another person, after a transfer, it begins anew.
 */
export interface Chat extends Readable<ChatState> {
  /**
   * Sends a text of at most 2,000 characters; what it is cleaned to stands in `entries` then. While the connection is lost it waits
   * for the next one. Rejects with `too-large`; with `rate-limited` after 20 texts in 10 s, or when 50 have not arrived; and with
   * `wrong-state` if it is empty or there is no chat now.
   */
  send(text: string): Promise<void>;
  /**
   * Offers a file, which the other person may accept. Rejects with `too-large` if it has more than `maxFileBytes`, and with
   * `wrong-state` if 20 files are under way or there is no chat now.
   */
  offer(file: File): Promise<void>;
  /** Takes a file that is offered here. */
  accept(id: string): void;
  /** Declines a file that is offered here, or stops one that is under way, on either side. */
  cancel(id: string): void;
}

/** What was said, and whether more can be. */
export interface ChatState {
  /**
   * - `waiting` not yet, or not for a moment: the call is not answered, or its connection is lost
   * - `ready`
   * - `unavailable` the other person's application has no chat, or this one asked for none (`ConnectOptions.chat`)
   * - `over` the call has ended; what has come stays
   */
  readonly status: 'waiting' | 'ready' | 'unavailable' | 'over';
  /** The largest file that both sides take; 0 until that is known. */
  readonly maxFileBytes: number;
  /** Oldest first, at most 500: older texts give way, and files that were not received. */
  readonly entries: readonly ChatEntry[];
}

export type ChatEntry = ChatText | ChatFile;

/** Something that somebody wrote. Show it as text: it is another person's. */
export interface ChatText {
  readonly type: 'text';
  readonly id: string;
  readonly by: 'me' | 'peer';
  readonly at: number;
  readonly text: string;
  /** `delivered`: it is on the other device. `failed`: it never will be. */
  readonly state: 'sending' | 'delivered' | 'failed';
}

/** A file that somebody offers. */
export interface ChatFile {
  readonly type: 'file';
  readonly id: string;
  readonly by: 'me' | 'peer';
  readonly at: number;
  /** Without folders, control characters, and what turns the direction of writing. */
  readonly name: string;
  readonly size: number;
  /** What the sender's browser takes it for, such as `image/png`; empty if it does not know. */
  readonly mime: string;
  readonly state: FileState;
  /** Who has declined or cancelled it. */
  readonly endedBy?: 'me' | 'peer';
  /** How much has gone, or come. */
  readonly bytes: number;
  /** What was received, once it is `done`: for a link with `download`. Its type is always `application/octet-stream`. */
  readonly file?: Blob;
}

/**
 * - `offered` nobody has said yes · `flowing` · `waiting` the connection is lost, and the rest goes over the next one
 * - `checking` all of it is there, and compared · `done` the receiver has the very file
 * - `declined` · `cancelled` · `damaged` what arrived is not what was sent
 * - `unreadable` the sender's browser cannot read it any more · `full` the receiver has no room for it
 * - `lost` a page was reloaded, or the call ended or went on elsewhere
 */
export type FileState =
  | 'offered'
  | 'flowing'
  | 'waiting'
  | 'checking'
  | 'done'
  | 'declined'
  | 'cancelled'
  | 'damaged'
  | 'unreadable'
  | 'full'
  | 'lost';

/** How this application chats. */
export interface ChatOptions {
  /** The largest file that is sent or taken, in bytes. Default: 256 MiB. Four times as much is taken in one call. */
  readonly maxFileBytes?: number;
}
