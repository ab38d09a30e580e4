// What the measurements need to know of a system under test: two pages, what they saw in a call, and how it went.
import type { Browser } from '@playwright/test';

/** Under which circumstances the calls are made. */
export type Place = {
  readonly callerBrowser: Browser;
  readonly calleeBrowser: Browser;
  /** What signaling and relay hold back each way. */
  readonly delayMs: number;
  /** Media goes through the relay alone, over UDP. Otherwise the devices find each other on the machine. */
  readonly relayed: boolean;
  /** For systems that bring no relay of their own. */
  readonly iceServers: readonly RTCIceServer[];
  /** How long the callee lets it ring before they click; without it, their page answers by itself at once. */
  readonly ringMs: number | undefined;
};

/** Moments of a call on the wall clock, in milliseconds. */
export type Moments = {
  /** The caller clicks. */
  readonly clicked: number;
  /** The callee's page hears of the call. */
  readonly rang: number;
  /** The callee answers. */
  readonly accepted: number;
  /** The caller sees the callee's first frame, and the other way round. */
  readonly callerFrame: number;
  readonly calleeFrame: number;
};

/** What must be the same for all systems. */
export type Conditions = {
  /** The first frames that were seen, such as `640×480`. */
  readonly sizes: readonly [string, string];
  /** Media went through the relay at both ends. */
  readonly relayed: boolean;
};

export interface Pair {
  /** The caller clicks; the callee answers; both pages show the other's picture; the caller hangs up. */
  call(): Promise<Moments & Conditions>;
  close(): Promise<void>;
}

export interface System {
  readonly name: string;
  /** Starts the server and opens a page of each person in a browser of their own, ready to call. */
  open(place: Place): Promise<Pair>;
}
