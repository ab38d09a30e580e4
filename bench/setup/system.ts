// What the measurement needs to know of a system under test: two pages, a click, and what both saw then.
import type { Browser } from '@playwright/test';

/** Milliseconds after the click. */
export type Times = {
  /** The callee's page hears of the call; it answers by itself. */
  readonly rings: number;
  /** The caller sees the callee's first frame. */
  readonly caller: number;
  /** The callee sees the caller's first frame. */
  readonly callee: number;
};

export interface Pair {
  /** The caller clicks; both pages show the other's picture; the caller hangs up. */
  call(): Promise<Times>;
  close(): Promise<void>;
}

export interface System {
  readonly name: string;
  /** Starts the server and opens a page of each person in a browser of their own, ready to call. */
  open(callerBrowser: Browser, calleeBrowser: Browser): Promise<Pair>;
}
