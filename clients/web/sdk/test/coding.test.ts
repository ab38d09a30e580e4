import { describe, expect, it } from 'vitest';

import { asAnswer, knowsRed, USUAL, withCoding } from '../src/media/coding.ts';

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n`;

const SDP = lines(
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 0',
  'a=setup:actpass',
  'a=ptime:20',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=setup:actpass',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=setup:actpass',
  'a=rtpmap:111 opus/48000/2',
);

describe('the coding of our sound in the description of the other side', () => {
  it('is long packets, nothing for silence, and everything twice where they know how, on each line of sound', () => {
    expect(withCoding(SDP, { packetMs: 60, sparse: true, twice: true })).toBe(
      lines(
        'v=0',
        'm=audio 9 UDP/TLS/RTP/SAVPF 63 111 0',
        'a=setup:actpass',
        'a=rtpmap:111 opus/48000/2',
        'a=fmtp:111 usedtx=1;minptime=10;useinbandfec=1',
        'a=rtpmap:63 red/48000/2',
        'a=fmtp:63 111/111',
        'a=ptime:60',
        'm=video 9 UDP/TLS/RTP/SAVPF 96',
        'a=setup:actpass',
        'm=audio 9 UDP/TLS/RTP/SAVPF 111',
        'a=setup:actpass',
        'a=rtpmap:111 opus/48000/2',
        'a=ptime:60',
      ),
    );
  });

  it('changes as often as need be, and leaves nothing of what it was before', () => {
    const usual = withCoding(SDP, USUAL);
    const changed = withCoding(usual, { packetMs: 60, sparse: true, twice: true });
    expect(changed).not.toBe(usual);
    expect(withCoding(changed, { packetMs: 60, sparse: true, twice: true })).toBe(changed);
    expect(withCoding(changed, USUAL)).toBe(usual.replace('111 63 0', '111 0 63'));
  });

  it('says nothing of what they do not know', () => {
    const foreign = lines('m=audio 9 UDP/TLS/RTP/SAVPF 0', 'a=rtpmap:0 PCMU/8000');
    const wanted = { packetMs: 20, sparse: true, twice: true } as const;
    expect(withCoding(foreign, wanted)).toBe(`${foreign}a=ptime:20\r\n`);
    expect([foreign, SDP].map(knowsRed)).toEqual([false, true]);
  });
});

describe('a description', () => {
  it('of an offer becomes an answer in which who is active in DTLS stays so', () => {
    const offer = { type: 'offer', sdp: SDP } as const;
    const setups = (sdp: string) => sdp.match(/a=setup:\w+/g);
    expect(setups(asAnswer(offer, 'a=setup:active\r\n'))).toEqual(Array(3).fill('a=setup:passive'));
    expect(setups(asAnswer(offer, 'a=setup:passive\r\n'))).toEqual(Array(3).fill('a=setup:active'));
    expect(asAnswer({ type: 'answer', sdp: SDP }, 'a=setup:actpass\r\n')).toBe(SDP);
  });
});
