/**
 * One peer connection of a call, and what follows it when it must be made anew.
 *
 * Everything that touches it goes through one queue, so no step sees a half-done other. Its lines (`lines.ts`) are all
 * negotiated at the start, so the only later offers are ICE restarts. Either side may send one; perfect negotiation
 * (W3C WebRTC §10.7) settles collisions. Until it is fed it carries nothing, and until it is used it watches nothing.
 */
import type { LaterChat } from '../chat/later.ts';
import type { ChatOptions } from '../chat/public.ts';
import { ClientError } from '../client-error.ts';
import type { ControlMessage } from '../core/control.ts';
import type { Evidence } from '../core/diagnosis.ts';
import type { Gather } from '../core/state.ts';
import type { Candidate, IceServer, SessionDescription } from '../protocol.ts';
import type { Peer, Quality, Readable, Safety, UserId } from '../public.ts';
import { unwatched, type Watch } from '../safety/unwatched.ts';
import type { Compared } from '../safety/watch.ts';
import { CandidateBatch, EarlyCandidates } from './candidates.ts';
import { ControlChannel } from './control-channel.ts';
import { EvidenceList } from './evidence.ts';
import { FlowWatch } from './flow-watch.ts';
import type { LadderWatch } from './ladder-watch.ts';
import { addLines, LINES, type Line, lineOf, type Tracks, transceiverOf } from './lines.ts';
import { withPriority } from './priority.ts';
import { configuration } from './servers.ts';
import { sessionOf } from './session.ts';
import type { News } from './silence.ts';
import { withStartRate } from './start-rate.ts';
import { stayAwake } from './wakeful.ts';

/** A short loss of connectivity heals by itself; where nothing is sent there is no silence to notice earlier. */
const DISCONNECTED_MS = 2_000;
/** An offer that has no answer after this long is replaced when a new path is wanted; until then one is enough. */
const ANSWER_MS = 2_000;
/** While there is no network, one peer connection after the other dies: this is how often a new one is tried. */
const ANEW_MS = 1_000;

/** What one peer connection tells. */
export interface ConnectionEvents {
  /** A peer connection was made, the first or one in the place of another. */
  opened(peer: RTCPeerConnection): void;
  described(description: SessionDescription): void;
  gathered(candidates: Candidate[] | null): void;
  /** A track of the other side is there, and may bring something. */
  arrived(line: Line, track: MediaStreamTrack): void;
  news(news: News): void;
  /** Our pictures are paused, since the network is too weak for them, or go on. */
  weak(on: boolean): void;
  /** How good it is, once a second; null until that is known. */
  measured(quality: Quality | null): void;
  /** ICE has lost the path. */
  interrupted(cause: 'network' | 'ice-failed'): void;
  controlOpened(): void;
  heard(message: ControlMessage): void;
  /** It carries the call, and has a path: so it may carry the chat. */
  carries(carry: (chat: LaterChat, call: () => string) => void): void;
  /** What the two people may compare; null if there is nothing. */
  safety(safety: Safety | null): void;
  who(): Who;
  /** The other side has closed its peer connection. */
  gone(): void;
  tried(evidence: Evidence): void;
  broken(reason: 'media_failed' | 'incompatible_media'): void;
  problem(error: ClientError): void;
}

/** The two people of a call: our user, once the server has said who that is, and the other one. */
export interface Who {
  readonly me: UserId | undefined;
  readonly peer: Readable<Peer>;
}

/** How to look for paths. */
export interface Means {
  readonly ice: readonly IceServer[];
  readonly gather: Gather;
}

/** How all of a call's peer connections are made. */
export interface ConnectionConfig {
  readonly rtc: RTCConfiguration;
  /** Sound may be sent twice while packets are lost. */
  readonly twice: boolean;
  /** Fetched beside the call's beginning. Without it a weak network is the browser's matter alone, and nothing is compared. */
  readonly fetched: Promise<typeof import('./fetched.ts') | undefined>;
  readonly compared: Compared;
  /** None, if the application shows no chat. */
  readonly chat: ChatOptions | undefined;
}

export class Connection {
  readonly #config: ConnectionConfig;
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
  #ladder: LadderWatch | undefined;
  #safety: Promise<Watch> | undefined;
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

  constructor(config: ConnectionConfig, events: ConnectionEvents) {
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
          if (this.#isOfAnother(description.sdp)) return;
          const sdp = this.#adapted(description.sdp);
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
    const peer = new RTCPeerConnection(configuration(this.#config.rtc, means.ice, means.gather));
    const ifPresent = (run: () => void) => {
      if (peer === this.#peer && !this.#released) run();
    };
    this.#peer = peer;
    this.#events.opened(peer);
    this.#batch.hold();
    this.#control = new ControlChannel(peer, {
      opened: () =>
        ifPresent(() => {
          this.#events.controlOpened();
          this.#compare((safety) => safety.opened());
        }),
      heard: (message) => ifPresent(() => this.#heard(message)),
      // What broke here says nothing about the other side.
      closed: () => ifPresent(() => !isDead(peer) && this.#events.gone()),
    });
    this.#safety = this.#config.fetched.then((part) =>
      part
        ? new part.SafetyWatch(peer, this.#events, this.#config.compared, (data) =>
            this.tell({ type: 'verify', data }),
          )
        : unwatched((safety) => ifPresent(() => this.#events.safety(safety))),
    );
    peer.addEventListener('icecandidate', ({ candidate }) =>
      ifPresent(() => {
        if (candidate) this.#evidence.local(candidate);
        this.#batch.push(candidate);
      }),
    );
    peer.addEventListener('icecandidateerror', ({ errorCode, url }) =>
      ifPresent(() => this.#evidence.error(errorCode, url)),
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

  #compare(run: (safety: Watch) => void): void {
    void this.#safety?.then(run);
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
    this.#dead = sessionOf(peer.remoteDescription?.sdp ?? '') || this.#dead;
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#disconnected);
    this.#watch?.stop();
    this.#watch = undefined;
    this.#ladder?.stop();
    this.#ladder = undefined;
    this.#batch.hold();
    this.#compare((safety) => safety.stop());
    this.#safety = undefined;
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
    peer.setConfiguration(configuration(this.#config.rtc, means.ice, means.gather));
    this.#batch.hold();
    await this.#stayAwake();
    await this.#makeOffer(means, true);
    this.#tellDescription();
  }

  /** Where media flows there is no hurry. */
  async #stayAwake(): Promise<void> {
    if (this.#peer && this.#watch?.silence.flows === false) await stayAwake(this.#peer);
  }

  async #answer(sdp: string, means: Means, polite: boolean): Promise<void> {
    this.#means = means;
    const session = sessionOf(sdp);
    if (this.#peer && isDead(this.#peer)) this.#abandon(this.#peer);
    // They restart what is dead here: only our offer of a new one helps them.
    if (this.#dead !== undefined && session === this.#dead) return this.#offerAnew();
    const before = this.#peer;
    // They have made a new peer connection, as after a reload: ours cannot go on with it, nor with what it has offered.
    if (this.#isOfAnother(sdp)) {
      this.#close();
      this.#events.interrupted('network');
    } else if (before?.signalingState === 'have-local-offer') {
      if (!polite) return;
      // An offer that was only prepared has made transceivers that an answer cannot use.
      if (!before.remoteDescription) this.#close();
    }
    if (!this.#peer) this.#offeredHere = false;
    const peer = this.#peer ?? this.#open(means);
    if (peer === before) peer.setConfiguration(configuration(this.#config.rtc, means.ice, means.gather));
    this.#batch.hold();
    await this.#stayAwake();
    await peer.setRemoteDescription({ type: 'offer', sdp: this.#adapted(sdp) });
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

  /** A description of another peer connection than the one we know there. */
  #isOfAnother(sdp: string): boolean {
    const known = this.#peer?.remoteDescription;
    return !!known && sessionOf(known.sdp) !== sessionOf(sdp);
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
      await peer
        .addIceCandidate({ ...candidate, candidate: withPriority(candidate.candidate) })
        .catch(() => undefined);
    }
  }

  #iceChanged(peer: RTCPeerConnection): void {
    clearTimeout(this.#disconnected);
    if (!this.#used) return;
    const { iceConnectionState: state } = peer;
    if (state === 'connected' || state === 'completed') {
      this.#watch ??= new FlowWatch(peer, {
        news: (news) => this.#events.news(news),
        received: (data) => this.tell({ type: 'received', data: { ...data, ...this.#ladder?.ailing } }),
      });
      this.#watch.silence.hold(this.#holds);
      void this.#climb(peer);
      this.#compare((safety) => safety.used());
      void this.#chat(peer);
    }
    if (state === 'failed') this.#interrupted('ice-failed');
    if (state === 'disconnected') {
      this.#disconnected = setTimeout(() => this.#interrupted('network'), DISCONNECTED_MS);
    }
  }

  async #climb(peer: RTCPeerConnection): Promise<void> {
    const fetched = await this.#config.fetched;
    if (!fetched || peer !== this.#peer || this.#ladder) return;
    this.#ladder = new fetched.LadderWatch(peer, this.#config.twice, {
      ...this.#events,
      sender: (line) => transceiverOf(peer, line)?.sender,
      inTurn: (work) => this.#enqueue(work),
    });
  }

  /** Fetches what chats; if it cannot be had, it is tried again at the next path. */
  async #chat(peer: RTCPeerConnection): Promise<void> {
    const { chat: options } = this.#config;
    if (!options) return;
    const part = await import('../chat/chat.ts').catch(() => undefined);
    if (!part || peer !== this.#peer) return;
    this.#events.carries((chat, call) => part.carry(chat, options, call, peer));
  }

  /** Their description, with what our sending and our choice of a path are to keep to. */
  #adapted(sdp: string): string {
    const quick = withStartRate(sdp);
    return withPriority(this.#ladder?.coded(quick) ?? quick);
  }

  #interrupted(cause: 'network' | 'ice-failed'): void {
    this.#watch?.silence.lose();
    this.#events.interrupted(cause);
  }

  #heard(message: ControlMessage): void {
    if (message.type === 'verify') return this.#compare((safety) => safety.hear(message.data));
    if (message.type === 'received') {
      this.#ladder?.hear(message.data);
      return this.#watch?.silence.beat(message.data);
    }
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

// Names of errors only: their messages quote descriptions, and those hold addresses.
function text(cause: unknown): string {
  return cause instanceof ClientError ? cause.hint : cause instanceof Error ? cause.name : 'unknown';
}
