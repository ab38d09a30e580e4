/** Material for the tests of reports: notes as a call brings them, and statistics as browsers write them. */
import { blank } from '../src/core/record.ts';
import type { CallRecord } from '../src/core/state.ts';
import { COLUMNS, FORMAT, VERSION } from '../src/inspect/format.ts';
import type { Stats } from '../src/inspect/look.ts';
import type { CallReport } from '../src/inspect/report.ts';

export const CALL = '0190b3a1-0000-7000-8000-000000000001';

export function record(change: Partial<CallRecord> = {}): CallRecord {
  const peer = { id: 'bob', name: 'Bob', lost: false, contact: true };
  return { ...blank(CALL, 0), direction: 'out', peer, key: '0', ...change };
}

/** A description with all that must not be told, or only on request. */
export const SDP = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 192.168.1.7',
  's=-',
  't=0 0',
  'm=audio 52000 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 203.0.113.9',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2122260223 192.168.1.7 52000 typ host generation 0',
  'a=candidate:2 1 udp 1686052607 203.0.113.9 52000 typ srflx raddr 192.168.1.7 rport 52000',
  'a=candidate:3 1 udp 2122262783 2001:db8::7 52001 typ host',
  'a=candidate:4 1 udp 2122262783 1b9d4f6c-6a5c-4b56-a9d4-95c2d6a0a4f1.local 52002 typ host',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:the-password-of-ice-00000',
  'a=fingerprint:sha-256 AA:BB:CC:DD',
  'a=rtpmap:111 opus/48000/2',
  '',
].join('\r\n');

/** What Chromium says of a call by the relay, one way of it silent. */
export const CHROMIUM: Stats = new Map(
  Object.entries({
    T: {
      type: 'transport',
      selectedCandidatePairId: 'P',
      tlsVersion: 'FEFC',
      dtlsCipher: 'TLS_AES_128_GCM_SHA256',
      srtpCipher: 'AES_CM_128_HMAC_SHA1_80',
    },
    P: {
      type: 'candidate-pair',
      id: 'P',
      localCandidateId: 'L',
      remoteCandidateId: 'R',
      state: 'succeeded',
      nominated: true,
      requestsSent: 9,
      responsesReceived: 8,
      currentRoundTripTime: 0.0421,
      availableOutgoingBitrate: 900_000,
      bytesSent: 1_000,
      bytesReceived: 2_000,
    },
    L: {
      type: 'local-candidate',
      id: 'L',
      candidateType: 'relay',
      protocol: 'udp',
      relayProtocol: 'tls',
      address: '198.51.100.4',
      port: 50_000,
      url: 'turns:calls.example.org:443?transport=tcp',
    },
    R: {
      type: 'remote-candidate',
      id: 'R',
      candidateType: 'srflx',
      protocol: 'udp',
      address: '203.0.113.9',
      port: 52_000,
    },
    C1: { type: 'codec', payloadType: 111, mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
    C2: { type: 'codec', payloadType: 96, mimeType: 'video/VP8', clockRate: 90_000, sdpFmtpLine: 'x=1' },
    O1: { type: 'outbound-rtp', kind: 'audio', codecId: 'C1', bytesSent: 400 },
    O2: {
      type: 'outbound-rtp',
      kind: 'video',
      codecId: 'C2',
      bytesSent: 9_000,
      framesPerSecond: 30,
      frameWidth: 1280,
      frameHeight: 720,
    },
    I1: {
      type: 'inbound-rtp',
      kind: 'audio',
      codecId: 'C1',
      bytesReceived: 300,
      packetsReceived: 50,
      packetsLost: -1,
      jitter: 0.004,
      audioLevel: 0.25,
    },
    I2: {
      type: 'inbound-rtp',
      kind: 'video',
      codecId: 'C2',
      bytesReceived: 8_000,
      packetsReceived: 40,
      packetsLost: 10,
      jitter: 0.012,
      framesPerSecond: 24,
      frameWidth: 640,
      frameHeight: 360,
      framesDecoded: 1,
    },
    M: { type: 'media-source', kind: 'audio', audioLevel: 0.5 },
    F: { type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.05, roundTripTime: 0.5 },
  }),
);

/** A small report in which everything is. */
export const REPORT: CallReport = {
  format: FORMAT,
  version: VERSION,
  madeAt: 1_700_000_009_000,
  browser: 'Mozilla/5.0',
  personal: true,
  call: {
    id: CALL,
    direction: 'out',
    media: { audio: true, video: true },
    startedAt: 1_700_000_000_000,
    endedAt: 8_000,
    reason: 'hangup',
    peer: { id: 'bob', name: 'Bob' },
  },
  steps: [
    { at: 0, what: 'begin', from: 'here', to: 'here', detail: 'out' },
    { at: 3, what: 'say-invite', from: 'here', to: 'server' },
    { at: 40, what: 'offer', from: 'here', to: 'there', by: 'server', peer: 0 },
    { at: 8_000, what: 'ended', from: 'here', to: 'here', detail: 'hangup' },
  ],
  peers: [
    {
      openedAt: 20,
      closedAt: 8_000,
      used: true,
      descriptions: [{ at: 30, side: 'here', type: 'offer', sdp: SDP.replace(/a=ice-pwd.*\r\n/, '') }],
      candidates: [
        { id: 'L', side: 'here', type: 'host', protocol: 'udp', address: '192.168.1.7', port: 52_000 },
      ],
      pairs: [{ id: 'P', local: 'L', remote: 'R', state: 'succeeded', nominated: true, rttMs: 12.5 }],
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
      ],
      tls: 'FEFC',
    },
  ],
  figures: { columns: COLUMNS, rows: [COLUMNS.map((_, index) => (index === 4 ? null : index))] },
  dropped: { steps: 0, peers: 0, descriptions: 0, rows: 0 },
};
