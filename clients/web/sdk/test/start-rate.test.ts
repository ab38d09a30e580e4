import { describe, expect, it } from 'vitest';
import { withSlowStart } from '../src/media/slow-start.ts';
import { withStartRate } from '../src/media/start-rate.ts';

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n`;

describe('the rate at which pictures begin', () => {
  it('is told for each codec that makes pictures, beside what is told of it already', () => {
    const before = lines(
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=rtpmap:111 opus/48000/2',
      'a=fmtp:111 minptime=10;useinbandfec=1',
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97 9 98',
      'a=rtpmap:96 VP8/90000',
      'a=rtcp-fb:96 nack',
      'a=rtpmap:97 rtx/90000',
      'a=fmtp:97 apt=96',
      'a=rtpmap:98 VP9/90000',
      'a=fmtp:98 profile-id=0',
      'm=video 9 UDP/TLS/RTP/SAVPF 98',
      'a=rtpmap:98 VP9/90000',
      'a=fmtp:98 profile-id=0',
    );
    expect(withStartRate(before)).toBe(
      lines(
        'm=audio 9 UDP/TLS/RTP/SAVPF 111',
        'a=rtpmap:111 opus/48000/2',
        'a=fmtp:111 minptime=10;useinbandfec=1',
        'm=video 9 UDP/TLS/RTP/SAVPF 96 97 9 98',
        'a=rtpmap:96 VP8/90000',
        'a=fmtp:96 x-google-start-bitrate=1000',
        'a=rtcp-fb:96 nack',
        'a=rtpmap:97 rtx/90000',
        'a=fmtp:97 apt=96',
        'a=rtpmap:98 VP9/90000',
        'a=fmtp:98 x-google-start-bitrate=1000;profile-id=0',
        'm=video 9 UDP/TLS/RTP/SAVPF 98',
        'a=rtpmap:98 VP9/90000',
        'a=fmtp:98 x-google-start-bitrate=1000;profile-id=0',
      ),
    );
  });

  it('changes nothing in a description without pictures', () => {
    const before = lines('m=audio 9 UDP/TLS/RTP/SAVPF 0', 'a=rtpmap:0 PCMU/8000');
    expect(withStartRate(before)).toBe(before);
  });

  it('is a slow one for each of them where the network is known to be narrow', () => {
    const quick = withStartRate(
      lines(
        'm=video 9 UDP/TLS/RTP/SAVPF 96 98',
        'a=rtpmap:96 VP8/90000',
        'a=rtpmap:98 VP9/90000',
        'a=fmtp:98 profile-id=0',
      ),
    );
    expect(withSlowStart(quick)).toBe(
      lines(
        'm=video 9 UDP/TLS/RTP/SAVPF 96 98',
        'a=rtpmap:96 VP8/90000',
        'a=fmtp:96 x-google-start-bitrate=50',
        'a=rtpmap:98 VP9/90000',
        'a=fmtp:98 x-google-start-bitrate=50;profile-id=0',
      ),
    );
  });
});
