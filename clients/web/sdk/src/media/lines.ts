/**
 * The media lines of a peer connection: one for each thing that may be sent, all negotiated at the start and in both
 * directions. What is sent later changes by replacing tracks, which needs no negotiation.
 *
 * Both sides know a line by its place: of the lines of a kind, the first is microphone or camera, the second belongs
 * to a shared screen. A foreign client that offers fewer lines shares no screen.
 */

/** What may be sent. */
export type Line = 'mic' | 'camera' | 'screen' | 'screen-sound';

/** In the order of our offers. */
export const LINES: readonly Line[] = ['mic', 'camera', 'screen', 'screen-sound'];

/** What each is. */
export const KINDS: Readonly<Record<Line, 'audio' | 'video'>> = {
  mic: 'audio',
  camera: 'video',
  screen: 'video',
  'screen-sound': 'audio',
};

/** What each line sends at this moment. */
export type Tracks = Record<Line, MediaStreamTrack | null>;

/** Puts every line into a peer connection that offers. */
export function addLines(peer: RTCPeerConnection, tracks: Tracks, stream: MediaStream): void {
  for (const line of LINES) {
    peer.addTransceiver(tracks[line] ?? KINDS[line], { direction: 'sendrecv', streams: [stream] });
  }
}

/** The transceiver of a line, if the two sides have agreed on one. */
export function transceiverOf(
  peer: RTCPeerConnection | undefined,
  line: Line,
): RTCRtpTransceiver | undefined {
  return peer?.getTransceivers().find((transceiver) => lineOf(peer, transceiver) === line);
}

/** Which line a transceiver is; undefined for one more than we know. */
export function lineOf(peer: RTCPeerConnection, transceiver: RTCRtpTransceiver): Line | undefined {
  const { kind } = transceiver.receiver.track;
  const place = peer
    .getTransceivers()
    .filter(({ receiver }) => receiver.track.kind === kind)
    .indexOf(transceiver);
  return LINES.filter((line) => KINDS[line] === kind)[place];
}
