/**
 * Which certificates a peer connection really uses.
 *
 * A browser accepts any certificate that one of the fingerprints of a description names, and each section of a description
 * may name others and have a transport of its own. So only a description in which all are one and the same says anything.
 */
import { type Bytes, compare, sha256 } from './bytes.ts';
import type { Fingerprints } from './exchange.ts';

/** Undefined if they are not certain. */
export async function fingerprintsOf(peer: RTCPeerConnection): Promise<Fingerprints | undefined> {
  await described(peer);
  const mine = onlyFingerprint(peer.currentLocalDescription?.sdp ?? '');
  const theirs = onlyFingerprint(peer.currentRemoteDescription?.sdp ?? '');
  if (!mine || !theirs) return undefined;
  const certificate = certificateOf(peer);
  // What the browser has seen is better than what it was told to expect.
  if (certificate && compare(await sha256(certificate), theirs) !== 0) return undefined;
  return { mine, theirs };
}

/** On a busy device a channel is open before the page is told that the answer by which it is was taken. */
function described(peer: RTCPeerConnection): Promise<void> {
  if (peer.currentRemoteDescription) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (!peer.currentRemoteDescription) return;
      peer.removeEventListener('signalingstatechange', look);
      resolve();
    };
    peer.addEventListener('signalingstatechange', look);
  });
}

/** SHA-256 alone: all browsers use it, and what nobody uses is not understood here. */
export function onlyFingerprint(sdp: string): Bytes | undefined {
  // However a browser may read it: one that is written oddly is one more, or none.
  const lines = new Set(
    Array.from(sdp.matchAll(/^.*fingerprint.*/gim), ([line]) => line.trim().toLowerCase()),
  );
  const [line = ''] = lines;
  const hex = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/.exec(line)?.[1];
  if (lines.size !== 1 || !hex) return undefined;
  return Uint8Array.from(hex.split(':'), (byte) => Number.parseInt(byte, 16));
}

/** Firefox does not show it. */
function certificateOf(peer: RTCPeerConnection): Bytes | undefined {
  const transport: Partial<RTCDtlsTransport> | undefined = peer.sctp?.transport;
  const [certificate] = transport?.getRemoteCertificates?.() ?? [];
  return certificate && new Uint8Array(certificate);
}
