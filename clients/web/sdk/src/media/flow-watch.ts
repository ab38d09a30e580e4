/** Looks at a peer connection again and again, and tells what `silence.ts` makes of it. */
import type { Received } from '../core/control.ts';
import type { Path } from '../public.ts';
import { type Look, type News, Silence } from './silence.ts';

/** Until media flows, every look counts; later, four make the silence that is acted on. */
const EAGER_MS = 100;
const CALM_MS = 200;
/** The other side learns once a second how much has arrived. */
const BEAT_MS = 1_000;

export interface FlowEvents {
  news(news: News): void;
  /** To be told to the other side. */
  received(counts: Received): void;
}

export class FlowWatch {
  readonly silence = new Silence(performance.now());
  readonly #peer: RTCPeerConnection;
  readonly #events: FlowEvents;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking = false;
  #stopped = false;
  #beatAt = 0;

  constructor(peer: RTCPeerConnection, events: FlowEvents) {
    this.#peer = peer;
    this.#events = events;
    void this.look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Looks at once. */
  async look(): Promise<void> {
    if (this.#stopped || this.#looking) return;
    this.#looking = true;
    clearTimeout(this.#timer);
    const look = read(await this.#peer.getStats(), performance.now());
    this.#looking = false;
    if (this.#stopped) return;
    for (const news of this.silence.look(look)) this.#events.news(news);
    if (look.at - this.#beatAt >= BEAT_MS) {
      this.#beatAt = look.at;
      this.#events.received(look.received);
    }
    // What was told may have ended the call.
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.look(), this.silence.flows ? CALM_MS : EAGER_MS);
  }
}

function read(stats: RTCStatsReport, at: number): Look {
  const received = { audio: 0, video: 0 };
  const sent = { audio: 0, video: 0 };
  let packets = 0;
  let pairId: unknown;
  for (const entry of stats.values()) {
    const kind = entry.kind === 'audio' ? 'audio' : 'video';
    if (entry.type === 'inbound-rtp') received[kind] += entry.packetsReceived ?? 0;
    if (entry.type === 'outbound-rtp') sent[kind] += entry.packetsSent ?? 0;
    if (entry.type === 'transport') pairId = entry.selectedCandidatePairId ?? pairId;
    // Firefox counts packets nowhere, but bytes by pair.
    if (entry.type === 'transport') packets += entry.packetsReceived ?? 0;
    if (entry.type === 'candidate-pair') packets += entry.bytesReceived ?? 0;
  }
  return {
    at,
    packets,
    received,
    sent,
    path: typeof pairId === 'string' ? pathOf(stats, pairId) : undefined,
  };
}

function pathOf(stats: RTCStatsReport, pairId: string): Path | undefined {
  const pair = stats.get(pairId);
  const local = stats.get(pair?.localCandidateId);
  if (!pair || !local) return undefined;
  if (local.candidateType !== 'relay') {
    // Their relay carries it then; how they reach it is theirs to know.
    return stats.get(pair.remoteCandidateId)?.candidateType === 'relay' ? 'relay-udp' : 'direct';
  }
  const protocol: unknown = local.relayProtocol;
  return protocol === 'tls' ? 'relay-tls' : protocol === 'tcp' ? 'relay-tcp' : 'relay-udp';
}
