/** What an application has of a call's report. */
import type { Readable } from '../public.ts';
import { withoutPersonal } from './personal.ts';
import type { CallReport } from './report.ts';

/** The report of a call, while it goes on and afterwards. */
export interface Inspection {
  /** Grows with everything that is new, many times a second while a call begins; the last value comes with the call's end. */
  readonly changes: Readable<number>;
  /** As it stands, with names and addresses. */
  report(): CallReport;
  /** As a file. */
  dump(options?: DumpOptions): Blob;
}

/** What is in the file. */
export interface DumpOptions {
  /**
   * The other person's name, the addresses of both devices and of their networks, and the fingerprints of their keys. They are
   * personal: without them (default) addresses are numbered. Passwords are never in it.
   */
  readonly personal?: boolean;
}

export function dump(report: CallReport, { personal = false }: DumpOptions = {}): Blob {
  const kept = personal ? report : withoutPersonal(report);
  return new Blob([JSON.stringify(kept)], { type: 'application/json' });
}
