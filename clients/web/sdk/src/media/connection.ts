/**
 * The peer connection of one call.
 *
 * Everything that touches it goes through one queue, so no step sees a half-done other. Its lines (`lines.ts`) are all
 * negotiated at the start, so the only later offers are ICE restarts. Perfect negotiation (W3C WebRTC §10.7) settles
 * collisions with those of a foreign client.
 */
import { ClientError } from '../client-error.ts';
import type { Candidate, IceServer, SessionDescription } from '../protocol.ts';
import type { MediaEvents } from './call-media.ts';
import { CandidateBatch, EarlyCandidates } from './candidates.ts';
import { FlowWatch } from './flow-watch.ts';
import { addLines, LINES, type Line, lineOf, type Tracks, transceiverOf } from './lines.ts';
import type { Player } from './player.ts';

/** A short loss of connectivity heals by itself; a restart then would only disturb. */
const DISCONNECTED_MS = 2_000;

export class Connection {
  readonly #config: RTCConfiguration;
  readonly #events: MediaEvents;
  readonly #player: Player;
  readonly #tracks: Tracks = { mic: null, camera: null, screen: null, 'screen-sound': null };
  readonly #stream = new MediaStream();
  readonly #early = new EarlyCandidates();
  readonly #batch: CandidateBatch;
  #queue: Promise<void> = Promise.resolve();
  #peer: RTCPeerConnection | undefined;
  #watch: FlowWatch | undefined;
  #released = false;
  #restartWanted = false;
  #disconnected: ReturnType<typeof setTimeout> | undefined;

  constructor(config: RTCConfiguration, events: MediaEvents, player: Player) {
    this.#config = config;
    this.#events = events;
    this.#player = player;
    this.#batch = new CandidateBatch((candidates) => events.gathered(candidates));
  }

  /** Sends this track from now on, or nothing. */
  send(line: Line, track: MediaStreamTrack | null): void {
    this.#tracks[line] = track;
    this.#enqueue(() => this.#place(line));
  }

  /** Makes an offer and gathers, without telling anybody: no address leaves before the other person has answered. */
  prepare(ice: readonly IceServer[]): void {
    this.#enqueue(async () => {
      if (!this.#peer) await this.#makeOffer(ice, false);
    });
  }

  /** Sends the prepared offer, a new one, or one that restarts ICE. */
  offer(ice: readonly IceServer[], restart: boolean): void {
    this.#enqueue(async () => {
      if (!restart) {
        if (!this.#peer) await this.#makeOffer(ice, false);
        this.#tellDescription();
        return;
      }
      // One negotiation at a time: the answer to this one must not be taken for the answer to another.
      this.#restartWanted = true;
      await this.#restartIfIdle(ice);
    });
  }

  /** The other side's offer, to be answered, or its answer. */
  describe(description: SessionDescription, ice: readonly IceServer[], polite: boolean): void {
    this.#enqueue(async () => {
      try {
        if (description.type === 'offer') await this.#answer(description.sdp, ice, polite);
        else if (this.#peer?.signalingState === 'have-local-offer') {
          await this.#peer.setRemoteDescription({ type: 'answer', sdp: description.sdp });
        }
      } catch (cause) {
        return this.#cannotAgree(cause);
      }
      await this.#addEarly();
      // A path that has healed by itself, or a restart that lost nothing, changes no state and fires no event.
      if (this.#peer && isConnected(this.#peer)) this.#watch?.start();
      await this.#restartIfIdle(ice);
    });
  }

  addCandidates(candidates: readonly Candidate[]): void {
    this.#enqueue(async () => {
      this.#early.push(candidates);
      await this.#addEarly();
    });
  }

  release(): void {
    this.#released = true;
    this.#close();
  }

  #enqueue(work: () => Promise<void> | void): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#released) return;
      try {
        await work();
      } catch (cause) {
        // What was under way when the call ended fails, and nobody minds.
        if (this.#released) return;
        const code = cause instanceof ClientError ? cause.code : 'negotiation';
        this.#events.problem(new ClientError(code, `peer connection: ${text(cause)}`, { cause }));
        if (code === 'unsupported-browser') this.#events.broken('media_failed');
      }
    });
  }

  #open(ice: readonly IceServer[]): RTCPeerConnection {
    if (typeof RTCPeerConnection === 'undefined') {
      throw new ClientError('unsupported-browser', 'this browser has no RTCPeerConnection');
    }
    const peer = new RTCPeerConnection(this.#configuration(ice));
    this.#peer = peer;
    this.#batch.hold();
    peer.addEventListener('icecandidate', ({ candidate }) => {
      if (peer === this.#peer) this.#batch.push(candidate);
    });
    peer.addEventListener('track', ({ track, transceiver }) => {
      const line = lineOf(peer, transceiver);
      if (peer !== this.#peer || !line) return;
      this.#player.put(line, track);
      track.addEventListener('unmute', () => this.#watch?.look());
    });
    peer.addEventListener('iceconnectionstatechange', () => peer === this.#peer && this.#iceChanged(peer));
    peer.addEventListener('connectionstatechange', () => {
      // ICE failing is a matter for a restart; this is DTLS.
      const dtlsFailed = peer.connectionState === 'failed' && peer.iceConnectionState !== 'failed';
      if (peer === this.#peer && dtlsFailed) this.#events.broken('media_failed');
    });
    this.#watch = new FlowWatch(peer, this.#events);
    return peer;
  }

  #close(): void {
    clearTimeout(this.#disconnected);
    this.#watch?.stop();
    this.#batch.hold();
    this.#peer?.close();
    this.#peer = undefined;
  }

  #configuration(ice: readonly IceServer[]): RTCConfiguration {
    return { bundlePolicy: 'max-bundle', ...this.#config, iceServers: [...ice] };
  }

  async #makeOffer(ice: readonly IceServer[], restart: boolean): Promise<void> {
    const peer = this.#peer ?? this.#open(ice);
    if (peer.getTransceivers().length === 0) addLines(peer, this.#tracks, this.#stream);
    const offer = await peer.createOffer({ iceRestart: restart });
    await peer.setLocalDescription(offer);
  }

  async #restartIfIdle(ice: readonly IceServer[]): Promise<void> {
    const peer = this.#peer;
    if (!this.#restartWanted || peer?.signalingState !== 'stable') return;
    this.#restartWanted = false;
    if (isConnected(peer)) return this.#watch?.start();
    // The credentials of the first configuration may have grown old.
    peer.setConfiguration(this.#configuration(ice));
    this.#batch.hold();
    await this.#makeOffer(ice, true);
    this.#tellDescription();
  }

  async #answer(sdp: string, ice: readonly IceServer[], polite: boolean): Promise<void> {
    if (this.#peer?.signalingState === 'have-local-offer') {
      if (!polite) return;
      // An offer that was only prepared has made transceivers that an answer cannot use.
      if (!this.#peer.remoteDescription) this.#close();
    }
    const peer = this.#peer ?? this.#open(ice);
    await peer.setRemoteDescription({ type: 'offer', sdp });
    for (const line of LINES) {
      const transceiver = transceiverOf(peer, line);
      if (!transceiver) continue;
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(this.#stream);
      await this.#place(line);
    }
    await peer.setLocalDescription();
    this.#tellDescription();
  }

  /** Tells our description with every candidate that it has already, and the others as they come. */
  #tellDescription(): void {
    const description = this.#peer?.localDescription;
    if (!description) return;
    this.#events.described({ type: description.type, sdp: description.sdp });
    this.#batch.flow(this.#peer?.iceGatheringState === 'complete');
  }

  async #place(line: Line): Promise<void> {
    const sender = transceiverOf(this.#peer, line)?.sender;
    if (sender && sender.track !== this.#tracks[line]) await sender.replaceTrack(this.#tracks[line]);
  }

  async #addEarly(): Promise<void> {
    const peer = this.#peer;
    if (!peer?.remoteDescription) return;
    for (const candidate of this.#early.take(peer.remoteDescription.sdp)) {
      // One that the browser cannot use (an unknown name, an odd protocol) is no reason to do without the others.
      await peer.addIceCandidate(candidate).catch(() => undefined);
    }
  }

  #iceChanged(peer: RTCPeerConnection): void {
    clearTimeout(this.#disconnected);
    if (isConnected(peer)) return this.#watch?.start();
    if (peer.iceConnectionState === 'failed') this.#interrupted('ice-failed');
    if (peer.iceConnectionState === 'disconnected') {
      this.#disconnected = setTimeout(() => this.#interrupted('network'), DISCONNECTED_MS);
    }
  }

  #interrupted(cause: 'network' | 'ice-failed'): void {
    this.#watch?.pause();
    this.#events.interrupted(cause);
  }

  #cannotAgree(cause: unknown): void {
    if (this.#released) return;
    this.#events.problem(
      new ClientError('negotiation', `descriptions do not fit: ${text(cause)}`, { cause }),
    );
    this.#events.broken('incompatible_media');
  }
}

function isConnected(peer: RTCPeerConnection): boolean {
  return peer.iceConnectionState === 'connected' || peer.iceConnectionState === 'completed';
}

// Names of errors only: their messages quote descriptions, and those hold addresses.
function text(cause: unknown): string {
  return cause instanceof ClientError ? cause.hint : cause instanceof Error ? cause.name : 'unknown';
}
