/** How text messages travel to the server and back, in order: a WebSocket, or whatever an application has. */

/** Opens connections. */
export interface Transport {
  /** Starts to connect. Exactly one `closed` comes in the end, also if `opened` never came. */
  open(url: string, events: TransportEvents): Connection;
  /** The way itself says whose device this is, so no ticket is asked for. */
  readonly vouched?: boolean;
  /** The network is another one, so what was found out about it no longer holds. */
  networkChanged?(): void;
}

/** What a connection tells. */
export interface TransportEvents {
  opened(): void;
  message(text: string): void;
  /** `code`: a WebSocket close code, 1006 if there was none. */
  closed(code: number): void;
}

/** An open or opening connection. */
export interface Connection {
  /** Sends; a message that can no longer be sent is dropped, and `closed` follows. */
  send(text: string): void;
  /** Closes. No event comes after it. */
  close(): void;
}

/** A way for texts, as an application has it: its messenger, for example. See `@visavis/client/channel`. */
export interface Carrier {
  /** Brings a text to the server's bridge. If it returns a promise, the next text waits for it; when that rejects, the
   *  connection is lost, and made anew. */
  send(text: string): unknown;
  /** Calls `run` with each text that comes from the bridge, until the returned function is called. */
  receive(run: (text: string) => void): () => void;
}
