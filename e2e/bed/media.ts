// Proof that media flows, measured where a person would notice: pixels that change and sound that has energy.
import type { Page } from '@playwright/test';
import type {} from './probes.ts';
import type { Screen, Spot } from './screen.ts';

/** Below this two pictures are the same; the fake camera's moving figure gives 2 to 9, a dead video 0. */
export const MOVES = 0.5;
/** The fake microphone beeps with about 0.3; silence gives 0. */
export const SOUNDS = 0.02;

/** The mean difference per colour value (0–255) between two looks at a video, `afterMs` apart. */
export function motion(video: Spot, afterMs = 500): Promise<number> {
  return video.evaluate(async (element, afterMs) => {
    if (!(element instanceof HTMLVideoElement)) throw new Error('not a video element');
    const look = (): Uint8ClampedArray => {
      const canvas = document.createElement('canvas');
      canvas.width = 32;
      canvas.height = 24;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (!context) throw new Error('no canvas');
      context.drawImage(element, 0, 0, 32, 24);
      return context.getImageData(0, 0, 32, 24).data;
    };
    const before = look();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const after = look();
    return (
      after.reduce((sum, value, index) => sum + Math.abs(value - (before[index] ?? 0)), 0) / after.length
    );
  }, afterMs);
}

/**
 * The loudest moment (RMS, 0–1) of what an element plays, within `forMs`, or the first above `SOUNDS`. The fake microphone
 * beeps about once a second.
 */
export function loudness(media: Spot, forMs = 2500): Promise<number> {
  return media.evaluate(
    async (element, { forMs, enough }) => {
      if (!(element instanceof HTMLMediaElement)) throw new Error('not a media element');
      const stream = element.srcObject;
      if (!(stream instanceof MediaStream) || stream.getAudioTracks().length === 0) return 0;
      if (element.muted || element.paused) return 0;
      const context = new AudioContext();
      await context.resume();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(stream).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      let peak = 0;
      const until = performance.now() + forMs;
      while (performance.now() < until && peak <= enough) {
        analyser.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        peak = Math.max(peak, Math.sqrt(power));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await context.close();
      return peak;
    },
    { forMs, enough: SOUNDS },
  );
}

/** The loudness (RMS, 0–1) of what the youngest open peer connection brings, on the whole, within `forMs`. For browsers
 *  without an audio device, where nothing can listen to an element; it must still be one that would be heard. */
export async function arrivingLoudness(page: Screen, media: Spot, forMs = 1500): Promise<number> {
  const plays = await media.evaluate(
    (element) => element instanceof HTMLMediaElement && !element.muted && !element.paused,
  );
  if (!plays) return 0;
  return page.evaluate(async (forMs) => {
    const peer = window.bed.peers.findLast(({ record }) => record.closedAt === undefined)?.peer;
    if (!peer) return 0;
    const look = async (): Promise<{ energy: number; seconds: number }> => {
      const sum = { energy: 0, seconds: 0 };
      for (const entry of (await peer.getStats()).values()) {
        if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio') continue;
        sum.energy += entry.totalAudioEnergy ?? 0;
        sum.seconds += entry.totalSamplesDuration ?? 0;
      }
      return sum;
    };
    const before = await look();
    await new Promise((resolve) => setTimeout(resolve, forMs));
    const after = await look();
    const seconds = after.seconds - before.seconds;
    return seconds > 0 ? Math.sqrt((after.energy - before.energy) / seconds) : 0;
  }, forMs);
}

/** How many packets of media the youngest open peer connection sends in this time. */
export function sentWithin(page: Screen, forMs: number): Promise<{ audio: number; video: number }> {
  return page.evaluate(async (forMs) => {
    const peer = window.bed.peers.findLast(({ record }) => record.closedAt === undefined)?.peer;
    if (!peer) throw new Error('no open peer connection');
    const look = async (): Promise<{ audio: number; video: number }> => {
      const sum = { audio: 0, video: 0 };
      for (const entry of (await peer.getStats()).values()) {
        if (entry.type !== 'outbound-rtp') continue;
        sum[entry.kind === 'audio' ? 'audio' : 'video'] += entry.packetsSent ?? 0;
      }
      return sum;
    };
    const before = await look();
    await new Promise((resolve) => setTimeout(resolve, forMs));
    const after = await look();
    return { audio: after.audio - before.audio, video: after.video - before.video };
  }, forMs);
}

/** The share of the packets of sound that arrived, of those that should have in this time. */
export function arrivedWithin(page: Screen, forMs: number): Promise<number> {
  return page.evaluate(async (forMs) => {
    const peer = window.bed.peers.findLast(({ record }) => record.closedAt === undefined)?.peer;
    if (!peer) throw new Error('no open peer connection');
    const look = async (): Promise<{ arrived: number; lost: number }> => {
      const sum = { arrived: 0, lost: 0 };
      for (const entry of (await peer.getStats()).values()) {
        if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio') continue;
        sum.arrived += entry.packetsReceived ?? 0;
        sum.lost += entry.packetsLost ?? 0;
      }
      return sum;
    };
    const before = await look();
    await new Promise((resolve) => setTimeout(resolve, forMs));
    const after = await look();
    const arrived = after.arrived - before.arrived;
    return arrived > 0 ? arrived / (arrived + after.lost - before.lost) : 0;
  }, forMs);
}

/** What has come to the page's youngest open peer connection, of sound and picture, up to now. */
export type Arrived = {
  /** Samples of sound that were played, and those of them that were made up where one hears it. */
  samples: number;
  concealed: number;
  videoBytes: number;
  frames: number;
  /** Of the picture, in pixels; 0 before the first. */
  height: number;
};

export function arrived(page: Screen): Promise<Arrived> {
  return page.evaluate(async () => {
    const peer = window.bed.peers.findLast(({ record }) => record.closedAt === undefined)?.peer;
    if (!peer) throw new Error('no open peer connection');
    const sum = { samples: 0, concealed: 0, videoBytes: 0, frames: 0, height: 0 };
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type !== 'inbound-rtp') continue;
      sum.samples += entry.totalSamplesReceived ?? 0;
      sum.concealed += (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0);
      if (entry.kind !== 'video') continue;
      sum.videoBytes += entry.bytesReceived ?? 0;
      sum.frames += entry.framesDecoded ?? 0;
      sum.height = Math.max(sum.height, entry.frameHeight ?? 0);
    }
    return sum;
  });
}

/** Whether each piece of sound is sent twice (RFC 2198) from here: if the other side's description prefers it so. */
export function sendsTwice(page: Screen): Promise<boolean> {
  return page.evaluate(() => {
    const peer = window.bed.peers.findLast(({ record }) => record.closedAt === undefined)?.peer;
    const sdp = peer?.remoteDescription?.sdp ?? '';
    const preferred = /^m=audio \S+ \S+ (\d+)/m.exec(sdp)?.[1];
    return new RegExp(`^a=rtpmap:${preferred} red/`, 'm').test(sdp);
  });
}

/** What has come within this time; the share of the sound that was made up in percent. */
export async function arrivingWithin(
  page: Screen,
  forMs: number,
): Promise<{ concealed: number; kbps: number; fps: number; height: number }> {
  const before = await arrived(page);
  await page.evaluate((forMs) => new Promise((resolve) => setTimeout(resolve, forMs)), forMs);
  const after = await arrived(page);
  return {
    concealed: (100 * (after.concealed - before.concealed)) / (after.samples - before.samples),
    kbps: ((after.videoBytes - before.videoBytes) * 8) / forMs,
    fps: ((after.frames - before.frames) * 1_000) / forMs,
    height: after.height,
  };
}

/** How many packets of media have been lost on their way to the page's youngest open peer connection. */
export function lostPackets(page: Screen): Promise<number> {
  return page.evaluate(async () => {
    const peer = window.bed.peers.findLast(({ record }) => record.closedAt === undefined)?.peer;
    if (!peer) throw new Error('no open peer connection');
    const entries = [...(await peer.getStats()).values()];
    return entries.reduce(
      (sum, entry) => sum + (entry.type === 'inbound-rtp' ? (entry.packetsLost ?? 0) : 0),
      0,
    );
  });
}

export type SelectedPath = { local: string; remote: string; relayProtocol: string | undefined };

/** The candidate pair that carries the media of the page's youngest open peer connection. */
export async function selectedPath(page: Screen): Promise<SelectedPath | undefined> {
  const pair = await selectedPair(page);
  if (!pair) return undefined;
  const relayProtocol = pair.local['relayProtocol'];
  return {
    local: String(pair.local['candidateType']),
    remote: String(pair.remote['candidateType']),
    relayProtocol: relayProtocol === undefined ? undefined : String(relayProtocol),
  };
}

/** The UDP port from which that pair is sent. */
export async function selectedPort(page: Screen): Promise<number> {
  return Number((await selectedPair(page))?.local['port']);
}

type Pair = Record<'local' | 'remote', Record<string, unknown>>;

export function selectedPair(page: Screen): Promise<Pair | undefined> {
  return page.evaluate(async () => {
    const peer = window.bed.peers.findLast(({ record }) => record.closedAt === undefined)?.peer;
    if (!peer) return undefined;
    const stats = new Map<string, Record<string, unknown>>();
    for (const [id, entry] of (await peer.getStats()) as unknown as Iterable<
      [string, Record<string, unknown>]
    >) {
      stats.set(id, entry);
    }
    const transport = [...stats.values()].find((entry) => entry['type'] === 'transport');
    const pair = stats.get(String(transport?.['selectedCandidatePairId']));
    const local = stats.get(String(pair?.['localCandidateId']));
    const remote = stats.get(String(pair?.['remoteCandidateId']));
    return local && remote && { local, remote };
  });
}

/** Counts decoded frames in every window of `windowMs` for `forMs`, in the page, so that a busy test cannot miss one. */
export async function watchFrames(page: Screen, windowMs: number): Promise<{ stop(): Promise<number[]> }> {
  await page.evaluate((windowMs) => {
    const peer = window.bed.peers.findLast(({ record }) => record.closedAt === undefined)?.peer;
    if (!peer) throw new Error('no open peer connection');
    const decoded = async (): Promise<number> => {
      let frames = 0;
      for (const [, entry] of (await peer.getStats()) as unknown as Iterable<
        [string, Record<string, unknown>]
      >) {
        if (entry['type'] === 'inbound-rtp') frames += Number(entry['framesDecoded'] ?? 0);
      }
      return frames;
    };
    const watch = { windows: [] as number[], running: true, done: Promise.resolve() };
    watch.done = (async () => {
      let last = await decoded();
      while (watch.running) {
        await new Promise((resolve) => setTimeout(resolve, windowMs));
        const frames = await decoded();
        watch.windows.push(frames - last);
        last = frames;
      }
    })();
    Object.assign(window, { frameWatch: watch });
  }, windowMs);
  return {
    stop: () =>
      page.evaluate(async () => {
        const { frameWatch } = window as unknown as {
          frameWatch: { windows: number[]; running: boolean; done: Promise<void> };
        };
        frameWatch.running = false;
        await frameWatch.done;
        return frameWatch.windows;
      }),
  };
}

/** The longest times without a new picture and without new sound since the watch began, in milliseconds. */
export type Gaps = { picture: number; sound: number };

/**
 * Watches in the page for gaps in what arrives, on whichever peer connection is the youngest that is open.
 *
 * The page looks every 50 ms, and time is that of its clock, of which no look counts for more than 60: what passes while the
 * machine is too busy to let the page look is not to blame for a gap.
 */
export async function watchGaps(page: Page): Promise<{ stop(): Promise<Gaps> }> {
  await page.evaluate(() => {
    const watch = { gaps: { picture: 0, sound: 0 }, running: true, done: Promise.resolve() };
    const counts = async (): Promise<Record<keyof Gaps, string>> => {
      const index = window.bed.peers.findLastIndex(({ record }) => record.closedAt === undefined);
      const now = { picture: 0, sound: 0 };
      for (const entry of (await window.bed.peers[index]?.peer.getStats())?.values() ?? []) {
        if (entry.type !== 'inbound-rtp') continue;
        now.picture += Number(entry.framesDecoded ?? 0);
        if (entry.kind === 'audio') now.sound += Number(entry.packetsReceived ?? 0);
      }
      return { picture: `${index} ${now.picture}`, sound: `${index} ${now.sound}` };
    };
    watch.done = (async () => {
      let last = await counts();
      let lookedAt = performance.now();
      const since = { picture: 0, sound: 0 };
      while (watch.running) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const next = await counts();
        const now = performance.now();
        for (const kind of ['picture', 'sound'] as const) {
          // Another peer connection counts anew: only what it brings is news, not that it is another.
          const grew = next[kind] !== last[kind] && !next[kind].endsWith(' 0');
          since[kind] += Math.min(now - lookedAt, 60);
          watch.gaps[kind] = Math.max(watch.gaps[kind], since[kind]);
          if (grew) since[kind] = 0;
        }
        last = next;
        lookedAt = now;
      }
    })();
    Object.assign(window, { gapWatch: watch });
  });
  return {
    stop: () =>
      page.evaluate(async () => {
        const { gapWatch } = window as unknown as {
          gapWatch: { gaps: Gaps; running: boolean; done: Promise<void> };
        };
        gapWatch.running = false;
        await gapWatch.done;
        return gapWatch.gaps;
      }),
  };
}
