/**
 * The transport for networks that let no WebSocket through: an event stream downwards, POSTs upwards. Messages are
 * numbered, so that a POST may be repeated and may overtake another.
 */
import type { Channel, Closed } from '../protocol.ts';
import type { Transport } from '../transport.ts';
import { Outgoing } from './parcel.ts';

const NO_CODE = 1006;
/** POSTs at once; the server reads four, and a browser has few connections. */
const AT_ONCE = 3;
/** How long a POST may take, and the waits before it is tried again. */
const POST_LIMIT_MS = 10_000;
const RETRY_MS = [300, 600, 1200, 2400] as const;
/** Small POSTs outlive their page: the hang-up of a tab that is closed arrives. Browsers allow 64 KiB at once. */
const KEEPALIVE_LENGTH = 16 * 1024;

export const streamTransport: Transport = {
  open(url, events) {
    const address = streamUrl(url);
    const reading = new AbortController();
    let over = false;
    let channel: string | undefined;
    let posting = 0;
    const outgoing = new Outgoing();

    const finish = (code: number) => {
      if (over) return;
      over = true;
      reading.abort();
      events.closed(code);
    };

    const hear = (event: string, data: string) => {
      if (over) return;
      if (event === 'message') return events.message(data);
      if (event === 'channel') {
        ({ channel } = JSON.parse(data) as Channel);
        events.opened();
        flush();
      }
      if (event === 'close') finish((JSON.parse(data) as Closed).code);
    };

    const read = async () => {
      const response = await fetch(address, {
        headers: { accept: 'text/event-stream' },
        cache: 'no-store',
        signal: reading.signal,
      });
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (response.ok && isStream && response.body) await readEvents(response.body, hear);
    };

    const post = (parcel: string): Promise<Response> =>
      fetch(address, {
        method: 'POST',
        headers: { authorization: `Bearer ${channel}`, 'content-type': 'application/json' },
        body: parcel,
        keepalive: parcel.length <= KEEPALIVE_LENGTH,
        signal: AbortSignal.timeout(POST_LIMIT_MS),
      });

    /** Posts until the server has it, or will not have it. */
    const deliver = async (parcel: string): Promise<boolean> => {
      for (const wait of [...RETRY_MS, undefined]) {
        const status = await post(parcel).then(
          (response) => response.status,
          () => undefined,
        );
        if (status === 200) return true;
        // What waits for an earlier POST, and what a busy server or a proxy puts off, may pass later.
        const mayPass = status === undefined || status >= 500 || [408, 409, 429].includes(status);
        if (!mayPass || wait === undefined) return false;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
      return false;
    };

    const flush = () => {
      while (channel !== undefined && !outgoing.isEmpty && posting < AT_ONCE) {
        posting += 1;
        void deliver(`{${outgoing.take()}}`).then((arrived) => {
          posting -= 1;
          if (!arrived) finish(NO_CODE);
          if (over && posting === 0) reading.abort();
          flush();
        });
      }
    };

    read().then(
      () => finish(NO_CODE),
      () => finish(NO_CODE),
    );
    return {
      send(text) {
        if (over) return;
        outgoing.add(text);
        // What is said in one go goes in one POST.
        queueMicrotask(flush);
      },
      close() {
        if (over) return;
        over = true;
        flush();
        // What is still under way is for the server that knows this channel.
        if (posting === 0) reading.abort();
      },
    };
  },
};

/** `/sse` beside the WebSocket's address. */
function streamUrl(socket: string): URL {
  const address = new URL('sse', socket);
  address.protocol = address.protocol === 'wss:' ? 'https:' : 'http:';
  return address;
}

/** Reads an event stream (HTML, Server-sent events) to its end. */
async function readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  hear: (event: string, data: string) => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let event = '';
  let data: string[] = [];
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, field, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (field === 'event') event = value;
      if (field === 'data') data.push(value);
      if (line !== '') continue;
      if (data.length > 0) hear(event || 'message', data.join('\n'));
      event = '';
      data = [];
    }
  }
}
