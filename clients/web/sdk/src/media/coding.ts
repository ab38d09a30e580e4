/**
 * How our sound is coded. A sender keeps to what the other side's description prefers, so it is written there; nothing of it
 * goes to the other side, which reads all of it without being told.
 */

/** What of it may change during a call. */
export interface Coding {
  /**
   * Milliseconds of sound in a packet. Each has some 60 bytes of headers, which at 50 in a second weigh more than a frugal
   * voice.
   */
  readonly packetMs: 20 | 60;
  /** Nearly nothing is sent while nobody speaks (Opus DTX, RFC 7587 §3.1.3). */
  readonly sparse: boolean;
  /** Each piece of sound is sent twice (RED, RFC 2198), if the other side knows how. */
  readonly twice: boolean;
}

/** As browsers do it by themselves. */
export const USUAL: Coding = { packetMs: 20, sparse: false, twice: false };

/** The other side's description with that of ours written in, in place of what was written there before. */
export function withCoding(sdp: string, { packetMs, sparse, twice }: Coding): string {
  return sdp.replace(/^m=audio .*\r\n(?:[^m].*\r\n)*/gm, (media) =>
    withRed(withSilence(withPacketTime(media, packetMs), sparse), twice),
  );
}

/** Whether both sides know how to send sound twice. */
export function knowsRed(sdp: string): boolean {
  return RED.test(sdp);
}

const RED = /^a=rtpmap:(\d+) red\/48000/im;

/** RFC 8866 §6.4. */
function withPacketTime(media: string, ms: number): string {
  return `${media.replace(/^a=ptime:\d+\r\n/gm, '')}a=ptime:${ms}\r\n`;
}

const SPARSE = 'usedtx=1;';

/** Before what is said of Opus already. */
function withSilence(media: string, sparse: boolean): string {
  const type = /^a=rtpmap:(\d+) opus\/48000/im.exec(media)?.[1];
  const begin = new RegExp(`^(a=fmtp:${type} )(?:${SPARSE})?`, 'm');
  return media.replace(begin, sparse ? `$1${SPARSE}` : '$1');
}

/** What comes first is preferred. */
function withRed(media: string, twice: boolean): string {
  const red = RED.exec(media)?.[1];
  if (red === undefined) return media;
  return media.replace(/^(m=audio \S+ \S+) (.*)$/m, (_, head: string, types: string) => {
    const others = types.split(' ').filter((type) => type !== red);
    return [head, ...(twice ? [red, ...others] : [...others, red])].join(' ');
  });
}

/** The other side's description as the answer to an offer that only this side sees. */
export function asAnswer({ type, sdp }: RTCSessionDescriptionInit & { sdp: string }, local: string): string {
  if (type === 'answer') return sdp;
  // Who is active in DTLS stays so (RFC 8842 §5.3).
  const active = /^a=setup:active/m.test(local);
  return sdp.replace(/^a=setup:\w+/gm, active ? 'a=setup:passive' : 'a=setup:active');
}
