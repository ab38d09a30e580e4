/** A WebSocket as the transport. */
import type { Transport } from '../transport.ts';

const SUBPROTOCOL = 'visavis.v1';
const NO_CODE = 1006;

export const webSocketTransport: Transport = {
  open(url, events) {
    let socket: WebSocket | undefined;
    let over = false;
    const finish = (code: number) => {
      if (over) return;
      over = true;
      events.closed(code);
    };
    try {
      socket = new WebSocket(url, SUBPROTOCOL);
    } catch {
      // A page served by HTTPS may not open `ws:`; like any other failure, it is told as a close.
      queueMicrotask(() => finish(NO_CODE));
    }
    socket?.addEventListener('open', () => !over && events.opened());
    socket?.addEventListener('message', ({ data }) => {
      if (!over && typeof data === 'string') events.message(data);
    });
    socket?.addEventListener('close', ({ code }) => finish(code));
    return {
      send(text) {
        if (socket?.readyState === WebSocket.OPEN) socket.send(text);
      },
      close() {
        over = true;
        socket?.close();
      },
    };
  },
};
