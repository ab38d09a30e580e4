/** ICE candidates on their way out, in small batches, and on their way in, until their description is there. */
import type { Candidate } from '../protocol.ts';

/** Candidates come in bursts; one message for a burst is enough, and a person does not notice this wait. */
const BATCH_MS = 30;
/** The protocol's limit of candidates per peer connection. */
const EARLY_LIMIT = 200;

/** Our candidates. Held ones are dropped: the description that is told next contains them. */
export class CandidateBatch {
  readonly #tell: (candidates: Candidate[] | null) => void;
  #held = true;
  #waiting: Candidate[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (candidates: Candidate[] | null) => void) {
    this.#tell = tell;
  }

  hold(): void {
    this.#held = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The description has been told. `complete`: it has them all. */
  flow(complete: boolean): void {
    if (!this.#held) return;
    this.#held = false;
    if (complete) this.#tell(null);
  }

  /** Null: there are no more. */
  push(candidate: RTCIceCandidate | null): void {
    if (this.#held) return;
    if (candidate === null) {
      this.#flush();
      this.#tell(null);
      return;
    }
    // Some browsers tell the end of each generation as an empty candidate as well.
    if (candidate.candidate === '') return;
    this.#waiting.push(plain(candidate));
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length > 0) this.#tell(this.#waiting);
    this.#waiting = [];
  }
}

/** Their candidates. Messages may overtake each other, so one may come before the description it belongs to. */
export class EarlyCandidates {
  #waiting: Candidate[] = [];

  push(candidates: readonly Candidate[]): void {
    this.#waiting = [...this.#waiting, ...candidates].slice(-EARLY_LIMIT);
  }

  /** Those that belong to this description; the others stay. */
  take(sdp: string): Candidate[] {
    const belongs = ({ usernameFragment }: Candidate) =>
      !usernameFragment || sdp.includes(`a=ice-ufrag:${usernameFragment}\r\n`);
    const ready = this.#waiting.filter(belongs);
    this.#waiting = this.#waiting.filter((candidate) => !belongs(candidate));
    return ready;
  }
}

function plain({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: RTCIceCandidate): Candidate {
  return {
    candidate,
    ...(sdpMid === null ? {} : { sdpMid }),
    ...(sdpMLineIndex === null ? {} : { sdpMLineIndex }),
    ...(usernameFragment === null ? {} : { usernameFragment }),
  };
}
