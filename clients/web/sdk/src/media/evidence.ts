/**
 * What a peer connection has tried, for the diagnosis should it fail and for the server, which counts from where its relay
 * is reached: kinds of addresses and errors, never addresses.
 */
import { type CandidateKind, type Evidence, type GatherError, NOTHING_TRIED } from '../core/diagnosis.ts';
import type { Candidate, Reach } from '../protocol.ts';

/** The parts of an `RTCIceCandidate` that are looked at; not every browser says how a relay was reached. */
export interface LocalCandidate {
  readonly candidate: string;
  readonly relayProtocol?: keyof Reach | null;
}

export class EvidenceList {
  readonly #tell: (evidence: Evidence) => void;
  #evidence: Evidence = NOTHING_TRIED;

  /** `tell`: called with the whole when something new has been seen. */
  constructor(tell: (evidence: Evidence) => void) {
    this.#tell = tell;
  }

  local({ candidate, relayProtocol }: LocalCandidate): void {
    this.#add('here', kindOf(candidate));
    this.#found(relayProtocol, true);
  }

  remote(candidates: readonly Candidate[]): void {
    for (const { candidate } of candidates) this.#add('there', kindOf(candidate));
  }

  /** Code and server of an `icecandidateerror`: STUN's own code (RFC 8489 §14.8), or 701 if the server was not reached. */
  error(code: number, url: string): void {
    const error: GatherError =
      code >= 700 ? 'unreachable' : code === 401 || code === 403 ? 'refused' : 'full';
    this.#add('errors', error);
    // RFC 7065; those of our server always name the transport, and those of STUN never.
    const way = url.startsWith('turns') ? 'tls' : /=(udp|tcp)$/.exec(url)?.[1];
    if (error === 'unreachable') this.#found(way as keyof Reach | undefined, false);
  }

  /** One of several networks of a device is enough. */
  #found(way: keyof Reach | null | undefined, reached: boolean): void {
    const { reach } = this.#evidence;
    if (!way || reach[way] === reached || reach[way]) return;
    this.#evidence = { ...this.#evidence, reach: { ...reach, [way]: reached } };
    this.#tell(this.#evidence);
  }

  #add<K extends 'here' | 'there' | 'errors'>(where: K, what: Evidence[K][number] | undefined): void {
    const known: readonly (CandidateKind | GatherError)[] = this.#evidence[where];
    if (what === undefined || known.includes(what)) return;
    this.#evidence = { ...this.#evidence, [where]: [...known, what] };
    this.#tell(this.#evidence);
  }
}

function kindOf(candidate: string): CandidateKind | undefined {
  const kind = / typ (host|srflx|prflx|relay)\b/.exec(candidate)?.[1];
  return kind === 'relay' ? 'relay' : kind === undefined ? undefined : kind === 'host' ? 'host' : 'reflexive';
}
