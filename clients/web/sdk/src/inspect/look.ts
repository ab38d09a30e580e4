/** What a peer connection's statistics say at one moment, in the words of a report. */
import { COLUMNS, type Column, LIMITS } from './format.ts';
import type { CandidateReport, CodecReport, PairReport, Row } from './report.ts';

/** The statistics by id: an `RTCStatsReport`, or in tests a map. */
export type Stats = ReadonlyMap<string, Entry>;
type Entry = Readonly<Record<string, unknown>>;

export interface Look {
  readonly figures: Partial<Record<Column, number>>;
  readonly candidates: readonly CandidateReport[];
  readonly pairs: readonly PairReport[];
  readonly codecs: readonly CodecReport[];
  readonly selected?: string;
  readonly tls?: string;
  readonly cipher?: string;
  readonly srtp?: string;
  /** Pictures have been decoded. */
  readonly pictures: boolean;
}

export function readLook(stats: Stats): Look {
  const entries = [...stats.values()];
  const of = (type: string) => entries.filter((entry) => entry['type'] === type);
  // One that has been chosen, if there are several: the lines are bundled, so there is one.
  const [transport = {}] = of('transport');
  const selected = word(transport['selectedCandidatePairId']);
  const pair = selected === undefined ? undefined : stats.get(selected);
  const candidates = of('local-candidate')
    .map((entry) => candidateOf(entry, 'here'))
    .concat(of('remote-candidate').map((entry) => candidateOf(entry, 'there')));
  const tls = word(transport['tlsVersion']);
  const cipher = word(transport['dtlsCipher']);
  const srtp = word(transport['srtpCipher']);
  return {
    figures: figuresOf(entries, pair),
    candidates: candidates.slice(0, LIMITS.candidates),
    pairs: of('candidate-pair').map(pairOf).slice(0, LIMITS.pairs),
    codecs: codecsOf(stats, entries).slice(0, LIMITS.codecs),
    pictures: of('inbound-rtp').some((entry) => (number(entry['framesDecoded']) ?? 0) > 0),
    ...(selected === undefined ? {} : { selected }),
    ...(tls === undefined ? {} : { tls }),
    ...(cipher === undefined ? {} : { cipher }),
    ...(srtp === undefined ? {} : { srtp }),
  };
}

/** The row of a look. */
export function rowOf(figures: Look['figures'], at: number, peer: number): Row {
  return COLUMNS.map((column) => {
    if (column === 'at') return at;
    if (column === 'peer') return peer;
    const value = figures[column];
    // Three places behind the point are more than anybody sees, and keep the file small.
    return value === undefined ? null : Math.round(value * 1_000) / 1_000;
  });
}

function figuresOf(entries: readonly Entry[], pair: Entry | undefined): Look['figures'] {
  const figures: Partial<Record<Column, number>> = {};
  const add = (column: Column, value: number | undefined) => {
    if (value !== undefined) figures[column] = (figures[column] ?? 0) + value;
  };
  const most = (column: Column, value: number | undefined) => {
    if (value !== undefined) figures[column] = Math.max(figures[column] ?? 0, value);
  };
  most('rttMs', times(pair?.['currentRoundTripTime'], 1_000));
  most('availableBps', number(pair?.['availableOutgoingBitrate']));
  for (const entry of entries) {
    const kind = entry['kind'] === 'audio' ? 'audio' : 'video';
    switch (entry['type']) {
      case 'outbound-rtp':
        add(`${kind}BytesSent`, number(entry['bytesSent']));
        most('fpsSent', number(entry['framesPerSecond']));
        larger(figures, 'Sent', entry);
        break;
      case 'inbound-rtp':
        add(`${kind}BytesReceived`, number(entry['bytesReceived']));
        add('packetsReceived', number(entry['packetsReceived']));
        // Packets that came twice count against those that were lost (RFC 3550 §6.4.1).
        add('packetsLost', Math.max(0, number(entry['packetsLost']) ?? 0));
        most('jitterMs', times(entry['jitter'], 1_000));
        most('fpsReceived', number(entry['framesPerSecond']));
        most('levelThere', number(entry['audioLevel']));
        larger(figures, 'Received', entry);
        break;
      case 'remote-inbound-rtp':
        most('lossThere', number(entry['fractionLost']));
        // Firefox tells none by pair.
        if (figures.rttMs === undefined) most('rttMs', times(entry['roundTripTime'], 1_000));
        break;
      case 'media-source':
        most('levelHere', number(entry['audioLevel']));
        break;
    }
  }
  return figures;
}

/** The larger of several pictures: a screen beside the camera. */
function larger(
  figures: Partial<Record<Column, number>>,
  way: 'Sent' | 'Received',
  { frameWidth, frameHeight }: Entry,
): void {
  const width = number(frameWidth);
  const height = number(frameHeight);
  if (width === undefined || height === undefined) return;
  const known = (figures[`width${way}`] ?? 0) * (figures[`height${way}`] ?? 0);
  if (width * height < known) return;
  figures[`width${way}`] = width;
  figures[`height${way}`] = height;
}

function candidateOf(entry: Entry, side: 'here' | 'there'): CandidateReport {
  const address = text(entry['address'] ?? entry['ip'], 128);
  const port = number(entry['port']);
  const protocol = word(entry['protocol']);
  const relayProtocol = word(entry['relayProtocol']);
  const url = text(entry['url'], 256);
  return {
    id: word(entry['id']) ?? '',
    side,
    type: word(entry['candidateType']) ?? '',
    ...(protocol ? { protocol } : {}),
    ...(address ? { address } : {}),
    ...(port === undefined ? {} : { port }),
    ...(relayProtocol ? { relayProtocol } : {}),
    ...(url ? { url } : {}),
  };
}

function pairOf(entry: Entry): PairReport {
  const requests = number(entry['requestsSent']);
  const responses = number(entry['responsesReceived']);
  const rttMs = times(entry['currentRoundTripTime'], 1_000);
  const bytesSent = number(entry['bytesSent']);
  const bytesReceived = number(entry['bytesReceived']);
  return {
    id: word(entry['id']) ?? '',
    local: word(entry['localCandidateId']) ?? '',
    remote: word(entry['remoteCandidateId']) ?? '',
    state: word(entry['state']) ?? '',
    nominated: entry['nominated'] === true,
    ...(requests === undefined ? {} : { requests }),
    ...(responses === undefined ? {} : { responses }),
    ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 1_000) / 1_000 }),
    ...(bytesSent === undefined ? {} : { bytesSent }),
    ...(bytesReceived === undefined ? {} : { bytesReceived }),
  };
}

/** Those in use: what is sent or received refers to them. */
function codecsOf(stats: Stats, entries: readonly Entry[]): CodecReport[] {
  const found = new Map<string, CodecReport>();
  for (const entry of entries) {
    const sends = entry['type'] === 'outbound-rtp';
    if (!sends && entry['type'] !== 'inbound-rtp') continue;
    const codec = stats.get(String(entry['codecId']));
    const payload = number(codec?.['payloadType']);
    if (!codec || payload === undefined) continue;
    const clockRate = number(codec['clockRate']);
    const channels = number(codec['channels']);
    const fmtp = text(codec['sdpFmtpLine'], 512);
    const direction = sends ? 'send' : 'receive';
    found.set(`${direction} ${payload}`, {
      direction,
      kind: entry['kind'] === 'audio' ? 'audio' : 'video',
      mime: word(codec['mimeType']) ?? '',
      payload,
      ...(clockRate === undefined ? {} : { clockRate }),
      ...(channels === undefined ? {} : { channels }),
      ...(fmtp ? { fmtp } : {}),
    });
  }
  return [...found.values()];
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function times(value: unknown, unit: number): number | undefined {
  const known = number(value);
  return known === undefined ? undefined : known * unit;
}

function text(value: unknown, limit: number): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, limit) : undefined;
}

function word(value: unknown): string | undefined {
  return text(value, 64);
}
