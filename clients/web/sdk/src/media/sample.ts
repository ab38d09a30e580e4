/**
 * One look at a peer connection's statistics, in plain numbers: what has arrived and what was sent so far. Counts only grow
 * for one peer connection; browsers leave out what they do not know.
 */
import type { Report } from './figures.ts';

/** What has been seen up to a moment. */
export interface Sample {
  readonly at: number;
  /** Bytes of any kind that have arrived by the path in use, control messages and ICE's own checks among them. */
  readonly arrived: number;
  /** There and back, as last measured. */
  readonly rttMs?: number | undefined;
  /** What the browser believes the path to carry from here, in bit/s. Firefox does not say. */
  readonly available?: number | undefined;
  readonly receiving: Received;
  readonly sending: Sent;
}

/** What has come from the other side. */
export interface Received {
  readonly packets: number;
  readonly lost: number;
  /** With the headers of RTP. */
  readonly bytes: number;
  readonly jitterMs?: number | undefined;
  /** Samples of sound that were played, those of them that were made up, and those of these that could not be heard. */
  readonly samples: number;
  readonly concealed: number;
  readonly silent: number;
  /** How long samples have waited before they were played, in seconds in all, and how many they are. */
  readonly waited: number;
  readonly emitted: number;
  readonly frames: number;
  readonly frozenMs: number;
  readonly height?: number | undefined;
  readonly codecs: Codecs;
}

/** What has gone to the other side; `lost` and `jitterMs` are what they report. */
export interface Sent {
  readonly packets: number;
  readonly bytes: number;
  /** How loud it was before it was sent, added up over time. Firefox does not say. */
  readonly energy?: number | undefined;
  /** The share of our packets that they missed, 0 to 1, in the time of their last report. */
  readonly lost?: number | undefined;
  readonly jitterMs?: number | undefined;
  readonly frames: number;
  readonly height?: number | undefined;
  readonly limitedBy: 'none' | 'cpu' | 'bandwidth';
  readonly codecs: Codecs;
}

/** As the standards call them, such as `opus` and `VP8`. */
export interface Codecs {
  readonly audio?: string;
  readonly video?: string;
}

type Entry = Readonly<Record<string, unknown>>;

/** What a report says, at this moment. */
export function sampleOf(report: Report, at: number): Sample {
  const of = (type: string) => [...report.values()].filter((entry) => entry['type'] === type);
  const inbound = of('inbound-rtp');
  const outbound = of('outbound-rtp');
  const reports = of('remote-inbound-rtp');
  const pair = report.get(String(of('transport')[0]?.['selectedCandidatePairId']));
  const available = pair?.['availableOutgoingBitrate'];
  return {
    at,
    arrived: sum(pair ? [pair] : [], 'bytesReceived'),
    rttMs: ms(most([...reports.map((entry) => entry['roundTripTime']), pair?.['currentRoundTripTime']])),
    available: typeof available === 'number' ? available : undefined,
    receiving: {
      packets: sum(inbound, 'packetsReceived'),
      lost: sum(inbound, 'packetsLost'),
      bytes: sum(inbound, 'bytesReceived') + sum(inbound, 'headerBytesReceived'),
      jitterMs: ms(most(inbound.filter(isSound).map((entry) => entry['jitter']))),
      samples: sum(inbound, 'totalSamplesReceived'),
      concealed: sum(inbound, 'concealedSamples'),
      silent: sum(inbound, 'silentConcealedSamples'),
      waited: sum(inbound.filter(isSound), 'jitterBufferDelay'),
      emitted: sum(inbound.filter(isSound), 'jitterBufferEmittedCount'),
      frames: sum(inbound, 'framesDecoded'),
      frozenMs: 1_000 * sum(inbound, 'totalFreezesDuration'),
      height: most(inbound.map((entry) => entry['frameHeight'])),
      codecs: codecsOf(report, inbound),
    },
    sending: {
      packets: sum(outbound, 'packetsSent'),
      bytes: sum(outbound, 'bytesSent') + sum(outbound, 'headerBytesSent'),
      energy: energyOf(of('media-source')),
      lost: most(reports.map((entry) => entry['fractionLost'])),
      jitterMs: ms(most(reports.filter(isSound).map((entry) => entry['jitter']))),
      frames: sum(outbound, 'framesEncoded'),
      height: most(outbound.map((entry) => entry['frameHeight'])),
      limitedBy: limitOf(outbound),
      codecs: codecsOf(report, outbound),
    },
  };
}

function isSound(entry: Entry): boolean {
  return entry['kind'] === 'audio';
}

function sum(entries: readonly Entry[], name: string): number {
  return entries.reduce((total, { [name]: value }) => total + (typeof value === 'number' ? value : 0), 0);
}

function most(values: readonly unknown[]): number | undefined {
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length > 0 ? Math.max(...numbers) : undefined;
}

function energyOf(sources: readonly Entry[]): number | undefined {
  const known = sources.filter((entry) => entry['totalAudioEnergy'] !== undefined);
  return known.length > 0 ? sum(known, 'totalAudioEnergy') : undefined;
}

function ms(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : 1_000 * seconds;
}

function limitOf(outbound: readonly Entry[]): Sent['limitedBy'] {
  const reasons = outbound.map((entry) => entry['qualityLimitationReason']);
  return reasons.includes('bandwidth') ? 'bandwidth' : reasons.includes('cpu') ? 'cpu' : 'none';
}

/** Of the stream of each kind that carries most: a line that is not used has a codec, too. */
function codecsOf(report: Report, streams: readonly Entry[]): Codecs {
  const codec = (kind: string) => {
    const [stream] = streams
      .filter((entry) => entry['kind'] === kind && bytesOf(entry) > 0)
      .sort((one, other) => bytesOf(other) - bytesOf(one));
    const type = report.get(String(stream?.['codecId']))?.['mimeType'];
    return typeof type === 'string' ? { [kind]: type.slice(type.indexOf('/') + 1) } : {};
  };
  return { ...codec('audio'), ...codec('video') };
}

function bytesOf(entry: Entry): number {
  return sum([entry], 'bytesReceived') + sum([entry], 'bytesSent');
}
