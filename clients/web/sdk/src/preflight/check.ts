/** What is checked before a call, and what comes of it: see `Client.preflight`. */
import type { ClientError } from '../client-error.ts';

/**
 * - `server` a message there and back
 * - `relay-udp`, `relay-tcp`, `relay-tls` bytes through the relay and back, by this way alone
 * - `mic` something is heard · `camera` a picture comes · `speaker` the browser may play
 */
export const CHECKS = ['server', 'relay-udp', 'relay-tcp', 'relay-tls', 'mic', 'camera', 'speaker'] as const;
export type CheckName = (typeof CHECKS)[number];

/** What came of one. */
export interface Check {
  readonly name: CheckName;
  /** How long it took, in milliseconds; of `server`, the message's way there and back. */
  readonly ms: number;
  /** What is wrong; nothing, if it works. */
  readonly error?: ClientError;
  /** Of a relay: how long a packet is on its way there and back, in milliseconds (the median). */
  readonly rttMs?: number;
  /** Of a relay: which part of the packets was lost, 0 to 1. */
  readonly loss?: number;
  /** Of a microphone: the loudest that was heard, 0 to 1. */
  readonly level?: number;
}

/** What to check, and who is told. */
export interface PreflightOptions {
  /** Default: all. A way to the relay that the server does not offer is left out of what comes of it. */
  readonly checks?: readonly CheckName[];
  /** Told of each check as soon as it is known. */
  readonly progress?: (check: Check) => void;
  /** Ends all of it; the promise then rejects with `aborted`. */
  readonly signal?: AbortSignal;
}

/** What a check found besides its time. */
export type Finding = Omit<Check, 'name' | 'ms'> & { readonly ms?: number };
