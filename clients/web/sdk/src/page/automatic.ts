/**
 * The usual transport: a WebSocket, and where none gets through, an event stream with POSTs.
 *
 * A server that is away must not look like a network that breaks WebSockets: only when an event stream opens where a
 * WebSocket did not is that held against the WebSocket, and after two such times in a row it is no longer tried,
 * until the page is reloaded or the network is another one.
 */
import type { Connection, Transport, TransportEvents } from '../transport.ts';
import { webSocketTransport } from './socket.ts';

const NO_CODE = 1006;
/** A WebSocket that has not opened by then gets a rival. Slow networks open one in 2 s. */
const RIVAL_AFTER_MS = 3_000;
/** So many WebSockets in a row that failed where the event stream did not, and it is not tried again. */
const ENOUGH = 2;

/** The event stream, fetched when it is wanted: seldom, and where HTTP gets through. */
const streamLater: Transport = {
  open(url, events) {
    let line: Connection | undefined;
    let over = false;
    import('./stream.ts').then(
      ({ streamTransport }) => {
        if (!over) line = streamTransport.open(url, events);
      },
      () => over || events.closed(NO_CODE),
    );
    return {
      send: (text) => line?.send(text),
      close() {
        over = true;
        line?.close();
      },
    };
  },
};

export function automaticTransport(
  tell: (text: string) => void,
  socket: Transport = webSocketTransport,
  stream: Transport = streamLater,
): Transport {
  /** WebSockets in a row that did not open although the server could be reached, or were cut before it answered. */
  let failures = 0;

  const failed = (how: string) => {
    failures += 1;
    const next = failures < ENOUGH ? '' : ', for as long as this network stays';
    tell(`a WebSocket ${how}: messages go by event stream and POST${next}`);
  };

  return {
    networkChanged() {
      failures = 0;
    },
    open(url, events) {
      if (failures >= ENOUGH) return stream.open(url, events);
      let over = false;
      let said = false;
      let competing = false;
      /** Who has opened, and whether the server has answered on it. */
      let chosen: 'socket' | 'stream' | undefined;
      let answered = false;
      const lines: { socket?: Connection | undefined; stream?: Connection | undefined } = {};

      const open = (name: 'socket' | 'stream', transport: Transport) => {
        const mine: TransportEvents = {
          opened() {
            if (over || chosen) return;
            chosen = name;
            clearTimeout(rival);
            lines[name === 'socket' ? 'stream' : 'socket']?.close();
            if (name === 'stream') failed('does not open here');
            events.opened();
          },
          message(text) {
            if (over || chosen !== name) return;
            answered = true;
            if (name === 'socket') failures = 0;
            events.message(text);
          },
          closed(code) {
            if (over || (chosen && chosen !== name)) return;
            lines[name] = undefined;
            if (!chosen && !competing) return compete();
            if (!chosen && (lines.socket || lines.stream)) return;
            over = true;
            clearTimeout(rival);
            if (chosen === 'socket') cut(code);
            events.closed(code);
          },
        };
        lines[name] = transport.open(url, mine);
      };
      const compete = () => {
        competing = true;
        clearTimeout(rival);
        open('stream', stream);
      };
      /** Some networks let a WebSocket open and nothing through it. A code of the server's own is an answer. */
      const cut = (code: number) => {
        if (said && !answered && code === NO_CODE) failed('is cut off before the server has answered');
      };

      const rival = setTimeout(compete, RIVAL_AFTER_MS);
      open('socket', socket);
      return {
        send(text) {
          said = true;
          if (chosen) lines[chosen]?.send(text);
        },
        close() {
          if (over) return;
          over = true;
          clearTimeout(rival);
          if (chosen === 'socket') cut(NO_CODE);
          lines.socket?.close();
          lines.stream?.close();
        },
      };
    },
  };
}
