/** What a peer connection's statistics say of its path, from one look to the next. */
import type { Figures } from './ladder.ts';

/** The statistics by id: an `RTCStatsReport`, or in tests a map. */
export type Report = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

export class FigureReader {
  #arrived = 0;
  /** What tells a new report, or a new measurement, from the last. */
  #before: ReadonlyMap<string, unknown> = new Map();

  /** `pictures`: there is one to send. */
  read(report: Report, at: number, pictures: boolean): Figures {
    const marks = new Map<string, unknown>();
    const isNew = (id: string, mark: unknown) => {
      marks.set(id, mark);
      return this.#before.has(id) && this.#before.get(id) !== mark;
    };
    let arrived = 0;
    let lost: number | undefined;
    let rttMs: number | undefined;
    let pairId = '';
    for (const [id, entry] of report) {
      if (entry['type'] === 'inbound-rtp') arrived += count(entry['packetsReceived']);
      if (entry['type'] === 'transport') pairId = String(entry['selectedCandidatePairId']);
      if (entry['type'] !== 'remote-inbound-rtp' || !isNew(id, entry['timestamp'])) continue;
      lost = most(lost, entry['fractionLost'], 1);
      rttMs = most(rttMs, entry['roundTripTime'], 1_000);
    }
    const pair = report.get(pairId);
    if (pair && isNew(pairId, pair['responsesReceived'])) {
      rttMs = most(rttMs, pair['currentRoundTripTime'], 1_000);
    }
    const flows = arrived !== this.#arrived;
    this.#arrived = arrived;
    this.#before = marks;
    const estimate = pair?.['availableOutgoingBitrate'];
    const available = typeof estimate === 'number' ? estimate : undefined;
    return { at, flows, pictures, available, lost, rttMs };
  }
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** The larger of what is known and a further value. */
function most(known: number | undefined, value: unknown, unit: number): number | undefined {
  return typeof value === 'number' ? Math.max(known ?? 0, value * unit) : known;
}
