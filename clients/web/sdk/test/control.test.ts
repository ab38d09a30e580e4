import { describe, expect, it } from 'vitest';

import { diagnose, type Evidence } from '../src/core/diagnosis.ts';
import { decodeControl } from '../src/media/control-channel.ts';
import { EvidenceList } from '../src/media/evidence.ts';
import { configuration } from '../src/media/servers.ts';

describe('a message of the control channel', () => {
  it.each([
    { type: 'hangup' },
    { type: 'leaving' },
    { type: 'media', data: { audio: true, video: false } },
    { type: 'media', data: { audio: true, video: false, screen: true, hold: false, n: 3 } },
    { type: 'media', data: { audio: true, video: false, lost: true, weak: true } },
    { type: 'received', data: { audio: 7, video: 0 } },
    { type: 'received', data: { audio: 7, video: 0, busy: true, silent: true } },
    { type: 'verify', data: { v: 1, number: 'AAAA' } },
  ])('%j is read as it is', (message) => {
    expect(decodeControl(JSON.stringify(message))).toEqual(message);
  });

  it('is read without what a later client adds', () => {
    expect(decodeControl('{"type":"hangup","why":"later"}')).toEqual({ type: 'hangup' });
    expect(decodeControl('{"type":"media","data":{"audio":true,"video":true,"hat":1}}')).toEqual({
      type: 'media',
      data: { audio: true, video: true },
    });
  });

  it.each([
    ['no text', new ArrayBuffer(3)],
    ['no JSON', '{'],
    ['no object', 'null'],
    ['no type', '{}'],
    ['an unknown type', '{"type":"sing"}'],
    ['no data', '{"type":"media"}'],
    ['data of another kind', '{"type":"media","data":{"audio":1,"video":0}}'],
    ['counts that are none', '{"type":"received","data":{"audio":-1,"video":1.5}}'],
    ['too long', JSON.stringify({ type: 'hangup', pad: 'x'.repeat(16 * 1024) })],
  ])('with %s is passed over', (_, text) => {
    expect(decodeControl(text)).toBeUndefined();
  });
});

describe('why there is no path', () => {
  const here = { online: true, peerLost: false, hasRelay: true };
  const all: Evidence = { here: ['host', 'relay'], there: ['host', 'relay'], errors: [], reach: {} };
  it.each([
    ['offline-here', all, { ...here, online: false }],
    ['offline-there', all, { ...here, peerLost: true }],
    ['blocked-here', { ...all, here: [] }, here],
    ['nothing-from-there', { ...all, there: [] }, here],
    ['no-relay', { ...all, here: ['host'] }, { ...here, hasRelay: false }],
    ['relay-unreachable-here', { ...all, here: ['host'], errors: ['unreachable'] }, here],
    ['relay-refused-here', { ...all, here: ['host'], errors: ['refused'] }, here],
    ['relay-full', { ...all, here: ['host'], errors: ['unreachable', 'full'] }, here],
    ['relay-refused-here', { ...all, here: ['host'], errors: ['full', 'refused'] }, here],
    ['relay-unreachable-there', { ...all, there: ['host'] }, here],
    ['no-path', all, here],
  ] as const)('%s', (code, tried, circumstances) => {
    expect(diagnose(tried, circumstances)).toEqual({ code, ...tried });
  });

  it('is judged by kinds of addresses and errors, each told once', () => {
    const told: Evidence[] = [];
    const list = new EvidenceList((evidence) => told.push(evidence));
    const line = (kind: string) => ({
      candidate: `candidate:1 1 udp 1 192.0.2.7 4000 typ ${kind} generation 0`,
    });
    list.local(line('host'));
    list.local(line('host'));
    list.remote([line('srflx'), line('relay'), { candidate: '' }]);
    for (const code of [701, 401, 486, 701]) list.error(code, 'stun:s.example');
    expect(told.at(-1)).toEqual({
      here: ['host'],
      there: ['reflexive', 'relay'],
      errors: ['unreachable', 'refused', 'full'],
      reach: {},
    });
    expect(told).toHaveLength(6);
    expect(JSON.stringify(told)).not.toContain('192.0.2.7');
  });

  it('and by the ways on which the relay was reached, by whichever of several networks', () => {
    const told: Evidence[] = [];
    const list = new EvidenceList((evidence) => told.push(evidence));
    const candidate = 'candidate:1 1 udp 1 192.0.2.7 4000 typ relay generation 0';
    list.error(701, 'turn:s.example:3478?transport=udp');
    list.error(701, 'turn:s.example:3478?transport=tcp');
    list.local({ candidate, relayProtocol: 'tcp' });
    list.error(701, 'turn:s.example:3478?transport=tcp');
    list.error(401, 'turns:s.example:443?transport=tcp');
    list.local({ candidate: candidate.replace('relay', 'host'), relayProtocol: null });
    expect(told.at(-1)?.reach).toEqual({ udp: false, tcp: true });
    list.error(701, 'turns:s.example:443?transport=tcp');
    expect(told.at(-1)?.reach).toEqual({ udp: false, tcp: true, tls: false });
  });
});

describe('a peer connection that gathers', () => {
  const turn = { username: 'u', credential: 'c' };
  const servers = [
    { urls: ['stun:s.example'] },
    {
      urls: ['turn:s.example:3478?transport=udp', 'turn:s.example:3478?transport=tcp', 'turns:s.example'],
      ...turn,
    },
  ];

  it('everything has all servers', () => {
    expect(configuration({}, servers, 'all')).toEqual({ bundlePolicy: 'max-bundle', iceServers: servers });
  });

  it('only relayed addresses tells no other, whatever the application allows', () => {
    expect(configuration({ iceTransportPolicy: 'all' }, servers, 'relay').iceTransportPolicy).toBe('relay');
    expect(configuration({ iceTransportPolicy: 'relay' }, servers, 'all').iceTransportPolicy).toBe('relay');
  });

  it('only what passes without UDP has relays over TCP and TLS, if there are any', () => {
    expect(configuration({}, servers, 'relay-tcp')).toEqual({
      bundlePolicy: 'max-bundle',
      iceTransportPolicy: 'relay',
      iceServers: [{ urls: ['turn:s.example:3478?transport=tcp', 'turns:s.example'], ...turn }],
    });
    expect(configuration({}, [{ urls: ['stun:s.example'] }], 'relay-tcp')).toEqual({
      bundlePolicy: 'max-bundle',
      iceServers: [{ urls: ['stun:s.example'] }],
    });
  });
});
