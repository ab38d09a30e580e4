/** The one implementation of `Readable`: a value that its owner sets. */
import { ClientError } from './client-error.ts';
import type { Readable, UntilOptions } from './public.ts';

/** A `Readable` and the means to change it. Equal values (`Object.is`) are not told twice. */
export class Source<T> implements Readable<T> {
  #value: T;
  #ended = false;
  readonly #runs = new Set<(value: T) => void>();
  readonly #ends = new Set<() => void>();

  readonly #watched: ((isWatched: boolean) => void) | undefined;

  /** `watched`: told when the first begins to watch and when the last has stopped. */
  constructor(value: T, watched?: (isWatched: boolean) => void) {
    this.#value = value;
    this.#watched = watched;
  }

  get value(): T {
    return this.#value;
  }

  /** Whether anybody watches. */
  get isWatched(): boolean {
    return this.#runs.size > 0;
  }

  set(value: T): void {
    this.assign(value)();
  }

  /** Sets it, and tells of it by the returned function: of values that change together, when all of them have. */
  assign(value: T): () => void {
    if (this.#ended || Object.is(value, this.#value)) return () => {};
    this.#value = value;
    return () => {
      for (const run of [...this.#runs]) {
        // Somebody who was told has changed it again: then everybody knows the newer value already.
        if (!Object.is(this.#value, value)) return;
        if (this.#runs.has(run)) call(run, value);
      }
    };
  }

  /** The present value is the last: loops over it end, and whoever still waits for another is told. */
  end(): void {
    this.#ended = true;
    for (const end of [...this.#ends]) end();
    for (const run of [...this.#runs]) this.#remove(run);
    this.#ends.clear();
  }

  subscribe(run: (value: T) => void): () => void {
    // Wrapped, so that the same function may subscribe twice.
    const entry = (value: T) => run(value);
    if (!this.#ended) this.#add(entry);
    call(entry, this.#value);
    return () => this.#remove(entry);
  }

  until<S extends T>(wanted: (value: T) => value is S, options?: UntilOptions): Promise<S>;
  until(wanted: (value: T) => boolean, options?: UntilOptions): Promise<T>;
  until(wanted: (value: T) => boolean, { signal, timeoutMs }: UntilOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#ends.delete(end);
        this.#remove(check);
        finish();
      };
      const abort = () =>
        settle(() => reject(new ClientError('aborted', 'stopped waiting', { cause: signal?.reason })));
      const end = () =>
        settle(() => reject(new ClientError('aborted', 'the value will not change any more')));
      const check = (value: T) => {
        if (wanted(value)) settle(() => resolve(value));
      };
      if (wanted(this.#value)) return resolve(this.#value);
      if (signal?.aborted) return abort();
      if (this.#ended) return end();
      this.#add(check);
      this.#ends.add(end);
      signal?.addEventListener('abort', abort);
      if (timeoutMs !== undefined) {
        timer = setTimeout(() => {
          settle(() => reject(new ClientError('timeout', `nothing came in ${timeoutMs} ms`)));
        }, timeoutMs);
      }
    });
  }

  /** Gives the present value, then the newest after each change; values that pass by in between are not kept. */
  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    let wake: () => void = () => {};
    let fresh = true;
    const run = () => {
      fresh = true;
      wake();
    };
    const end = () => wake();
    this.#add(run);
    this.#ends.add(end);
    try {
      while (true) {
        if (fresh) {
          fresh = false;
          yield this.#value;
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#remove(run);
      this.#ends.delete(end);
    }
  }

  #add(run: (value: T) => void): void {
    this.#runs.add(run);
    if (this.#runs.size === 1) this.#watched?.(true);
  }

  #remove(run: (value: T) => void): void {
    if (this.#runs.delete(run) && this.#runs.size === 0) this.#watched?.(false);
  }
}

/** A listener's fault is its own: it goes to the page's error event, and the others still hear. */
export function call<T>(run: (value: T) => void, value: T): void {
  try {
    run(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
