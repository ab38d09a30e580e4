/** Where the screens get the reports of calls from: the calls of this page, or a story's drawings. */
import type { Inspection } from '@visavis/client/inspect';
import { createContext } from 'preact';

/** The calls of this page whose reports are kept. */
export interface Reports {
  /** By the serial of a call, or by its id; undefined if none is kept. */
  of(call: number | string): (() => Promise<Inspection>) | undefined;
}

/** The reports of the screens below. */
export const ReportsContext = createContext<Reports>({ of: () => undefined });
