/**
 * The transport through an application's own channel: a messenger, a push service, any way for texts between this device
 * and the server's bridge. The channel may repeat texts and change their order; numbers put that right.
 */
import type { ParcelDown, ParcelUp } from '../protocol.ts';
import type { Transport } from '../transport.ts';

/** A way for texts, as an application has it. */
export interface Carrier {
  /** Brings a text to the server's bridge. If the promise rejects, the connection is lost and made anew. */
  send(text: string): void | Promise<unknown>;
  /** Calls `run` with each text from the bridge for this user, until the returned function is called. */
  receive(run: (text: string) => void): () => void;
}

const NO_CODE = 1006;
const PARCEL_MESSAGES = 64;
const PARCEL_LENGTH = 64 * 1024;
/** Messages that came early and wait for those before them; beyond, some are lost, and only a new connection helps. */
const EARLY_LIMIT = 256;

export function channelTransport(carrier: Carrier): Transport {
  return {
    vouched: true,
    open(_url, events) {
      const channel = crypto.randomUUID();
      const early = new Map<number, string>();
      let due = 1;
      let closeAt: { seq: number; code: number } | undefined;
      let seq = 1;
      let device = '';
      let waiting: string[] = [];
      let over = false;

      const finish = (code: number) => {
        if (over) return;
        over = true;
        stop();
        events.closed(code);
      };

      const hear = (text: string) => {
        const parcel = read(text);
        if (over || parcel?.channel !== channel) return;
        for (const [index, message] of parcel.messages.entries()) {
          const number = parcel.seq + index;
          if (number >= due) early.set(number, JSON.stringify(message));
        }
        if (parcel.close !== undefined) {
          closeAt = { seq: parcel.seq + parcel.messages.length, code: parcel.close };
        }
        for (let next = early.get(due); next !== undefined && !over; next = early.get(due)) {
          early.delete(due);
          due += 1;
          events.message(next);
        }
        if (closeAt && closeAt.seq <= due) finish(closeAt.code);
        if (early.size > EARLY_LIMIT) finish(NO_CODE);
      };

      const flush = () => {
        while (waiting.length > 0) {
          const count = fitting(waiting);
          const parcel: ParcelUp = {
            device,
            channel,
            seq,
            messages: waiting.slice(0, count).map((message) => JSON.parse(message)),
          };
          waiting = waiting.slice(count);
          seq += count;
          Promise.resolve(parcel)
            .then((ready) => carrier.send(JSON.stringify(ready)))
            .catch(() => finish(NO_CODE));
        }
      };

      const stop = carrier.receive(hear);
      queueMicrotask(() => !over && events.opened());
      return {
        send(text) {
          if (over) return;
          device ||= deviceOf(text);
          waiting.push(text);
          queueMicrotask(flush);
        },
        close() {
          if (over) return;
          over = true;
          stop();
        },
      };
    },
  };
}
