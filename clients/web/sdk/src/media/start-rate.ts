/**
 * How fast a browser begins to send picture. What Chromium and Safari know of a fresh path is nothing, so they take
 * 300 kbit/s, and the first key frame trickles out at a multiple of it: 30 to 60 ms that everybody waits for. They listen
 * to a codec parameter of the other side's description, which others ignore (RFC 8866 §6.15). Their congestion control
 * corrects what is too much within the first second.
 */
const PARAMETER = 'x-google-start-bitrate=1000';

const PICTURES = /^a=rtpmap:(\d+) (?:AV1|H26[45]|VP[89])\/.*$/gm;

/** The other side's description, with that parameter for each codec that makes pictures. */
export function withStartRate(sdp: string): string {
  const types = new Set<string>();
  // Each line of media names its codecs anew, and may do so by the same numbers.
  const named = sdp.replace(PICTURES, (line, type: string) => {
    const known = sdp.includes(`a=fmtp:${type} `);
    if (known) types.add(type);
    return known ? line : `${line}\r\na=fmtp:${type} ${PARAMETER}`;
  });
  return named.replace(/^a=fmtp:(\d+) /gm, (begin, type: string) =>
    types.has(type) ? `${begin}${PARAMETER};` : begin,
  );
}
