/** Opens a report that was kept as a file: nothing in it is believed. */
import { FORMAT, LIMITS, VERSION } from './format.ts';
import { type CallReport, MOST_MS, REPORT } from './report.ts';
import { number, type Shape, ShapeError } from './shape.ts';

/**
 * - `too-large` more than `LIMITS.bytes` · `not-json` no JSON at all · `not-a-report` JSON of something else
 * - `newer` of a later version than this one reads · `damaged` something is missing or impossible: `where` says what
 */
export type ReportErrorCode = 'too-large' | 'not-json' | 'not-a-report' | 'newer' | 'damaged';

/** A file that is no report. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
  readonly code: ReportErrorCode;
  /** The place in the file, as `steps[3].at`. */
  readonly where: string | undefined;

  constructor(code: ReportErrorCode, message: string, where?: string) {
    super(message);
    this.code = code;
    this.where = where;
  }
}

/** What `Call.dump` has written. Rejects with `ReportError`. */
export async function readReport(file: Blob): Promise<CallReport> {
  if (file.size > LIMITS.bytes) {
    throw new ReportError('too-large', `a report has at most ${LIMITS.bytes} bytes, this file ${file.size}`);
  }
  return parseReport(await file.text());
}

/** The same of a text. Throws `ReportError`. */
export function parseReport(text: string): CallReport {
  const value = json(text);
  const { format, version } = Object(value) as { readonly format?: unknown; readonly version?: unknown };
  if (format !== FORMAT) throw new ReportError('not-a-report', `no ${FORMAT}`);
  if (typeof version === 'number' && version > VERSION) {
    throw new ReportError('newer', `version ${version} is newer than ${VERSION}`);
  }
  const report = shaped(REPORT, value, '');
  const { columns, rows } = report.figures;
  const at = columns.indexOf('at');
  let before = 0;
  for (const [index, row] of rows.entries()) {
    const where = `figures.rows[${index}]`;
    if (row.length !== columns.length) throw damaged(new ShapeError(where, `${columns.length} figures`));
    if (at < 0) continue;
    before = shaped(number(before, MOST_MS), row[at], `${where}[${at}]`);
  }
  return report;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ReportError('not-json', 'no JSON');
  }
}

function shaped<T>(shape: Shape<T>, value: unknown, where: string): T {
  try {
    return shape.read(value, where);
  } catch (cause) {
    throw cause instanceof ShapeError ? damaged(cause) : cause;
  }
}

function damaged({ message, path }: ShapeError): ReportError {
  return new ReportError('damaged', message, path);
}
