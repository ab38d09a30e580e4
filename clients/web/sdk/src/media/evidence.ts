/** What a peer connection has tried, for the diagnosis should it fail: kinds of addresses and errors, never addresses. */
import type { CandidateKind, Evidence, GatherError } from '../core/diagnosis.ts';
import type { Candidate } from '../protocol.ts';

export class EvidenceList {
  readonly #tell: (evidence: Evidence) => void;
  #evidence: Evidence = { here: [], there: [], errors: [] };

  /** `tell`: called with the whole when something new has been seen. */
  constructor(tell: (evidence: Evidence) => void) {
    this.#tell = tell;
  }

  local({ candidate }: { readonly candidate: string }): void {
    this.#add('here', kindOf(candidate));
  }

  remote(candidates: readonly Candidate[]): void {
    for (const { candidate } of candidates) this.#add('there', kindOf(candidate));
  }

  /** The code of an `icecandidateerror`: STUN's own (RFC 8489 §14.8), or 701 for a server that was not reached. */
  error(code: number): void {
    const error: GatherError =
      code >= 700 ? 'unreachable' : code === 401 || code === 403 ? 'refused' : 'full';
    this.#add('errors', error);
  }

  #add<K extends keyof Evidence>(where: K, what: Evidence[K][number] | undefined): void {
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
