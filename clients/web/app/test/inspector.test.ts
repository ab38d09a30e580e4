import type { CandidateReport, Description } from '@visavis/client/inspect';
import { expect, test } from 'vitest';
import { KeptCalls } from '../src/call/kept-calls.ts';
import { drawnReport } from '../src/dev/drawn-report.ts';
import { markedLines, negotiationsOf } from '../src/inspector/sdp.ts';
import { candidateText, pathOf, sinceBegin, sortedPeers, tlsName } from '../src/inspector/words.ts';

test('moments are read to the millisecond in the first minute, and then to a tenth of a second', () => {
  expect([0, 345, 59_999, 60_000, 65_249, 3_600_000].map(sinceBegin)).toEqual([
    '0.000 s',
    '0.345 s',
    '59.999 s',
    '1:00.0',
    '1:05.2',
    '60:00.0',
  ]);
});

test('an address says of which kind it is, how it is reached, and where it is', () => {
  const base: CandidateReport = { id: 'L', side: 'here', type: 'host' };
  const texts = [
    { ...base, protocol: 'udp', address: '192.0.2.7', port: 50_000 },
    { ...base, protocol: 'udp', address: '2001:db8::7', port: 50_000 },
    { ...base, type: 'relay', protocol: 'udp', relayProtocol: 'tls', address: '192.0.2.7', port: 50_000 },
    base,
  ].map(candidateText);
  expect(texts).toEqual([
    'host udp 192.0.2.7:50000',
    'host udp [2001:db8::7]:50000',
    'relay tls 192.0.2.7:50000',
    'host',
  ]);
  expect(candidateText(undefined)).toBeUndefined();
});

test('the connection that carried the call comes first, then the newest', () => {
  const report = drawnReport();
  const [peer] = report.peers;
  if (!peer) throw new Error('no peer');
  const peers = [1, 2, 3].map((openedAt) => ({ ...peer, openedAt, used: openedAt === 2 }));
  expect(sortedPeers({ ...report, peers }).map(({ openedAt }) => openedAt)).toEqual([2, 3, 1]);
  const path = pathOf(peer);
  expect([path?.pair.id, path?.local?.type, path?.remote?.type]).toEqual(['P2', 'relay', 'srflx']);
  expect(pathOf({ ...peer, selected: 'P9' })).toBeUndefined();
});

test('versions of DTLS have names, and unknown ones their number', () => {
  expect(['FEFC', 'fefd', 'ABCD'].map(tlsName)).toEqual(['DTLS 1.3', 'DTLS 1.2', 'ABCD']);
});

test('an answer belongs to the offer of the other side before it, and a lost one to none', () => {
  const said = (at: number, side: Description['side'], type: Description['type']) => ({
    at,
    side,
    type,
    sdp: '',
  });
  const negotiations = negotiationsOf([
    said(1, 'here', 'offer'),
    said(2, 'there', 'answer'),
    said(3, 'there', 'offer'),
    said(4, 'here', 'answer'),
    said(5, 'here', 'offer'),
    said(6, 'here', 'offer'),
    said(7, 'there', 'answer'),
  ]);
  expect(negotiations.map(({ at, here, there }) => [at, here?.at, there?.at])).toEqual([
    [1, 1, 2],
    [3, 4, 3],
    [5, 5, undefined],
    [6, 6, 7],
  ]);
});

test('the lines of codecs in use and of those that both could use are marked, and no others', () => {
  const ours = [
    'm=video 9 UDP/TLS/RTP/SAVPF 96 98 45',
    'a=rtpmap:96 VP8/90000',
    'a=rtcp-fb:96 nack',
    'a=rtpmap:98 VP9/90000',
    'a=fmtp:98 profile-id=0',
    'a=rtpmap:45 AV1/90000',
    '',
  ].join('\r\n');
  const theirs = 'a=rtpmap:120 vp8/90000\r\na=rtpmap:121 VP9/90000\r\n';
  const used = [{ direction: 'send', kind: 'video', mime: 'video/VP8', payload: 96 }] as const;
  expect(markedLines(ours, theirs, used).map(({ mark }) => mark)).toEqual([
    'plain',
    'used',
    'used',
    'shared',
    'shared',
    'plain',
  ]);
  expect(markedLines(ours, undefined, []).every(({ mark }) => mark === 'plain')).toBe(true);
});

test('the reports of the last eight calls are at hand, by serial and by id', async () => {
  const kept = new KeptCalls();
  type Call = Parameters<KeptCalls['keep']>[1];
  const call = (id: string) => ({ id, inspect: () => Promise.resolve(id) }) as unknown as Call;
  for (let serial = 1; serial <= 9; serial += 1) kept.keep(serial, call(`call-${serial}`));
  expect([kept.of(1), kept.of('call-1')]).toEqual([undefined, undefined]);
  expect(await kept.of(2)?.()).toBe('call-2');
  expect(await kept.of('call-9')?.()).toBe('call-9');
  kept.forget();
  expect(kept.of('call-9')).toBeUndefined();
});
