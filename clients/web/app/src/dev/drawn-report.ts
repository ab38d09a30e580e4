/** A report of a call by the relay, as it might be: for the stories of the inspector. */
import { type CallReport, COLUMNS, type Column, FORMAT, VERSION } from '@visavis/client/inspect';
import type { Reports } from '../ui/reports.ts';

/** Reports without a call. */
export function drawnReports(): Reports {
  const report = drawnReport();
  return {
    of: (call) =>
      call === 'call-240000' || typeof call === 'number'
        ? () =>
            Promise.resolve({
              changes: { value: 0, subscribe: () => () => {}, until: never, [Symbol.asyncIterator]: never },
              report: () => report,
              dump: () => new Blob([JSON.stringify(report)]),
            })
        : undefined,
  };
}

function never(): never {
  throw new Error('a story waits for nothing');
}

/** Always the same. */
export function drawnReport(): CallReport {
  return {
    format: FORMAT,
    version: VERSION,
    madeAt: Date.UTC(2026, 10, 29, 5, 10),
    browser: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0',
    personal: true,
    call: {
      id: '019adf00-0000-7000-8000-000000000001',
      direction: 'out',
      media: { audio: true, video: true },
      startedAt: Date.UTC(2026, 10, 29, 5, 4),
      peer: { id: 'bob', name: 'Bob' },
    },
    steps: STEPS.map(([at, what, from, to, more]) => ({ at, what, from, to, ...more })),
    peers: [
      {
        openedAt: 912,
        used: true,
        descriptions: [
          {
            at: 950,
            side: 'here',
            type: 'offer',
            sdp: sdp(['111 opus/48000/2', '96 VP8/90000', '98 VP9/90000', '45 AV1/90000']),
          },
          {
            at: 1_104,
            side: 'there',
            type: 'answer',
            sdp: sdp(['111 opus/48000/2', '96 VP8/90000', '98 VP9/90000']),
          },
        ],
        candidates: [
          { id: 'L1', side: 'here', type: 'host', protocol: 'udp', address: '192.168.1.7', port: 52_011 },
          {
            id: 'L2',
            side: 'here',
            type: 'relay',
            protocol: 'udp',
            relayProtocol: 'tls',
            address: '198.51.100.20',
            port: 49_170,
            url: 'turns:calls.example.org:443?transport=tcp',
          },
          { id: 'R1', side: 'there', type: 'host', protocol: 'udp', address: '10.0.0.12', port: 60_122 },
          {
            id: 'R2',
            side: 'there',
            type: 'srflx',
            protocol: 'udp',
            address: '2001:db8:40::9',
            port: 60_122,
          },
        ],
        pairs: [
          {
            id: 'P1',
            local: 'L1',
            remote: 'R1',
            state: 'failed',
            nominated: false,
            requests: 12,
            responses: 0,
          },
          {
            id: 'P2',
            local: 'L2',
            remote: 'R2',
            state: 'succeeded',
            nominated: true,
            requests: 9,
            responses: 9,
            rttMs: 84.2,
          },
          {
            id: 'P3',
            local: 'L1',
            remote: 'R2',
            state: 'in-progress',
            nominated: false,
            requests: 4,
            responses: 0,
          },
        ],
        selected: 'P2',
        codecs: [
          {
            direction: 'send',
            kind: 'audio',
            mime: 'audio/opus',
            payload: 111,
            clockRate: 48_000,
            channels: 2,
            fmtp: 'minptime=10;useinbandfec=1',
          },
          { direction: 'send', kind: 'video', mime: 'video/VP8', payload: 96, clockRate: 90_000 },
          {
            direction: 'receive',
            kind: 'audio',
            mime: 'audio/opus',
            payload: 111,
            clockRate: 48_000,
            channels: 2,
          },
          { direction: 'receive', kind: 'video', mime: 'video/VP8', payload: 96, clockRate: 90_000 },
        ],
        tls: 'FEFC',
        cipher: 'TLS_AES_128_GCM_SHA256',
        srtp: 'AES_CM_128_HMAC_SHA1_80',
      },
    ],
    figures: { columns: COLUMNS, rows: Array.from({ length: 90 }, (_, second) => row(second)) },
    dropped: { steps: 0, peers: 0, descriptions: 0, rows: 0 },
  };
}

type Drawn = [
  number,
  CallReport['steps'][number]['what'],
  Where,
  Where,
  Partial<CallReport['steps'][number]>?,
];
type Where = CallReport['steps'][number]['from'];

const STEPS: readonly Drawn[] = [
  [0, 'begin', 'here', 'here', { detail: 'out' }],
  [1, 'say-invite', 'here', 'server'],
  [2, 'capture', 'here', 'here', { detail: 'audio video' }],
  [38, 'told-inviting', 'server', 'here'],
  [911, 'told-ringing', 'server', 'here'],
  [912, 'peer-opened', 'here', 'here', { peer: 0 }],
  [950, 'offer', 'here', 'there', { by: 'server' }],
  [951, 'gathering', 'here', 'here', { peer: 0 }],
  [953, 'address', 'here', 'here', { detail: 'host udp', peer: 0 }],
  [1_020, 'address', 'relay', 'here', { detail: 'relay udp tls', peer: 0 }],
  [1_022, 'candidates', 'here', 'there', { by: 'server', detail: '1 host, 1 relay' }],
  [1_104, 'answer', 'there', 'here', { by: 'server' }],
  [1_106, 'checking', 'here', 'there', { peer: 0 }],
  [1_190, 'candidates', 'there', 'here', { by: 'server', detail: '1 host, 1 srflx' }],
  [1_312, 'path-found', 'here', 'there', { peer: 0 }],
  [1_320, 'pair-selected', 'here', 'there', { by: 'relay', detail: 'relay srflx tls', peer: 0 }],
  [1_498, 'secured', 'here', 'there', { by: 'relay', peer: 0 }],
  [6_204, 'told-connecting', 'server', 'here'],
  [6_301, 'first-packet', 'there', 'here', { by: 'relay', detail: 'audio', peer: 0 }],
  [6_344, 'first-picture', 'there', 'here', { by: 'relay', peer: 0 }],
  [6_350, 'connected', 'here', 'here', { detail: 'relay-tls' }],
  [6_351, 'say-connected', 'here', 'server', { detail: 'relay_tls' }],
  [6_390, 'told-active', 'server', 'here'],
  [68_120, 'path-lost', 'there', 'here', { peer: 0 }],
  [68_121, 'restart', 'here', 'here', { detail: 'all' }],
];

function sdp(codecs: readonly string[]): string {
  return [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    `m=audio 9 UDP/TLS/RTP/SAVPF ${codecs[0]?.split(' ')[0]}`,
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:4ZcD',
    'a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35',
    'a=setup:actpass',
    ...codecs.slice(0, 1).flatMap(lines),
    `m=video 9 UDP/TLS/RTP/SAVPF ${codecs
      .slice(1)
      .map((codec) => codec.split(' ')[0])
      .join(' ')}`,
    ...codecs.slice(1).flatMap(lines),
    '',
  ].join('\r\n');
}

function lines(codec: string): readonly string[] {
  const payload = codec.split(' ')[0];
  return [`a=rtpmap:${codec}`, `a=rtcp-fb:${payload} transport-cc`];
}

/** A call that is disturbed for a while, from the sixty-second second on. */
function row(second: number): readonly (number | null)[] {
  const wave = Math.sin(second / 5);
  const bad = second > 60 && second < 72;
  const lost = Math.max(0, Math.min(second - 60, 12)) * 9;
  const values: Partial<Record<Column, number>> = {
    at: 6_400 + second * 1_000,
    peer: 0,
    rttMs: bad ? 310 + 40 * wave : 84 + 6 * wave,
    lossThere: bad ? 0.06 : 0.002,
    fpsSent: bad ? 15 : 30,
    fpsReceived: bad ? 12 : 29,
    heightSent: second < 8 ? 360 : bad ? 360 : 720,
    heightReceived: second < 5 ? 180 : bad ? 180 : 720,
    levelHere: Math.abs(wave) * 0.4,
    levelThere: second % 20 < 10 ? 0.3 : 0.02,
    jitterMs: bad ? 42 : 6 + 2 * wave,
    audioBytesSent: second * 4_000,
    videoBytesSent: second * 110_000 + 40_000 * wave,
    audioBytesReceived: second * 4_000,
    videoBytesReceived: second * 90_000 + 20_000 * wave,
    packetsReceived: second * 140,
    packetsLost: lost,
  };
  return COLUMNS.map((column) => values[column] ?? null);
}
