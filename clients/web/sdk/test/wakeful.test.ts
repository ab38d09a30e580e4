import { expect, it } from 'vitest';
import { uncheckable } from '../src/media/wakeful.ts';

const described = (...candidates: string[]) =>
  [
    'v=0',
    'a=ice-ufrag:EsAw',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    ...candidates.map((line) => `a=${line}`),
    '',
  ].join('\r\n');

it('what cannot be checked is preferred like their best host candidate, and has a port and credentials that nobody has', () => {
  const sdp = described(
    'candidate:4 1 udp 1686052607 192.0.2.7 44680 typ srflx raddr 0.0.0.0 rport 0 generation 0',
    'candidate:1 1 udp 1836982015 10.77.1.1 51528 typ host generation 0 network-id 2',
    'candidate:2 1 udp 1837047551 10.77.0.1 33696 typ host generation 0 network-id 1',
    'candidate:3 1 tcp 1518280447 10.77.0.1 9 typ host tcptype active generation 0 network-id 1',
  );
  expect(uncheckable(sdp)).toEqual({
    candidate: 'candidate:2 1 udp 1837047551 10.77.0.1 65535 typ host ufrag none',
    sdpMLineIndex: 0,
    usernameFragment: 'none',
  });
});

it('where they are reached by relays alone there is none', () => {
  expect(
    uncheckable(described('candidate:5 1 udp 58663167 10.77.0.1 57767 typ relay raddr 0.0.0.0 rport 0')),
  ).toBe(undefined);
  expect(uncheckable('')).toBe(undefined);
});
