/**
 * `@visavis/client/inspect`: opens what `Call.dump` has written, and makes lines for plots of a report.
 *
 * Begin with {@link readReport} for a file and with `Call.inspect` for a call that goes on; `inspect/report.ts` has the format,
 * `inspect/format.ts` its limits.
 */
export {
  COLUMNS,
  type Column,
  FORMAT,
  HAPPENINGS,
  type Happening,
  LIMITS,
  PLACES,
  type Place,
  VERSION,
} from './inspect/format.ts';
export { type DumpOptions, dump, type Inspection } from './inspect/inspection.ts';
export { withoutPersonal } from './inspect/personal.ts';
export { parseReport, ReportError, type ReportErrorCode, readReport } from './inspect/read.ts';
export type {
  CallReport,
  CandidateReport,
  CodecReport,
  Description,
  PairReport,
  PeerReport,
  Row,
  Step,
} from './inspect/report.ts';
export { type Line, PLOTS, type Plot, type Series, seriesOf, summaryOf } from './inspect/series.ts';
