/**
 * What the two devices say to each other in the channels `talk` and `file`: PROTOCOL.md, "Chat and files". What comes in is
 * bounded and read with suspicion: the other side is a stranger.
 */

/** Longest message of `talk`, in characters. */
const MESSAGE_LIMIT = 16 * 1024;
/** Longest text, in UTF-16 code units: as JSON it fits into a message, whatever it is made of. */
export const TEXT_LIMIT = 2_000;
const NAME_LIMIT = 200;
const MIME_LIMIT = 100;
/** Files that the other side may say are under way. */
const LIVE_LIMIT = 64;
/** An id: 12 random bytes in base64url. */
const ID_LENGTH = 16;
const ID = /^[\w-]{16}$/;
/** In front of the bytes of a file: its id in ASCII, and where they belong, as an unsigned number of 8 bytes. */
const HEADER_BYTES = ID_LENGTH + 8;
/** Bytes of a file in one message. */
export const CHUNK_BYTES = 16 * 1024;

export type Talk =
  /** This side is there. `answer`: it has heard that the other one is. `live`: the files that it still sends. */
  | {
      readonly type: 'hello';
      readonly answer: boolean;
      readonly files: number;
      readonly live: readonly string[];
    }
  | { readonly type: 'text'; readonly id: string; readonly text: string }
  /** That text is here. */
  | { readonly type: 'got'; readonly id: string }
  /** By the sender of a file. */
  | {
      readonly type: 'offer';
      readonly id: string;
      readonly name: string;
      readonly size: number;
      readonly mime: string;
    }
  | { readonly type: 'end'; readonly id: string; readonly sha256: string }
  | { readonly type: 'withdraw'; readonly id: string; readonly reason: WithdrawReason }
  /** By its receiver. `want`: the bytes from there on. */
  | { readonly type: 'want'; readonly id: string; readonly offset: number }
  | { readonly type: 'refuse'; readonly id: string; readonly reason: RefuseReason }
  | { readonly type: 'have'; readonly id: string };

const WITHDRAW_REASONS = ['cancelled', 'unreadable'] as const;
export type WithdrawReason = (typeof WITHDRAW_REASONS)[number];
const REFUSE_REASONS = ['cancelled', 'declined', 'damaged', 'full'] as const;
export type RefuseReason = (typeof REFUSE_REASONS)[number];

/** A piece of a file. */
export interface Chunk {
  readonly id: string;
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** 12 random bytes. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

/** Reads one message; undefined for rubbish and for what a later client may say. */
export function decodeTalk(json: unknown): Talk | undefined {
  if (typeof json !== 'string' || json.length > MESSAGE_LIMIT) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  return isRecord(value) ? readTalk(value) : undefined;
}

function readTalk(value: Readonly<Record<string, unknown>>): Talk | undefined {
  if (value['type'] === 'hello') return readHello(value);
  const { type, id } = value;
  if (!isId(id)) return undefined;
  switch (type) {
    case 'got':
    case 'have':
      return { type, id };
    case 'text': {
      const text = cleanText(value['text']);
      return text === '' ? undefined : { type, id, text };
    }
    case 'offer': {
      const { name, size, mime } = value;
      if (typeof name !== 'string' || !isCount(size)) return undefined;
      return { type, id, name: cleanName(name), size, mime: cleanMime(mime) };
    }
    case 'end': {
      const { sha256 } = value;
      return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? { type, id, sha256 } : undefined;
    }
    case 'want': {
      const { offset } = value;
      return isCount(offset) ? { type, id, offset } : undefined;
    }
    case 'withdraw':
      return { type, id, reason: oneOf(WITHDRAW_REASONS, value['reason']) };
    case 'refuse':
      return { type, id, reason: oneOf(REFUSE_REASONS, value['reason']) };
    default:
      return undefined;
  }
}

function readHello({ answer, files, live }: Readonly<Record<string, unknown>>): Talk | undefined {
  if (typeof answer !== 'boolean' || !isCount(files) || !Array.isArray(live)) return undefined;
  return { type: 'hello', answer, files, live: live.slice(0, LIVE_LIMIT).filter(isId) };
}

/** One message of the channel `file`. */
export function encodeChunk({ id, offset, bytes }: Chunk): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER_BYTES + bytes.length);
  for (let index = 0; index < ID_LENGTH; index += 1) frame[index] = id.charCodeAt(index);
  new DataView(frame.buffer).setBigUint64(ID_LENGTH, BigInt(offset));
  frame.set(bytes, HEADER_BYTES);
  return frame;
}

/** Reads one message of the channel `file`; undefined for rubbish. */
export function decodeChunk(data: unknown): Chunk | undefined {
  if (!(data instanceof ArrayBuffer)) return undefined;
  if (data.byteLength <= HEADER_BYTES || data.byteLength > HEADER_BYTES + CHUNK_BYTES) return undefined;
  const id = String.fromCharCode(...new Uint8Array(data, 0, ID_LENGTH));
  const offset = Number(new DataView(data).getBigUint64(ID_LENGTH));
  if (!isId(id) || !isCount(offset)) return undefined;
  return { id, offset, bytes: new Uint8Array(data, HEADER_BYTES) };
}

/** As it is shown: without control characters but line breaks and tabs. Empty if it is no text, or too long. */
export function cleanText(text: unknown): string {
  if (typeof text !== 'string' || text.length > TEXT_LIMIT) return '';
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .replace(/\p{Cs}/gu, '\uFFFD')
    .trim();
}

/**
 * A name that can stand for a file and for nothing else: no folders, no control characters, nothing that turns the direction
 * of writing (`gpj.exe` read backwards), no row of spaces that hides an ending.
 */
export function cleanName(name: string): string {
  const cleaned = (name.slice(-MESSAGE_LIMIT).split(/[\\/]/).pop() ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\s:*?"<>|]+/gu, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  // The ending says what it is, so it is kept.
  const short = cleaned.length > NAME_LIMIT ? `${cleaned.slice(0, 150)}…${cleaned.slice(-40)}` : cleaned;
  return short.replace(/\p{Cs}/gu, '') || 'file';
}

function cleanMime(mime: unknown): string {
  const isMime = typeof mime === 'string' && mime.length <= MIME_LIMIT && /^[\w.+-]+\/[\w.+-]+$/.test(mime);
  return isMime ? mime.toLowerCase() : '';
}

function oneOf<T extends string>(known: readonly [T, ...T[]], value: unknown): T {
  return known.find((one) => one === value) ?? known[0];
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
