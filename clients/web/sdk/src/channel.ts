/**
 * `@visavis/client/channel`: the transport through an application's own channel, a messenger or any other way for texts
 * between this device and the server's bridge. The channel may repeat texts and change their order; numbers put that right.
 */
import { Outgoing } from './page/parcel.ts';
import type { ClientMessage, ParcelDown } from './protocol.ts';
import type { Carrier, Transport } from './transport.ts';

export type { Carrier } from './transport.ts';

const NO_CODE = 1006;
/** Messages that came early and wait for those before them; with more, too much is lost to wait any longer. */
const EARLY_LIMIT = 256;

export function channelTransport(carrier: Carrier): Transport {
  return {
    vouched: true,
    open(_, events) {
      const channel = crypto.randomUUID();
      const outgoing = new Outgoing();
      const early = new Map<number, string>();
      let device = '';
      let next = 1;
      let close: { readonly behind: number; readonly code: number } | undefined;
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
          if (parcel.seq + index >= next) early.set(parcel.seq + index, JSON.stringify(message));
        }
        if (parcel.close !== undefined) {
          close = { behind: parcel.seq + parcel.messages.length, code: parcel.close };
        }
        for (let due = early.get(next); due !== undefined && !over; due = early.get(next)) {
          early.delete(next);
          next += 1;
          events.message(due);
        }
        if (close && close.behind <= next) finish(close.code);
        if (early.size > EARLY_LIMIT) finish(NO_CODE);
      };

      const bring = async () => {
        while (!outgoing.isEmpty) {
          // One after another: a messenger that keeps order shall be given it.
          await carrier.send(
            `{"device":${JSON.stringify(device)},"channel":"${channel}",${outgoing.take()}}`,
          );
        }
      };
      let bringing = Promise.resolve();

      const stop = carrier.receive(hear);
      queueMicrotask(() => over || events.opened());
      return {
        send(text) {
          if (over) return;
          const message = JSON.parse(text) as ClientMessage;
          if (message.type === 'hello') device = message.data.device;
          outgoing.add(text);
          bringing = bringing.then(bring).catch(() => finish(NO_CODE));
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

/** A parcel of the bridge; undefined for any other text that the channel may carry. */
function read(text: string): ParcelDown | undefined {
  try {
    const parcel: Partial<ParcelDown> | null = JSON.parse(text);
    const isParcel = Array.isArray(parcel?.messages) && Number.isInteger(parcel.seq);
    return isParcel ? (parcel as ParcelDown) : undefined;
  } catch {
    return undefined;
  }
}
