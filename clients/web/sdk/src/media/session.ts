/** Which peer connection a description is of. */

/**
 * The id in its `o=` line stays the same for one (RFC 9429 §5.2.1), and so does its certificate. Whoever passes descriptions on could
 * put another there in the middle of a call, after the emoji were compared. Browsers are lenient with blanks, so whatever
 * line speaks of a fingerprint counts, as it is written.
 */
export function sessionOf(sdp: string): string {
  return [...new Set(sdp.match(/(?<=^o=\S+ )\S+|^.*fingerprint.*/gim))].join().toLowerCase();
}
