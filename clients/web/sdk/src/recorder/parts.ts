/** The parts of a recording on their way to where they are kept: one at a time, in their order, and only so many. */

/** Longest recording: close to three hours. */
export const RECORDING_BYTES = 2 * 1024 ** 3;
/** Longest recording that is kept in memory: some twenty minutes. */
export const MEMORY_BYTES = 256 * 1024 ** 2;
/** What may wait for a slow disk. */
const WAITING_BYTES = 64 * 1024 ** 2;

/** Where the parts go. */
export interface RecordingSink {
  /** Keeps the next part. A rejection ends the recording; its name `QuotaExceededError` says that there is no more room. */
  write(part: Blob): Promise<void>;
}

/** Why a recording ends early: there is no room for more, or the browser or the sink has given up. */
export type Problem = 'full' | 'failed';

export class Parts {
  readonly #sink: RecordingSink;
  readonly #end: () => void;
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #bytes = 0;
  #problem: Problem | undefined;
  /** A part is missing: what comes behind it would be of no use. */
  #broken = false;

  /** `end`: what ends the recording when it cannot go on. */
  constructor(sink: RecordingSink, end: () => void) {
    this.#sink = sink;
    this.#end = end;
  }

  add(part: Blob): void {
    if (part.size === 0 || this.#broken) return;
    if (this.#waiting + part.size > WAITING_BYTES) return this.#break('failed');
    this.#waiting += part.size;
    this.#writing = this.#writing.then(() => this.#write(part));
  }

  /** Ends the recording early. What comes until it has ended is kept. */
  fail(problem: Problem): void {
    if (this.#problem) return;
    this.#problem = problem;
    this.#end();
  }

  /** When everything is kept. */
  async done(): Promise<{ readonly bytes: number; readonly problem?: Problem }> {
    await this.#writing;
    return { bytes: this.#bytes, ...(this.#problem ? { problem: this.#problem } : {}) };
  }

  async #write(part: Blob): Promise<void> {
    try {
      if (this.#broken) return;
      await this.#sink.write(part);
    } catch (cause) {
      const full = cause instanceof DOMException && cause.name === 'QuotaExceededError';
      return this.#break(full ? 'full' : 'failed');
    } finally {
      this.#waiting -= part.size;
    }
    this.#bytes += part.size;
    if (this.#bytes >= RECORDING_BYTES) this.fail('full');
  }

  #break(problem: Problem): void {
    this.#broken = true;
    this.fail(problem);
  }
}

/** Keeps parts in memory, up to a limit. */
export class Memory implements RecordingSink {
  readonly #parts: Blob[] = [];
  #bytes = 0;

  write(part: Blob): Promise<void> {
    if (this.#bytes + part.size > MEMORY_BYTES) {
      return Promise.reject(new DOMException('no more is kept in memory', 'QuotaExceededError'));
    }
    this.#bytes += part.size;
    this.#parts.push(part);
    return Promise.resolve();
  }

  file(type: string): Blob {
    return new Blob(this.#parts, { type });
  }
}
