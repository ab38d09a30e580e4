/** What is noted of a call, from what the store and its peer connection tell. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallRecord, Input, Output } from '../src/core/state.ts';
import { Driver } from '../src/driver.ts';
import { LIMITS } from '../src/inspect/format.ts';
import type { CallReport } from '../src/inspect/report.ts';
import { Reporter } from '../src/inspect/reporter.ts';
import { seriesOf, summaryOf } from '../src/inspect/series.ts';
import type { Call } from '../src/public.ts';
import { lateWitness } from '../src/witness.ts';
import { FakeMedia } from './fake-media.ts';
import { FakeServer } from './fake-server.ts';
import { CALL, CHROMIUM, record, SDP } from './reports.ts';

const reporter = () => new Reporter(() => Date.now(), 'a browser');

/** A peer connection whose states and statistics a test sets. */
class FakePeer extends EventTarget {
  iceGatheringState = 'new';
  iceConnectionState = 'new';
  connectionState = 'new';
  signalingState = 'stable';
  stats = CHROMIUM;

  getStats(): Promise<unknown> {
    return Promise.resolve(this.stats);
  }

  turn(change: Partial<FakePeer>, event: string): void {
    Object.assign(this, change);
    this.dispatchEvent(new Event(event));
  }

  get real(): RTCPeerConnection {
    return this as unknown as RTCPeerConnection;
  }
}

/** One call, the moments of which a test chooses. */
class Desk {
  readonly reporter = reporter();
  readonly peer = new FakePeer();
  readonly witness = lateWitness(
    () => Date.now(),
    () => Promise.resolve(this.reporter),
  );
  readonly record: CallRecord;

  constructor(record: CallRecord) {
    this.record = record;
  }

  tell(input: Input, outputs: readonly Output[] = []): void {
    this.witness.turn(input, outputs, [this.record]);
  }

  open(): void {
    this.tell({ type: 'timeout' }, [{ type: 'use', call: CALL, key: '0' }]);
    this.witness.opened(CALL, '0', this.peer.real);
  }

  end(): void {
    const state = { type: 'ended', reason: 'hangup', summary: { durationMs: 1 } } as const;
    this.witness.turn({ type: 'hangup', call: CALL }, [{ type: 'release', call: CALL, state }], []);
  }

  async report(): Promise<CallReport> {
    return (await this.witness.inspect(CALL)).report();
  }
}

const lines = ({ steps }: CallReport) =>
  steps.map(({ at, what, from, to, by, detail, peer }) =>
    [at, what, `${from}>${by ? `${by}>` : ''}${to}`, detail, peer]
      .filter((part) => part !== undefined)
      .join(' '),
  );

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the steps of a call', () => {
  it('are noted at the caller from dialling to the end, each with its moment and its way', async () => {
    const server = new FakeServer();
    const rings: Call[] = [];
    const person = async (user: string) => {
      const driver = new Driver({
        url: 'ws://fake/ws',
        transport: server.transport(user),
        ticket: () => Promise.resolve('tkt'),
        device: () => Promise.resolve({ id: 'tab', name: 'tab' }),
        media: (events) => new FakeMedia(events),
        now: () => Date.now(),
        random: (count) => crypto.getRandomValues(new Uint8Array(count)),
        log: undefined,
        witness: lateWitness(
          () => Date.now(),
          () => Promise.resolve(reporter()),
        ),
      });
      driver.on('incoming', (call) => rings.push(call));
      await driver.start();
      await vi.advanceTimersByTimeAsync(10);
      return driver;
    };
    const alice = await person('alice');
    const bob = await person('bob');
    const call = alice.call('bob', { video: true });
    await vi.advanceTimersByTimeAsync(1_000);
    await rings[0]?.accept();
    await vi.advanceTimersByTimeAsync(1_000);
    call.hangup();
    await vi.advanceTimersByTimeAsync(50);

    const told = async (one: Call | undefined) => {
      if (!one) throw new Error('no call');
      return lines((await one.inspect()).report()).map((line) => line.replace(/^\d+ /, ''));
    };
    expect(await told(call)).toMatchInlineSnapshot(`
      [
        "begin here>here out",
        "say-invite here>server",
        "capture here>here audio video",
        "sending here>here audio video",
        "told-inviting server>here",
        "told-ringing server>here",
        "told-connecting server>here",
        "notice here>server>there audio video",
        "control here>there media",
        "offer here>server>there",
        "notice there>server>here audio",
        "answer there>server>here",
        "connected here>here direct",
        "say-connected here>server direct",
        "told-active server>here",
        "control here>there hangup",
        "say-hangup here>server",
        "ended here>here hangup",
      ]
    `);
    expect(await told(rings[0])).toMatchInlineSnapshot(`
      [
        "begin there>there in",
        "told-inviting server>here",
        "say-ringing here>server",
        "told-ringing server>here",
        "say-accept here>server",
        "capture here>here audio",
        "sending here>here audio",
        "told-connecting server>here",
        "notice here>server>there audio",
        "control here>there media",
        "notice there>server>here audio video",
        "offer there>server>here",
        "answer here>server>there",
        "connected here>here direct",
        "say-connected here>server direct",
        "told-active server>here",
        "told-ended server>here hangup",
        "ended here>here remote-hangup",
      ]
    `);
    alice.close();
    bob.close();
  });

  it('are those of the peer connection, too', async () => {
    const desk = new Desk(record());
    desk.open();
    const { peer } = desk;
    await vi.advanceTimersByTimeAsync(20);
    peer.turn({ iceGatheringState: 'gathering' }, 'icegatheringstatechange');
    for (const kind of ['host', 'host', 'relay']) {
      const candidate = { candidate: `candidate:1 1 udp 1 192.0.2.1 1 typ ${kind}`, protocol: 'udp' };
      peer.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }));
    }
    const error = { errorCode: 701, url: 'turns:calls.example.org:443?transport=tcp' };
    peer.dispatchEvent(Object.assign(new Event('icecandidateerror'), error));
    peer.turn({ iceGatheringState: 'complete' }, 'icegatheringstatechange');
    await vi.advanceTimersByTimeAsync(30);
    peer.turn({ iceConnectionState: 'checking' }, 'iceconnectionstatechange');
    await vi.advanceTimersByTimeAsync(40);
    peer.turn({ iceConnectionState: 'connected' }, 'iceconnectionstatechange');
    await vi.advanceTimersByTimeAsync(10);
    peer.turn({ connectionState: 'connected' }, 'connectionstatechange');
    const track = Object.assign(new EventTarget(), { kind: 'audio', muted: true });
    peer.dispatchEvent(Object.assign(new Event('track'), { track }));
    track.dispatchEvent(new Event('unmute'));
    peer.turn({ iceConnectionState: 'disconnected' }, 'iceconnectionstatechange');
    desk.end();
    expect(lines(await desk.report())).toEqual([
      '0 begin here>here out',
      '0 peer-opened here>here 0',
      '20 gathering here>here 0',
      '20 address here>here host udp 0',
      '20 address relay>here relay udp 0',
      '20 gather-error relay>here 701 tls 0',
      '20 gathered here>here 0',
      '50 checking here>there 0',
      '90 path-found here>there 0',
      '90 pair-selected here>relay>there relay srflx tls 0',
      '90 first-picture there>relay>here 0',
      '100 secured here>relay>there 0',
      '100 first-packet there>relay>here audio 0',
      '100 path-lost there>here 0',
      '100 ended here>here hangup',
    ]);
  });

  it('keep the beginning and the newest when there are too many, and count the others', async () => {
    const desk = new Desk(record());
    for (let index = 0; index < LIMITS.steps + 9; index += 1) {
      desk.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
      await vi.advanceTimersByTimeAsync(1);
    }
    const { steps, dropped } = await desk.report();
    expect([steps.length, dropped.steps]).toEqual([LIMITS.steps, 10]);
    expect([steps[0]?.what, steps[299]?.at, steps[300]?.at, steps.at(-1)?.at]).toEqual([
      'begin',
      298,
      309,
      608,
    ]);
  });
});

describe('what is noted of a peer connection', () => {
  it('are its descriptions without the passwords, the newest eight', async () => {
    const desk = new Desk(record());
    desk.open();
    for (let index = 0; index <= LIMITS.descriptions; index += 1) {
      const description = { type: 'offer', sdp: SDP };
      desk.tell({ type: 'described', call: CALL, key: '0', description });
      await vi.advanceTimersByTimeAsync(1);
    }
    const { peers, dropped } = await desk.report();
    expect([peers[0]?.descriptions.length, dropped.descriptions]).toEqual([LIMITS.descriptions, 1]);
    expect(peers[0]?.descriptions[0]).toEqual({
      at: 1,
      side: 'here',
      type: 'offer',
      sdp: SDP.replace('a=ice-pwd:the-password-of-ice-00000\r\n', ''),
    });
  });

  it('are its candidates, pairs, codecs and keys, as the browser tells them', async () => {
    const desk = new Desk(record());
    desk.open();
    await vi.advanceTimersByTimeAsync(1_000);
    const [peer] = (await desk.report()).peers;
    expect(peer).toEqual({
      openedAt: 0,
      used: true,
      descriptions: [],
      candidates: [
        {
          id: 'L',
          side: 'here',
          type: 'relay',
          protocol: 'udp',
          relayProtocol: 'tls',
          address: '198.51.100.4',
          port: 50_000,
          url: 'turns:calls.example.org:443?transport=tcp',
        },
        { id: 'R', side: 'there', type: 'srflx', protocol: 'udp', address: '203.0.113.9', port: 52_000 },
      ],
      pairs: [
        {
          id: 'P',
          local: 'L',
          remote: 'R',
          state: 'succeeded',
          nominated: true,
          requests: 9,
          responses: 8,
          rttMs: 42.1,
          bytesSent: 1_000,
          bytesReceived: 2_000,
        },
      ],
      selected: 'P',
      codecs: [
        {
          direction: 'send',
          kind: 'audio',
          mime: 'audio/opus',
          payload: 111,
          clockRate: 48_000,
          channels: 2,
        },
        { direction: 'send', kind: 'video', mime: 'video/VP8', payload: 96, clockRate: 90_000, fmtp: 'x=1' },
        {
          direction: 'receive',
          kind: 'audio',
          mime: 'audio/opus',
          payload: 111,
          clockRate: 48_000,
          channels: 2,
        },
        {
          direction: 'receive',
          kind: 'video',
          mime: 'video/VP8',
          payload: 96,
          clockRate: 90_000,
          fmtp: 'x=1',
        },
      ],
      tls: 'FEFC',
      cipher: 'TLS_AES_128_GCM_SHA256',
      srtp: 'AES_CM_128_HMAC_SHA1_80',
    });
  });

  it('is nothing of the seventh one, which is counted', async () => {
    const desk = new Desk(record());
    desk.open();
    for (let index = 1; index <= LIMITS.peers; index += 1) {
      desk.witness.opened(CALL, `${index}`, new FakePeer().real);
    }
    const { peers, dropped } = await desk.report();
    expect([peers.length, dropped.peers]).toEqual([LIMITS.peers, 1]);
  });
});

describe('the figures of a call', () => {
  it('are noted once a second, counts as counts, and plotted as rates', async () => {
    const desk = new Desk(record());
    desk.open();
    await vi.advanceTimersByTimeAsync(1_000);
    const entry = { ...CHROMIUM.get('I2'), bytesReceived: 108_000, packetsReceived: 130, packetsLost: 20 };
    desk.peer.stats = new Map([...CHROMIUM, ['I2', entry]]);
    await vi.advanceTimersByTimeAsync(1_000);
    const report = await desk.report();
    const { times, plots } = seriesOf(report);
    expect(times).toEqual([1, 2]);
    expect(plots).toEqual({
      bitrate: { here: [null, 0], there: [null, 800_000] },
      loss: { here: [5, 5], there: [null, 10] },
      rtt: { here: [42.1, 42.1] },
      jitter: { here: [12, 12] },
      frames: { here: [30, 30], there: [24, 24] },
      size: { here: [720, 720], there: [360, 360] },
      level: { here: [0.5, 0.5], there: [0.25, 0.25] },
    });
    expect(summaryOf(plots.bitrate.there ?? [])).toEqual({ last: 800_000, mean: 800_000, most: 800_000 });
    expect(summaryOf([null])).toBeNull();
  });

  it('cover the whole of a call that lasts longer than they fit, the old ones more coarsely', async () => {
    const desk = new Desk(record());
    desk.open();
    await vi.advanceTimersByTimeAsync(LIMITS.rows * 1_000 + 2_000);
    const { figures, dropped } = await desk.report();
    const seconds = figures.rows.map(([at]) => Math.round((at ?? 0) / 1_000));
    expect([figures.rows.length, dropped.rows]).toEqual([LIMITS.rows / 2 + 2, LIMITS.rows / 2]);
    expect([seconds.slice(0, 3), seconds.slice(-3)]).toEqual([
      [1, 3, 5],
      [3_599, 3_601, 3_602],
    ]);
  });

  it('are noted no more once the call is over, and nothing runs on', async () => {
    const desk = new Desk(record());
    desk.open();
    await vi.advanceTimersByTimeAsync(3_000);
    desk.end();
    expect(vi.getTimerCount()).toBe(0);
    const before = await desk.report();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await desk.report()).toEqual({ ...before, madeAt: before.madeAt + 3_000 });
  });
});

describe('the reporter', () => {
  it('misses nothing of what happened before it was loaded', async () => {
    let come: (reporter: Reporter) => void = () => {};
    const witness = lateWitness(
      () => Date.now(),
      () => new Promise((resolve) => (come = resolve)),
    );
    witness.turn({ type: 'timeout' }, [], [record()]);
    await vi.advanceTimersByTimeAsync(70);
    witness.turn({ type: 'connected', call: CALL, key: '0', path: 'direct' }, [], [record()]);
    const inspection = witness.inspect(CALL);
    come(reporter());
    expect(lines((await inspection).report())).toEqual([
      '0 begin here>here out',
      '70 connected here>here direct',
    ]);
  });

  it('that could not be loaded is tried again when somebody asks', async () => {
    const fetched = reporter();
    const load = vi.fn<() => Promise<Reporter>>();
    load.mockRejectedValueOnce(new Error('404')).mockRejectedValueOnce(new Error('404'));
    load.mockResolvedValueOnce(fetched);
    const witness = lateWitness(() => Date.now(), load);
    witness.turn({ type: 'timeout' }, [], [record()]);
    await vi.advanceTimersByTimeAsync(1);
    await expect(witness.inspect(CALL)).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(lines((await witness.inspect(CALL)).report())).toEqual(['0 begin here>here out']);
  });

  it('keeps the last eight calls, those that go on before those that are over', async () => {
    const witness = lateWitness(
      () => Date.now(),
      () => Promise.resolve(reporter()),
    );
    const state = { type: 'ended', reason: 'hangup', summary: { durationMs: 1 } } as const;
    const first = record();
    for (let index = 1; index <= LIMITS.calls; index += 1) {
      const other = record({ id: `call-${index}` });
      witness.turn({ type: 'timeout' }, [], [first, other]);
      witness.turn({ type: 'timeout' }, [{ type: 'release', call: other.id, state }], [first]);
    }
    const kept = async (id: string) =>
      witness.inspect(id).then(
        () => 'kept',
        ({ code }: { code: string }) => code,
      );
    expect([await kept(CALL), await kept('call-1'), await kept('call-2'), await kept('call-8')]).toEqual([
      'kept',
      'wrong-state',
      'kept',
      'kept',
    ]);
  });

  it('follows a call that gets another id', async () => {
    const desk = new Desk(record());
    desk.open();
    const merged = record({ id: 'call-2' });
    desk.witness.turn({ type: 'timeout' }, [{ type: 'rekey', from: CALL, to: 'call-2' }], [merged]);
    const { call, peers } = (await desk.witness.inspect('call-2')).report();
    expect([call.id, peers.length]).toEqual(['call-2', 1]);
  });
});
