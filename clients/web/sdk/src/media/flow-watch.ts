/** Watches what arrives: when media flows, by which path, and whether it still does. */
import type { Path } from '../public.ts';
import type { MediaEvents } from './call-media.ts';

/** Until media flows, every look counts; later, one a second is enough. */
const EAGER_MS = 100;
const CALM_MS = 1_000;
/** With both microphones missing nothing will ever arrive; a path that stands this long is as good. */
const QUIET_PATH_MS = 2_000;

export class FlowWatch {
  readonly #peer: RTCPeerConnection;
  readonly #events: Pick<MediaEvents, 'connected' | 'flowing'>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #looking = false;
  #startedAt = 0;
  #packets: number | undefined;
  #told: Path | undefined;

  constructor(peer: RTCPeerConnection, events: Pick<MediaEvents, 'connected' | 'flowing'>) {
    this.#peer = peer;
    this.#events = events;
  }

  /** There is a path. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#startedAt = performance.now();
    void this.look();
  }

  /** There is none at the moment; the next one is news again. */
  pause(): void {
    this.#running = false;
    this.#told = undefined;
    clearTimeout(this.#timer);
  }

  stop(): void {
    this.pause();
  }

  /** Looks at once. */
  async look(): Promise<void> {
    if (!this.#running || this.#looking) return;
    this.#looking = true;
    clearTimeout(this.#timer);
    const seen = read(await this.#peer.getStats());
    this.#looking = false;
    if (!this.#running) return;
    // What had arrived before an interruption proves nothing about the path after it.
    const arrived = seen.packets > (this.#packets ?? 0);
    this.#packets = seen.packets;
    const quietFor = this.#peer.connectionState === 'connected' ? performance.now() - this.#startedAt : 0;
    if (seen.path && seen.path !== this.#told && (arrived || this.#told || quietFor >= QUIET_PATH_MS)) {
      this.#told = seen.path;
      this.#events.connected(seen.path);
    } else if (arrived && this.#told) {
      this.#events.flowing();
    }
    this.#timer = setTimeout(() => void this.look(), this.#told ? CALM_MS : EAGER_MS);
  }
}

function read(stats: RTCStatsReport): { packets: number; path: Path | undefined } {
  let packets = 0;
  let pairId: unknown;
  for (const entry of stats.values()) {
    if (entry.type === 'inbound-rtp') packets += entry.packetsReceived ?? 0;
    if (entry.type === 'transport') pairId = entry.selectedCandidatePairId ?? pairId;
  }
  const pair = typeof pairId === 'string' ? stats.get(pairId) : undefined;
  const local = stats.get(pair?.localCandidateId);
  const remote = stats.get(pair?.remoteCandidateId);
  if (!pair || !local) return { packets, path: undefined };
  if (local.candidateType !== 'relay') {
    // Their relay carries it then; how they reach it is theirs to know.
    return { packets, path: remote?.candidateType === 'relay' ? 'relay-udp' : 'direct' };
  }
  const protocol: unknown = local.relayProtocol;
  return { packets, path: protocol === 'tls' ? 'relay-tls' : protocol === 'tcp' ? 'relay-tcp' : 'relay-udp' };
}
