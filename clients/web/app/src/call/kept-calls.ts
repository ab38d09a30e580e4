/** The last calls of this page, for their reports and chats: the SDK keeps as many. */
import type { Call } from '@visavis/client';
import type { Reports } from '../ui/reports.ts';

const KEPT = 8;

export class KeptCalls implements Reports {
  /** By serial, oldest first. */
  readonly #calls = new Map<number, Call>();

  keep(serial: number, call: Call): void {
    this.#calls.set(serial, call);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > KEPT && oldest !== undefined) this.#calls.delete(oldest);
  }

  /** Whoever comes next has no business with them. */
  forget(): void {
    this.#calls.clear();
  }

  chatOf(serial: number): Call['chat'] | undefined {
    return this.#calls.get(serial)?.chat;
  }

  of(which: number | string): (() => ReturnType<Call['inspect']>) | undefined {
    const call =
      typeof which === 'number'
        ? this.#calls.get(which)
        : [...this.#calls.values()].findLast(({ id }) => id === which);
    return call && (() => call.inspect());
  }
}
