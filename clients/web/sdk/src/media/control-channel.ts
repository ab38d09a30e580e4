/**
 * The control channel: a data channel beside the media, by which two devices control a call while the server is away.
 * PROTOCOL.md, "The control channel". What comes in is bounded and read with suspicion: the other side is a stranger.
 */
import type { ControlMessage } from '../core/control.ts';

/** The protocol's limit of a message. */
const MESSAGE_LIMIT = 16 * 1024;
/** Messages read in one second; a device says about two. More are dropped until the second is over. */
const MESSAGES_PER_SECOND = 50;

export interface ControlEvents {
  opened(): void;
  heard(message: ControlMessage): void;
  /** The other side has closed its peer connection. */
  closed(): void;
}

/** One end of the channel. It must be made before the first description. */
export class ControlChannel {
  readonly #channel: RTCDataChannel;
  readonly #events: ControlEvents;
  #second = 0;
  #heard = 0;

  constructor(peer: RTCPeerConnection, events: ControlEvents) {
    this.#events = events;
    this.#channel = peer.createDataChannel('ctl', { negotiated: true, id: 0, ordered: true });
    this.#channel.addEventListener('open', () => events.opened());
    this.#channel.addEventListener('close', () => events.closed());
    this.#channel.addEventListener('message', ({ data }) => this.#read(data));
  }

  /** Says it, if the channel is open. */
  send(message: ControlMessage): void {
    if (this.#channel.readyState !== 'open') return;
    try {
      this.#channel.send(JSON.stringify(message));
    } catch {
      // Its buffer is full, so the path has been dead for long; the server is the other way.
      return;
    }
  }

  #read(data: unknown): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#heard = 0;
    this.#second = second;
    this.#heard += 1;
    if (this.#heard > MESSAGES_PER_SECOND) return;
    const message = decodeControl(data);
    if (message) this.#events.heard(message);
  }
}

/** Reads one message; undefined for rubbish and for what a later client may say. */
export function decodeControl(text: unknown): ControlMessage | undefined {
  if (typeof text !== 'string' || text.length > MESSAGE_LIMIT) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { type, data } = value;
  switch (type) {
    case 'hangup':
    case 'leaving':
    case 'recording-stop':
      return { type };
    case 'verify':
      return { type, data };
    case 'media':
      return isRecord(data) ? readNotice(data) : undefined;
    case 'received': {
      const { audio, video, busy, silent } = isRecord(data) ? data : {};
      if (!isCount(audio) || !isCount(video)) return undefined;
      const ailing = { ...(busy === true && { busy }), ...(silent === true && { silent }) };
      return { type, data: { audio, video, ...ailing } };
    }
    default:
      return undefined;
  }
}

function readNotice(data: Record<string, unknown>): ControlMessage | undefined {
  const { audio, video, screen, hold, lost, weak, n } = data;
  if (typeof audio !== 'boolean' || typeof video !== 'boolean') return undefined;
  return {
    type: 'media',
    data: {
      audio,
      video,
      ...(typeof screen === 'boolean' ? { screen } : {}),
      ...(typeof hold === 'boolean' ? { hold } : {}),
      ...(typeof lost === 'boolean' ? { lost } : {}),
      ...(typeof weak === 'boolean' ? { weak } : {}),
      ...(isCount(n) ? { n } : {}),
    },
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
