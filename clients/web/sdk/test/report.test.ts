/** The file of a report: written, opened again, and what is no such file. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../src/inspect/format.ts';
import { dump } from '../src/inspect/inspection.ts';
import { parseReport, ReportError, readReport } from '../src/inspect/read.ts';
import { type CallReport, reportSchema } from '../src/inspect/report.ts';
import { REPORT } from './reports.ts';

function refused(text: string): unknown {
  try {
    return parseReport(text);
  } catch (error) {
    return error instanceof ReportError ? [error.code, error.where] : error;
  }
}

const changed = (change: object) => JSON.stringify({ ...REPORT, ...change });

describe('a report that is kept', () => {
  it('is opened again as it was', async () => {
    const opened = await readReport(dump(REPORT, { personal: true }));
    expect(opened).toEqual(REPORT);
  });

  it('is opened by a reader that does not know all of its fields', () => {
    const [step] = REPORT.steps;
    const text = changed({ weather: 'fine', steps: [{ ...step, mood: 'good' }] });
    expect(parseReport(text)).toEqual({ ...REPORT, steps: [step] });
  });

  it('is described by the schema in the package', async () => {
    const schema = `${JSON.stringify(reportSchema(), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot('../call-report.schema.json');
  });
});

describe('what is opened as a report', () => {
  const rows = (list: unknown[]) => changed({ figures: { columns: ['at', 'peer'], rows: list } });
  const step = (change: object) => changed({ steps: [{ ...REPORT.steps[0], ...change }] });

  it.each<[string, string, unknown]>([
    ['a picture', '\u0089PNG', ['not-json', undefined]],
    ['an empty file', '', ['not-json', undefined]],
    ['JSON of something else', '{"type":"hello"}', ['not-a-report', undefined]],
    ['a number', '7', ['not-a-report', undefined]],
    ['nothing', 'null', ['not-a-report', undefined]],
    ['a report of a later version', changed({ version: 2 }), ['newer', undefined]],
    ['a version that never was', changed({ version: 0 }), ['damaged', 'version']],
    ['a report without steps', changed({ steps: undefined }), ['damaged', 'steps']],
    ['a step of another kind', step({ what: 'magic' }), ['damaged', 'steps[0].what']],
    ['a step before the beginning', step({ at: -1 }), ['damaged', 'steps[0].at']],
    ['a step in a thousand years', step({ at: 1e15 }), ['damaged', 'steps[0].at']],
    ['a step of no peer connection', step({ peer: 99 }), ['damaged', 'steps[0].peer']],
    ['a detail as long as a book', step({ detail: 'x'.repeat(65) }), ['damaged', 'steps[0].detail']],
    ['a row that is too short', rows([[1, 2], [3]]), ['damaged', 'figures.rows[1]']],
    ['a figure that is a text', rows([[1, '2']]), ['damaged', 'figures.rows[0][1]']],
    ['a figure larger than any', rows([[1, 1e16]]), ['damaged', 'figures.rows[0][1]']],
    ['a row in a thousand years', rows([[3e13, 2]]), ['damaged', 'figures.rows[0][0]']],
    [
      'a row before the one above',
      rows([
        [2, 2],
        [1, 2],
      ]),
      ['damaged', 'figures.rows[1][0]'],
    ],
    ['a row of no time', rows([[null, 2]]), ['damaged', 'figures.rows[0][0]']],
    [
      'a call after the end of time',
      changed({ call: { ...REPORT.call, startedAt: 1e18 } }),
      ['damaged', 'call.startedAt'],
    ],
    [
      'more steps than there can be',
      changed({ steps: Array(LIMITS.steps + 1).fill(REPORT.steps[0]) }),
      ['damaged', 'steps'],
    ],
    ['a call without an id', changed({ call: { ...REPORT.call, id: null } }), ['damaged', 'call.id']],
    [
      'a prototype in the place of fields',
      '{"__proto__":{"format":"visavis-call-report"}}',
      ['not-a-report', undefined],
    ],
  ])('is refused, being %s', (_, text, expected) => {
    expect(refused(text)).toEqual(expected);
  });

  it('is not even read if it is too large', async () => {
    const large = new Blob([' '.repeat(LIMITS.bytes + 1)]);
    await expect(readReport(large)).rejects.toMatchObject({ code: 'too-large' });
  });
});

describe('a report without what is personal', () => {
  const kept = async (report: CallReport) => parseReport(await dump(report).text());

  it('has no name, address or fingerprint in it, and is a report', async () => {
    const report = await kept(REPORT);
    const text = JSON.stringify(report);
    for (const secret of [
      'bob',
      'Bob',
      '192.168.1.7',
      '203.0.113.9',
      '2001:db8::7',
      '1b9d4f6c',
      'AA:BB',
      'calls.example.org',
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(report.personal).toBe(false);
    expect(report.steps).toEqual(REPORT.steps);
    expect(report.figures).toEqual(REPORT.figures);
  });

  it('still shows which addresses are the same, and of what kind each is', async () => {
    const { peers } = await kept(REPORT);
    expect(peers[0]?.candidates[0]?.address).toBe('ipv4-private-1');
    expect(
      peers[0]?.descriptions[0]?.sdp.split('\r\n').filter((line) => /IN IP|candidate|finger/.test(line)),
    ).toEqual([
      'o=- 4611731400430051336 2 IN IP4 ipv4-private-1',
      'c=IN IP4 ipv4-public-2',
      'a=rtcp:9 IN IP4 0.0.0.0',
      'a=candidate:1 1 udp 2122260223 ipv4-private-1 52000 typ host generation 0',
      'a=candidate:2 1 udp 1686052607 ipv4-public-2 52000 typ srflx raddr ipv4-private-1 rport 52000',
      'a=candidate:3 1 udp 2122262783 ipv6-public-3 52001 typ host',
      'a=candidate:4 1 udp 2122262783 mdns-4 52002 typ host',
      'a=fingerprint:sha-256 (left out)',
    ]);
  });
});
