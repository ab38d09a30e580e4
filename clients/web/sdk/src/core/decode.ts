/** Frames from the server: JSON text in, a message or the reason why it is none out. Unknown fields are ignored. */
import type { ServerMessage } from '../protocol.ts';

/** A frame, read. A `type` of a later protocol is no error: it is passed over. */
export type Decoded =
  | { readonly type: 'message'; readonly message: ServerMessage }
  | { readonly type: 'unknown'; readonly name: string }
  | { readonly type: 'bad'; readonly why: string };

type Shape = Readonly<Partial<Record<'string' | 'number' | 'object' | 'array' | 'boolean', string>>>;

// What the store reads without looking again: the fields of each kind. The data of a payload is the browser's to judge.
const DESCRIPTION: Shape = { string: 'type sdp' };
const SHAPES: Readonly<Record<ServerMessage['type'], Shape>> = {
  welcome: { string: 'user epoch', number: 'proto', array: 'calls', object: 'ice limits' },
  ok: {},
  error: { string: 'code', boolean: 'retry' },
  call: { string: 'id state role you offerer', number: 'rev gen', object: 'peer', array: 'media' },
  offer: DESCRIPTION,
  answer: DESCRIPTION,
  candidate: {},
  media: { boolean: 'audio video' },
  presence: { string: 'user status' },
  changed: { array: 'what' },
  pong: {},
  bye: { string: 'reason', number: 'retry_in_ms' },
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
  for (const [wanted, fields] of Object.entries(SHAPES[name])) {
    for (const field of fields.split(' ')) {
      const value = isRecord(data) ? data[field] : undefined;
      const found = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
      if (found !== wanted) return `${name}.${field} is ${found}, not ${wanted}`;
    }
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
