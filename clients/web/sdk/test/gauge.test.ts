/** How good a connection is, by samples that are given, in virtual time. */
import { describe, expect, it } from 'vitest';

import type { Ailing } from '../src/core/control.ts';
import { Gauge, opinion } from '../src/media/gauge.ts';
import { type Sample, sampleOf } from '../src/media/sample.ts';
import type { Quality, QualityLevel } from '../src/public.ts';

/** What happens in one second of a call with sound and a picture; shares are of 100 packets each way. */
interface Second {
  readonly rttMs?: number;
  readonly lost?: number;
  readonly jitterMs?: number;
  readonly lostThere?: number;
  readonly jitterThereMs?: number;
  /** Of the sound. */
  readonly concealed?: number;
  readonly silent?: number;
  readonly nothing?: boolean;
  /** Neither side sends. */
  readonly quiet?: boolean;
  /** Our microphone gives nothing but silence. */
  readonly silentMic?: boolean;
  /** What the other device says. */
  readonly theirs?: Ailing;
}

class Scene {
  readonly gauge = new Gauge();
  last: Quality | null = null;
  #now: Sample = sampleOf(new Map(), 0);

  constructor() {
    this.gauge.look(this.#now, false, {});
  }

  /** The levels that are shown after each of these seconds. */
  during(seconds: number, second: Second = {}): (QualityLevel | undefined)[] {
    return Array.from({ length: seconds }, () => {
      this.#now = this.#next(this.#now, second);
      this.last = this.gauge.look(this.#now, true, second.theirs ?? {});
      return this.last?.level;
    });
  }

  #next({ at, arrived, receiving, sending }: Sample, second: Second): Sample {
    const { rttMs = 40, lost = 0, jitterMs = 5, lostThere = 0, jitterThereMs = 5 } = second;
    const share = second.nothing || second.quiet ? 0 : 1;
    return {
      at: at + 1_000,
      arrived: arrived + (second.nothing ? 0 : 100_000),
      rttMs,
      available: 1_500_000,
      receiving: {
        ...receiving,
        packets: receiving.packets + share * (100 - lost),
        lost: receiving.lost + share * lost,
        bytes: receiving.bytes + share * 75_000,
        jitterMs,
        samples: receiving.samples + 48_000,
        concealed: receiving.concealed + 480 * (second.concealed ?? 0),
        silent: receiving.silent + 480 * (second.silent ?? 0),
        waited: receiving.waited + 48_000 * 0.06,
        emitted: receiving.emitted + 48_000,
        frames: receiving.frames + share * 30,
        frozenMs: 0,
        height: 720,
        codecs: { audio: 'opus', video: 'VP8' },
      },
      sending: {
        ...sending,
        packets: sending.packets + share * 100,
        bytes: sending.bytes + share * 60_000,
        energy: (sending.energy ?? 0) + (second.silentMic ? 0 : 1e-6),
        lost: lostThere / 100,
        jitterMs: jitterThereMs,
        frames: sending.frames + share * 24,
        height: 360,
        limitedBy: 'bandwidth',
        codecs: { audio: 'opus', video: 'VP8' },
      },
    };
  }
}

/** What is shown when it has been so for long. */
function level(second: Second): QualityLevel | undefined {
  return new Scene().during(8, second).at(-1);
}

describe('a level', () => {
  it('is by there and back, loss and jitter, of the worse way', () => {
    const seconds: Second[] = [
      ...[{}, { rttMs: 249 }, { rttMs: 250 }, { rttMs: 400 }, { rttMs: 800 }],
      ...[{ lost: 1 }, { lost: 2 }, { lost: 5 }, { lost: 12 }, { jitterMs: 30 }, { jitterMs: 300 }],
      ...[{ lostThere: 1 }, { lostThere: 4 }, { lostThere: 11 }, { lostThere: 20 }, { jitterThereMs: 31 }],
    ];
    expect(seconds.map(level)).toEqual([
      ...['good', 'good', 'fair', 'poor', 'bad'],
      ...['good', 'fair', 'poor', 'bad', 'fair', 'fair'],
      ...['good', 'fair', 'poor', 'bad', 'fair'],
    ]);
  });

  it('is not known in the first two seconds', () => {
    expect(new Scene().during(4)).toEqual([undefined, undefined, 'good', 'good']);
  });

  it('changes when three of five seconds say so, and not for two', () => {
    const scene = new Scene();
    scene.during(8);
    expect(scene.during(2, { lost: 20 })).toEqual(['good', 'good']);
    expect(scene.during(5)).toEqual(Array(5).fill('good'));
    expect(scene.during(3, { lost: 20 })).toEqual(['good', 'good', 'bad']);
    expect(scene.during(2)).toEqual(['bad', 'bad']);
    expect(scene.during(1)).toEqual(['good']);
  });

  it('is bad as soon as nothing at all has arrived for two seconds, and only what we get of it', () => {
    const scene = new Scene();
    scene.during(8);
    expect(scene.during(3, { nothing: true })).toEqual(['good', 'bad', 'bad']);
    expect([scene.last?.receiving.level, scene.last?.sending.level]).toEqual(['bad', 'good']);
    expect(scene.during(1)).toEqual(['good']);
  });

  it('is that of the path alone while nobody sends, whatever was reported before', () => {
    const scene = new Scene();
    scene.during(8, { lost: 20, lostThere: 20, jitterMs: 99 });
    expect(scene.during(8, { quiet: true, lostThere: 20, jitterMs: 99 }).at(-1)).toBe('good');
    expect(scene.last?.receiving.lossPct).toBeUndefined();
    expect(scene.last?.mos).toBeUndefined();
  });
});

it('what is told is of the last five seconds, each way by itself', () => {
  const scene = new Scene();
  scene.during(8, {
    lost: 1,
    lostThere: 4,
    concealed: 3,
    silent: 1,
    silentMic: true,
    theirs: { busy: true },
  });
  expect(scene.last).toEqual({
    level: 'fair',
    mos: opinion(100, 2),
    rttMs: 40,
    receiving: {
      level: 'good',
      kbps: 600,
      lossPct: 1,
      jitterMs: 5,
      concealedPct: 2,
      fps: 30,
      height: 720,
      frozenMs: 0,
      silent: false,
      busy: true,
      codecs: { audio: 'opus', video: 'VP8' },
    },
    sending: {
      level: 'fair',
      kbps: 480,
      lossPct: 4,
      jitterMs: 5,
      fps: 24,
      height: 360,
      silent: true,
      twice: true,
      limitedBy: 'bandwidth',
      availableKbps: 1500,
      codecs: { audio: 'opus', video: 'VP8' },
    },
  });
});

it('sound is called silence only where that is known, and theirs if they say so', () => {
  const scene = new Scene();
  scene.during(8, { theirs: { silent: true } });
  expect([scene.last?.receiving.silent, scene.last?.sending.silent]).toEqual([true, false]);
  const gauge = new Gauge();
  const unknown = Array.from({ length: 8 }, (_, second) =>
    gauge.look(sampleOf(new Map(), 1_000 * second), false, {}),
  );
  expect(unknown.at(-1)?.sending.silent).toBe(false);
});

it('the opinion of sound falls with delay and with what is made up, from 4.4 to 1', () => {
  expect(opinion(0, 0)).toBe(4.41);
  expect(opinion(100, 0)).toBe(4.36);
  expect(opinion(400, 0)).toBe(3.36);
  expect(opinion(100, 2)).toBe(4.22);
  expect(opinion(100, 12)).toBe(3.14);
  expect(opinion(100, 100)).toBe(1);
});

it('a sample is read from what Chromium reports of a call', () => {
  const entries: Readonly<Record<string, unknown>>[] = [
    { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
    {
      id: 'P',
      type: 'candidate-pair',
      bytesReceived: 9_000,
      currentRoundTripTime: 0.04,
      availableOutgoingBitrate: 1e6,
    },
    { id: 'CA', type: 'codec', mimeType: 'audio/opus' },
    { id: 'CV', type: 'codec', mimeType: 'video/VP8' },
    { id: 'SA', type: 'media-source', kind: 'audio', totalAudioEnergy: 0.5 },
    { id: 'SV', type: 'media-source', kind: 'video', frames: 9 },
    {
      ...{
        id: 'IA',
        type: 'inbound-rtp',
        kind: 'audio',
        codecId: 'CA',
        packetsReceived: 90,
        packetsLost: 10,
      },
      ...{
        bytesReceived: 800,
        headerBytesReceived: 200,
        jitter: 0.012,
        totalSamplesReceived: 4_800,
      },
      ...{
        concealedSamples: 480,
        silentConcealedSamples: 48,
        jitterBufferDelay: 96,
        jitterBufferEmittedCount: 960,
      },
    },
    {
      ...{
        id: 'IV',
        type: 'inbound-rtp',
        kind: 'video',
        codecId: 'CV',
        packetsReceived: 200,
        packetsLost: 1,
      },
      ...{
        bytesReceived: 6_000,
        headerBytesReceived: 400,
        jitter: 0.5,
        jitterBufferDelay: 7,
        framesDecoded: 30,
      },
      ...{ totalFreezesDuration: 0.25, frameHeight: 720 },
    },
    {
      id: 'OA',
      type: 'outbound-rtp',
      kind: 'audio',
      codecId: 'CA',
      packetsSent: 50,
      bytesSent: 700,
      headerBytesSent: 1,
    },
    {
      ...{ id: 'OV', type: 'outbound-rtp', kind: 'video', codecId: 'CV', packetsSent: 100, bytesSent: 5_000 },
      ...{ headerBytesSent: 9, framesEncoded: 24, frameHeight: 360, qualityLimitationReason: 'bandwidth' },
    },
    {
      id: 'RA',
      type: 'remote-inbound-rtp',
      kind: 'audio',
      fractionLost: 0.02,
      roundTripTime: 0.05,
      jitter: 0.003,
    },
    {
      id: 'RV',
      type: 'remote-inbound-rtp',
      kind: 'video',
      fractionLost: 0.01,
      roundTripTime: 0.03,
      jitter: 0.4,
    },
  ];
  expect(sampleOf(new Map(entries.map((entry) => [String(entry['id']), entry])), 7)).toEqual({
    at: 7,
    arrived: 9_000,
    rttMs: 50,
    available: 1e6,
    receiving: {
      ...{ packets: 290, lost: 11, bytes: 7_400, jitterMs: 12, samples: 4_800, concealed: 480, silent: 48 },
      ...{ waited: 96, emitted: 960, frames: 30, frozenMs: 250, height: 720 },
      codecs: { audio: 'opus', video: 'VP8' },
    },
    sending: {
      ...{
        packets: 150,
        bytes: 5_710,
        energy: 0.5,
        lost: 0.02,
        jitterMs: 3,
        frames: 24,
        height: 360,
        limitedBy: 'bandwidth',
      },
      codecs: { audio: 'opus', video: 'VP8' },
    },
  });
});
