/**
 * Has a browser look for a new path in short intervals while it believes in the old one.
 *
 * libwebrtc sends checks every 48 ms while it has no path, and every 250 ms while it has one; it goes on believing in a dead
 * one for 2.5 s. It also takes the short interval while some pair was checked less than three times. So it is given one that
 * cannot be checked: at an address of the other side's, with credentials that no description has brought. Nothing is ever
 * sent there. A new path that is as good puts an end to it.
 */

/** Nobody's, as far as systems choose ports by themselves. */
const PORT = 65_535;

const HOST = /^a=(candidate:\S+ 1 udp (\d+) \S+) \d+ typ host.*$/gim;

/** The candidate, made of the most preferred host candidate of their description; none without one. */
export function uncheckable(sdp: string): RTCIceCandidateInit | undefined {
  let best: { readonly begin: string; readonly priority: number } | undefined;
  for (const [, begin = '', priority] of sdp.matchAll(HOST)) {
    if (Number(priority) > (best?.priority ?? 0)) best = { begin, priority: Number(priority) };
  }
  const usernameFragment = 'none';
  const candidate = `${best?.begin} ${PORT} typ host ufrag ${usernameFragment}`;
  return best && { candidate, sdpMLineIndex: 0, usernameFragment };
}

/** To be called before a restart of ours or theirs: no new pairs are made of the present sockets afterwards. */
export async function stayAwake(peer: RTCPeerConnection): Promise<void> {
  const candidate = uncheckable(peer.remoteDescription?.sdp ?? '');
  // Whoever does not take credentials that are unknown has intervals of its own.
  if (candidate) await peer.addIceCandidate(candidate).catch(() => undefined);
}
