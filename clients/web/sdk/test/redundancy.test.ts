/** When sound is sent twice, in virtual time. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { LadderWatch } from '../src/media/ladder-watch.ts';
import { Redundancy } from '../src/media/redundancy.ts';

/** What is decided at each second; reports come as often as one says. */
function decide(redundancy: Redundancy, from: number, reports: readonly (number | undefined)[], room = true) {
  return reports.map((lost, second) => redundancy.look({ at: (from + second) * 1_000, lost, room }));
}

const none = (count: number): undefined[] => Array(count).fill(undefined);

it('sound is sent twice at once where a tenth is lost', () => {
  expect(decide(new Redundancy(), 0, [0, 0.02, 0.2])).toEqual([false, false, true]);
});

it('less than that has to be reported twice, and what comes in one report alone is an accident', () => {
  expect(decide(new Redundancy(), 0, [0.05, undefined, 0, 0.05, undefined, 0.03])).toEqual([
    ...[false, false, false, false, false, true],
  ]);
});

it('what a good path loses now and then is no reason', () => {
  expect(decide(new Redundancy(), 0, Array(60).fill(0.02))).toEqual(Array(60).fill(false));
});

it('it goes on until hardly anything has been lost for half a minute', () => {
  const redundancy = new Redundancy();
  decide(redundancy, 0, [0.2]);
  expect(decide(redundancy, 1, [...Array(20).fill(0), 0.02])).toEqual(Array(21).fill(true));
  expect(decide(redundancy, 22, none(29))).toEqual(Array(29).fill(true));
  expect(decide(redundancy, 51, none(2))).toEqual([false, false]);
});

it('where there is no room for it it is not done, and begins anew by what is lost then', () => {
  const redundancy = new Redundancy();
  expect(decide(redundancy, 0, [0.2, 0.2], false)).toEqual([false, false]);
  expect(decide(redundancy, 2, [undefined, 0.2])).toEqual([false, true]);
});

describe('what is told of it', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('changes with a negotiation that is under way when it is decided', async () => {
    let count = 0;
    const report = () => {
      count += 1;
      return new Map<string, Record<string, unknown>>([
        ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
        ['P', { type: 'candidate-pair', responsesReceived: count, availableOutgoingBitrate: 1e6 }],
        ['R', { type: 'remote-inbound-rtp', kind: 'audio', timestamp: count, fractionLost: 0.2 }],
      ]);
    };
    const peer = { getStats: () => Promise.resolve(report()), signalingState: 'have-local-offer' };
    const told: (boolean | undefined)[] = [];
    const watch = new LadderWatch(peer as unknown as RTCPeerConnection, true, {
      sender: () => undefined,
      weak: () => undefined,
      measured: (quality) => told.push(quality?.sending.twice),
      inTurn: (work) => void work(),
    });
    await vi.advanceTimersByTimeAsync(8_000);
    expect(told.at(-1)).toBe(false);
    const sdp = 'm=audio 9 UDP 111 63\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n';
    expect(watch.coded(sdp)).toMatch(/^m=audio 9 UDP 63 111/);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told.at(-1)).toBe(true);
    watch.stop();
  });
});
