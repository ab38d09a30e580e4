/**
 * One peer connection of a call, and what follows it when it must be made anew.
 *
 * Everything that touches it goes through one queue, so no step sees a half-done other. Its lines (`lines.ts`) are all
 * negotiated at the start, so the only later offers are ICE restarts. Either side may send one; perfect negotiation
 * (W3C WebRTC §10.7) settles collisions. Until it is fed it carries nothing, and until it is used it watches nothing.
 */
import { ClientError } from '../client-error.ts';
import type { ControlMessage } from '../core/control.ts';
import type { Evidence } from '../core/diagnosis.ts';
import type { Gather } from '../core/state.ts';
import type { Candidate, IceServer, SessionDescription } from '../protocol.ts';
import { CandidateBatch, EarlyCandidates } from './candidates.ts';
import { ControlChannel } from './control-channel.ts';
import { EvidenceList } from './evidence.ts';
import { FlowWatch } from './flow-watch.ts';
import { addLines, LINES, type Line, lineOf, type Tracks, transceiverOf } from './lines.ts';
import { configuration } from './servers.ts';
import type { News } from './silence.ts';
import { withStartRate } from './start-rate.ts';

/** A short loss of connectivity heals by itself; where nothing is sent there is no silence to notice earlier. */
const DISCONNECTED_MS = 2_000;
/** An offer that has no answer after this long is replaced when a new path is wanted; until then one is enough. */
const ANSWER_MS = 2_000;
/** While there is no network, one peer connection after the other dies: this is how often a new one is tried. */
const ANEW_MS = 1_000;

/** What one peer connection tells. */
export interface ConnectionEvents {
  described(description: SessionDescription): void;
  gathered(candidates: Candidate[] | null): void;
  /** A track of the other side is there, and may bring something. */
  arrived(line: Line, track: MediaStreamTrack): void;
  news(news: News): void;
  /** ICE has lost the path. */
  interrupted(cause: 'network' | 'ice-failed'): void;
  controlOpened(): void;
  heard(message: ControlMessage): void;
  /** The other side has closed its peer connection. */
  gone(): void;
  tried(evidence: Evidence): void;
  broken(reason: 'media_failed' | 'incompatible_media'): void;
  problem(error: ClientError): void;
}

/** How to look for paths. */
export interface Means {
  readonly ice: readonly IceServer[];
  readonly gather: Gather;
}

export class Connection {
  readonly #config: RTCConfiguration;
  readonly #events: ConnectionEvents;
  readonly #tracks: Tracks = { mic: null, camera: null, screen: null, 'screen-sound': null };
  readonly #stream = new MediaStream();
  readonly #early = new EarlyCandidates();
  readonly #batch: CandidateBatch;
  readonly #evidence: EvidenceList;
  #queue: Promise<void> = Promise.resolve();
  #peer: RTCPeerConnection | undefined;
  #control: ControlChannel | undefined;
  #watch: FlowWatch | undefined;
  #fed = false;
  #used = false;
  #released = false;
  /** Media could flow once: what breaks later is to be mended. */
  #secured = false;
  /** The other side's end of the last peer connection that died here. */
  #dead: string | undefined;
  /** The present peer connection began with an offer of ours. */
  #offeredHere = false;
  #offeredAt = 0;
  #restartWanted: Means | undefined;
  #means: Means | undefined;
  /** We hold the call. */
  #holds = false;
  #disconnected: ReturnType<typeof setTimeout> | undefined;

  constructor(config: RTCConfiguration, events: ConnectionEvents) {
    this.#config = config;
    this.#events = events;
    this.#batch = new CandidateBatch((candidates) => events.gathered(candidates));
    this.#evidence = new EvidenceList((evidence) => events.tried(evidence));
  }

  /** Sends these tracks from now on. */
  feed(tracks: Tracks): void {
    Object.assign(this.#tracks, tracks);
    this.#enqueue(async () => {
      this.#fed = true;
      await Promise.all(LINES.map((line) => this.#place(line)));
    });
  }

  /** Carries the call from now on: sends these tracks, and tells of what arrives. */
  use(tracks: Tracks): void {
    this.feed(tracks);
    this.#enqueue(() => {
      this.#used = true;
      if (this.#peer) this.#iceChanged(this.#peer);
    });
  }

  /** Sends this track from now on, or nothing. */
  send(line: Line, track: MediaStreamTrack | null): void {
    this.#tracks[line] = track;
    this.#enqueue(() => this.#place(line));
  }

  /** Makes an offer and gathers, without telling anybody: no address leaves before the other person has answered. */
  prepare(means: Means): void {
    this.#enqueue(async () => {
      if (!this.#peer) await this.#makeOffer(means, false);
    });
  }

  /** Sends the prepared offer, a new one, or one that restarts ICE. */
  offer(means: Means, restart: boolean): void {
    this.#enqueue(async () => {
      if (restart && this.#peer) return this.#restart(this.#peer, means);
      if (!this.#peer) await this.#makeOffer(means, false);
      this.#tellDescription();
    });
  }

  /** The other side's offer, to be answered, or its answer. */
  describe(description: SessionDescription, means: Means, polite: boolean): void {
    this.#enqueue(async () => {
      try {
        if (description.type === 'offer') await this.#answer(description.sdp, means, polite);
        else if (this.#peer?.signalingState === 'have-local-offer') {
          const sdp = withStartRate(description.sdp);
          await this.#peer.setRemoteDescription({ type: 'answer', sdp });
        }
      } catch (cause) {
        return this.#cannotAgree(cause);
      }
      await this.#addEarly();
      const wanted = this.#restartWanted;
      if (wanted && this.#peer?.signalingState === 'stable') await this.#restart(this.#peer, wanted);
    });
  }

  addCandidates(candidates: readonly Candidate[]): void {
    this.#enqueue(async () => {
      this.#early.push(candidates);
      this.#evidence.remote(candidates);
      await this.#addEarly();
    });
  }

  /** Says it past the server, if that way is open. */
  tell(message: ControlMessage): void {
    if (message.type === 'media') {
      this.#holds = message.data.hold ?? false;
      this.#watch?.silence.hold(this.#holds);
    }
    this.#control?.send(message);
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

  #open(means: Means): RTCPeerConnection {
    this.#means = means;
    if (typeof RTCPeerConnection === 'undefined') {
      throw new ClientError('unsupported-browser', 'this browser has no RTCPeerConnection');
    }
    const peer = new RTCPeerConnection(configuration(this.#config, means.ice, means.gather));
    const ifPresent = (run: () => void) => {
      if (peer === this.#peer && !this.#released) run();
    };
    this.#peer = peer;
    this.#batch.hold();
    this.#control = new ControlChannel(peer, {
      opened: () => ifPresent(() => this.#events.controlOpened()),
      heard: (message) => ifPresent(() => this.#heard(message)),
      // What broke here says nothing about the other side.
      closed: () => ifPresent(() => !isDead(peer) && this.#events.gone()),
    });
    peer.addEventListener('icecandidate', ({ candidate }) =>
      ifPresent(() => {
        if (candidate) this.#evidence.local(candidate);
        this.#batch.push(candidate);
      }),
    );
    peer.addEventListener('icecandidateerror', ({ errorCode }) =>
      ifPresent(() => this.#evidence.error(errorCode)),
    );
    peer.addEventListener('track', ({ track, transceiver }) =>
      ifPresent(() => {
        const line = lineOf(peer, transceiver);
        if (line) this.#events.arrived(line, track);
        track.addEventListener('unmute', () => this.#watch?.look());
      }),
    );
    peer.addEventListener('iceconnectionstatechange', () => ifPresent(() => this.#iceChanged(peer)));
    peer.addEventListener('connectionstatechange', () =>
      ifPresent(() => {
        if (peer.connectionState === 'connected') this.#secured = true;
        if (!this.#used || !isDead(peer)) return;
        if (this.#secured) this.#enqueue(() => this.#died(peer));
        // A path that fails is a matter for a restart; keys that cannot be agreed on are not.
        else this.#events.broken('media_failed');
      }),
    );
    return peer;
  }

  #died(peer: RTCPeerConnection): void {
    if (peer !== this.#peer) return;
    this.#abandon(peer);
    this.#events.interrupted('ice-failed');
    // Even the side that does not restart offers: nobody else knows that a new one is needed.
    const rest = Math.max(0, this.#offeredAt + ANEW_MS - performance.now());
    setTimeout(() => this.#enqueue(() => this.#offerAnew()), rest);
  }

  async #offerAnew(): Promise<void> {
    if (this.#peer || !this.#means) return;
    await this.#makeOffer(this.#means, false);
    this.#tellDescription();
  }

  #abandon(peer: RTCPeerConnection): void {
    this.#dead = sessionOf(peer.remoteDescription?.sdp ?? '') ?? this.#dead;
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#disconnected);
    this.#watch?.stop();
    this.#watch = undefined;
    this.#batch.hold();
    this.#peer?.close();
    this.#peer = undefined;
    this.#control = undefined;
    this.#restartWanted = undefined;
  }

  async #makeOffer(means: Means, restart: boolean): Promise<void> {
    if (!this.#peer) this.#offeredHere = true;
    const peer = this.#peer ?? this.#open(means);
    if (peer.getTransceivers().length === 0) addLines(peer, this.#tracks, this.#stream);
    const offer = await peer.createOffer({ iceRestart: restart });
    await peer.setLocalDescription(offer);
    this.#offeredAt = performance.now();
  }

  async #restart(peer: RTCPeerConnection, means: Means): Promise<void> {
    this.#restartWanted = undefined;
    this.#means = means;
    // One that they offered and that never carried anything is not turned round: browsers disagree on its DTLS roles then.
    if (isDead(peer) || (!this.#offeredHere && isOf(peer, 'new'))) {
      this.#abandon(peer);
      return this.#offerAnew();
    }
    const answering = peer.signalingState === 'have-remote-offer';
    const waiting =
      peer.signalingState === 'have-local-offer' && performance.now() - this.#offeredAt < ANSWER_MS;
    // One negotiation at a time: the answer to this one must not be taken for the answer to another.
    if (answering || waiting) {
      this.#restartWanted = means;
      return;
    }
    // The credentials of the first configuration may have grown old.
    peer.setConfiguration(configuration(this.#config, means.ice, means.gather));
    this.#batch.hold();
    await this.#makeOffer(means, true);
    this.#tellDescription();
  }

  async #answer(sdp: string, means: Means, polite: boolean): Promise<void> {
    this.#means = means;
    const session = sessionOf(sdp);
    if (this.#peer && isDead(this.#peer)) this.#abandon(this.#peer);
    // They restart what is dead here: only our offer of a new one helps them.
    if (this.#dead !== undefined && session === this.#dead) return this.#offerAnew();
    const before = this.#peer;
    const known = before?.remoteDescription;
    // They have made a new peer connection, as after a reload: ours cannot go on with it, nor with what it has offered.
    if (known && sessionOf(known.sdp) !== session) {
      this.#close();
      this.#events.interrupted('network');
    } else if (before?.signalingState === 'have-local-offer') {
      if (!polite) return;
      // An offer that was only prepared has made transceivers that an answer cannot use.
      if (!known) this.#close();
    }
    if (!this.#peer) this.#offeredHere = false;
    const peer = this.#peer ?? this.#open(means);
    if (peer === before) peer.setConfiguration(configuration(this.#config, means.ice, means.gather));
    this.#batch.hold();
    await peer.setRemoteDescription({ type: 'offer', sdp: withStartRate(sdp) });
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
    if (!this.#fed) return;
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
    if (!this.#used) return;
    const { iceConnectionState: state } = peer;
    if (state === 'connected' || state === 'completed') {
      this.#watch ??= new FlowWatch(peer, {
        news: (news) => this.#events.news(news),
        received: (data) => this.tell({ type: 'received', data }),
      });
      this.#watch.silence.hold(this.#holds);
    }
    if (state === 'failed') this.#interrupted('ice-failed');
    if (state === 'disconnected') {
      this.#disconnected = setTimeout(() => this.#interrupted('network'), DISCONNECTED_MS);
    }
  }

  #interrupted(cause: 'network' | 'ice-failed'): void {
    this.#watch?.silence.lose();
    this.#events.interrupted(cause);
  }

  #heard(message: ControlMessage): void {
    if (message.type === 'received') return this.#watch?.silence.beat(message.data);
    if (message.type === 'media') {
      const { audio, video, screen, hold } = message.data;
      const sent = (on: boolean) => (on && !hold ? 1 : 0);
      this.#watch?.silence.expect({ audio: sent(audio), video: sent(video || (screen ?? false)) });
    }
    this.#events.heard(message);
  }

  #cannotAgree(cause: unknown): void {
    if (this.#released) return;
    this.#events.problem(
      new ClientError('negotiation', `descriptions do not fit: ${text(cause)}`, { cause }),
    );
    if (this.#used) this.#events.broken('incompatible_media');
  }
}

/**
 * Firefox gives DTLS up for good when for a moment there is no network to send it over. No restart brings it back; a new
 * peer connection does, and the other side follows as it does after a reload.
 */
function isDead(peer: RTCPeerConnection): boolean {
  return isOf(peer, 'failed');
}

function isOf(peer: RTCPeerConnection, dtls: RTCDtlsTransportState): boolean {
  return peer.getSenders().some(({ transport }) => transport?.state === dtls);
}

/** Which peer connection a description is of: the id in its `o=` line stays the same for one (RFC 9429 §5.2.1). */
function sessionOf(sdp: string): string | undefined {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1];
}

// Names of errors only: their messages quote descriptions, and those hold addresses.
function text(cause: unknown): string {
  return cause instanceof ClientError ? cause.hint : cause instanceof Error ? cause.name : 'unknown';
}
