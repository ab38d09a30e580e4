/** Notes the calls of a page, each in a report of its own: the last `LIMITS.calls`, those that go on before those that are over. */
import { ClientError } from '../client-error.ts';
import type { CallRecord, Input, Output } from '../core/state.ts';
import type { CallId } from '../protocol.ts';
import type { Note } from '../witness.ts';
import { ReportBuilder } from './builder.ts';
import { LIMITS } from './format.ts';
import { type DumpOptions, dump, type Inspection } from './inspection.ts';
import { stepOfInput, stepOfOutput } from './steps.ts';

export class Reporter {
  readonly #now: () => number;
  readonly #browser: string;
  /** Oldest first. */
  readonly #builders = new Map<CallId, ReportBuilder>();
  readonly #byPeer = new WeakMap<RTCPeerConnection, ReportBuilder>();

  /** `browser`: as it calls itself. */
  constructor(now: () => number, browser: string) {
    this.#now = now;
    this.#browser = browser;
  }

  take(note: Note): void {
    switch (note.type) {
      case 'turn':
        return this.#turn(note.at, note.input, note.outputs, note.calls);
      case 'opened': {
        const builder = this.#builders.get(note.call);
        if (!builder) return;
        this.#byPeer.set(note.peer, builder);
        return builder.opened(note.at, note.key, note.peer);
      }
      case 'event':
        return this.#byPeer.get(note.peer)?.happened(note.at, note.peer, note.event);
    }
  }

  inspect(id: CallId): Inspection {
    const builder = this.#builders.get(id);
    if (!builder) {
      throw new ClientError(
        'wrong-state',
        `inspect: only the last ${LIMITS.calls} calls of this page are kept`,
      );
    }
    return {
      changes: builder.changes,
      report: () => builder.report(),
      dump: (options?: DumpOptions) => dump(builder.report(), options),
    };
  }

  #turn(at: number, input: Input, outputs: readonly Output[], calls: readonly CallRecord[]): void {
    for (const output of outputs) if (output.type === 'rekey') this.#rekey(output.from, output.to);
    for (const record of calls) this.#builder(record, at).follow(record);
    const told = stepOfInput(input);
    if (told) this.#builders.get(told.call)?.step(at, told.step);
    if (input.type === 'described') {
      this.#builders.get(input.call)?.describe(at, input.key, 'here', input.description);
    }
    for (const output of outputs) this.#do(at, output);
    for (const output of outputs) {
      if (output.type === 'release') this.#builders.get(output.call)?.end(at, output.state.reason);
    }
  }

  #do(at: number, output: Output): void {
    const done = stepOfOutput(output);
    if (done) this.#builders.get(done.call)?.step(at, done.step);
    if (output.type === 'use') this.#builders.get(output.call)?.use(at, output.key);
    if (output.type === 'describe') {
      this.#builders.get(output.call)?.describe(at, output.key, 'there', output.description);
    }
  }

  #rekey(from: CallId, to: CallId): void {
    const builder = this.#builders.get(from);
    if (!builder) return;
    this.#builders.delete(from);
    this.#builders.set(to, builder);
  }

  #builder(record: CallRecord, at: number): ReportBuilder {
    const known = this.#builders.get(record.id);
    if (known) return known;
    if (this.#builders.size >= LIMITS.calls) {
      const over = [...this.#builders].find(([, builder]) => builder.isOver);
      // A device carries fewer live calls than are kept, so one of them is over.
      if (over) this.#builders.delete(over[0]);
    }
    const builder = new ReportBuilder(record, at, this.#now, this.#browser);
    this.#builders.set(record.id, builder);
    return builder;
  }
}
