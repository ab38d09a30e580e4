// Tables of documents that a test measures: what stands there is what it finds, or it fails. They stand between lines
// `<!-- measured: name -->` and `<!-- end -->`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, type TestInfo } from '@playwright/test';

const ROOT = new URL('../../', import.meta.url);

/** Compares the table with the document's; with `--update-snapshots` puts it there. The first row is the head. */
export function measured(
  info: TestInfo,
  document: string,
  name: string,
  [head = [], ...rows]: readonly (readonly string[])[],
): void {
  const path = fileURLToPath(new URL(document, ROOT));
  const text = readFileSync(path, 'utf8');
  const before = `<!-- measured: ${name} -->\n`;
  const [start, end] = [text.indexOf(before), text.indexOf('<!-- end -->', text.indexOf(before))];
  if (start < 0 || end < 0) throw new Error(`${document} has no place for the table "${name}"`);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = `\n${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n\n`;
  const fresh = text.slice(0, start + before.length) + table + text.slice(end);
  const { updateSnapshots } = info.config;
  if (updateSnapshots === 'all' || updateSnapshots === 'changed') writeFileSync(path, fresh);
  else expect(text, `the table "${name}" of ${document}`).toBe(fresh);
}
