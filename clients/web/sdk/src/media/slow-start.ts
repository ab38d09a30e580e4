/**
 * How fast a browser begins anew on a path that is known to be narrow. Whenever the pair of candidates changes, Chromium and
 * Safari forget what the path carries, begin again at the rate of `start-rate.ts`, and probe for several times that: a flood on a
 * network that hardly carries the sound, in which the checks are lost that hold the pair, so that it changes again.
 */

/** kbit/s. What is probed from here on is what such a network's queue can hold. */
const SLOW = 'x-google-start-bitrate=50';

/** The other side's description, with this rate in place of the quick one. */
export function withSlowStart(sdp: string): string {
  return sdp.replace(/x-google-start-bitrate=\d+/g, SLOW);
}
