/** What a network that got narrow does to the descriptions that the browser is given. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { LadderWatch } from '../src/media/ladder-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a network on which pictures were paused is begun with slowly from then on, even when they are back', async () => {
  let count = 0;
  let path = { available: 2e6, lost: 0, rtt: 0.04 };
  const report = () => {
    count += 1;
    return new Map<string, Record<string, unknown>>([
      ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
      ['P', { type: 'candidate-pair', responsesReceived: count, availableOutgoingBitrate: path.available }],
      ['I', { type: 'inbound-rtp', kind: 'audio', packetsReceived: count }],
      [
        'R',
        {
          type: 'remote-inbound-rtp',
          kind: 'audio',
          timestamp: count,
          fractionLost: path.lost,
          roundTripTime: path.rtt,
        },
      ],
    ]);
  };
  const described: string[] = [];
  const video = 'm=video 9 UDP 96\r\na=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=1000\r\n';
  const peer = {
    getStats: () => Promise.resolve(report()),
    signalingState: 'stable',
    localDescription: { type: 'offer', sdp: 'v=0\r\n' },
    remoteDescription: { type: 'answer', sdp: video },
    createOffer: () => Promise.resolve({ type: 'offer', sdp: 'v=0\r\n' }),
    setLocalDescription: () => Promise.resolve(),
    setRemoteDescription: ({ sdp }: { sdp: string }) => {
      described.push(sdp);
      return Promise.resolve();
    },
  };
  const parameters = { encodings: [{}] };
  const sender = { track: {}, getParameters: () => parameters, setParameters: () => Promise.resolve() };
  const told: boolean[] = [];
  const watch = new LadderWatch(peer as unknown as RTCPeerConnection, true, {
    sender: () => sender as unknown as RTCRtpSender,
    weak: (on) => told.push(on),
    measured: () => undefined,
    inTurn: (work) => void work(),
  });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(watch.coded(video)).toBe(video);
  path = { available: 40_000, lost: 0.4, rtt: 1.7 };
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual([true]);
  const slow = video.replace('=1000', '=50');
  expect(described.at(-1), 'the browser is told at once').toBe(slow);
  path = { available: 2e6, lost: 0, rtt: 0.04 };
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([true, false]);
  expect(watch.coded(video), 'what the next negotiation brings is written so, too').toBe(slow);
  watch.stop();
});
