/** Frames from the server: JSON text in, a message or the reason why it is none out. Unknown fields are ignored. */
import type { ServerMessage } from '../protocol.ts';

/** A frame, read. A `type` of a later protocol is no error: it is passed over. */
export type Decoded =
  | { readonly type: 'message'; readonly message: ServerMessage }
  | { readonly type: 'unknown'; readonly name: string }
  | { readonly type: 'bad'; readonly why: string };

type Shape = Readonly<Record<string, 'string' | 'number' | 'object' | 'array' | 'boolean'>>;

// What the store reads without looking again. The data of a payload is the browser's to judge.
const SHAPES: Readonly<Record<ServerMessage['type'], Shape>> = {
  welcome: {
    user: 'string',
    epoch: 'string',
    proto: 'number',
    calls: 'array',
    ice: 'object',
    limits: 'object',
  },
  ok: {},
  error: { code: 'string', retry: 'boolean' },
  call: {
    id: 'string',
    rev: 'number',
    state: 'string',
    role: 'string',
    you: 'string',
    peer: 'object',
    media: 'array',
    gen: 'number',
    offerer: 'string',
  },
  offer: { type: 'string', sdp: 'string' },
  answer: { type: 'string', sdp: 'string' },
  candidate: {},
  media: { audio: 'boolean', video: 'boolean' },
  presence: { user: 'string', status: 'string' },
  changed: { what: 'array' },
  pong: {},
  bye: { reason: 'string', retry_in_ms: 'number' },
};

/** Reads one text frame. */
export function decode(text: string): Decoded {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return { type: 'bad', why: 'not JSON' };
  }
  if (!isRecord(frame) || typeof frame['type'] !== 'string') return { type: 'bad', why: 'no type' };
  const name = frame['type'];
  if (!isKnown(name)) return { type: 'unknown', name };
  const wrong = mismatch(frame['data'], name);
  if (wrong) return { type: 'bad', why: wrong };
  for (const call of name === 'welcome' ? welcomed(frame['data']) : []) {
    const wrongCall = mismatch(call, 'call');
    if (wrongCall) return { type: 'bad', why: `welcome: ${wrongCall}` };
  }
  // The shape was looked at above, as deep as the store relies on it.
  return { type: 'message', message: frame as unknown as ServerMessage };
}

function mismatch(data: unknown, name: ServerMessage['type']): string | undefined {
  for (const [field, wanted] of Object.entries(SHAPES[name])) {
    const value = isRecord(data) ? data[field] : undefined;
    const found = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    if (found !== wanted) return `${name}.${field} is ${found}, not ${wanted}`;
  }
  return undefined;
}

function welcomed(data: unknown): readonly unknown[] {
  return isRecord(data) && Array.isArray(data['calls']) ? data['calls'] : [];
}

function isKnown(name: string): name is ServerMessage['type'] {
  return Object.hasOwn(SHAPES, name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
