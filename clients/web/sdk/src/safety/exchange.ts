/**
 * The exchange by which two devices come to the same four emoji, if nobody is between them: PROTOCOL.md, "Verification".
 *
 * It runs inside the connection that it is about. Whoever sits in the middle has two such connections, with two pairs of
 * fingerprints, and must have committed to the numbers of both before learning what the emoji will be.
 */
import { type Bytes, compare, fromBase64, join, sha256, toBase64 } from './bytes.ts';
import { EMOJI } from './emoji.ts';

const LABEL = 'visavis-verify-1';
const VERSION = 1;
const NUMBER_BYTES = 32;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Four emoji of six bits each. */
const CODE_BITS = 24;

/** SHA-256 of the two certificates. */
export interface Fingerprints {
  readonly mine: Bytes;
  readonly theirs: Bytes;
}

/** What this device signs with; Ed25519. */
export interface DeviceKey {
  readonly publicKey: Bytes;
  sign(data: Bytes): Promise<Bytes>;
}

/** The way to the other device, in order and without loss. */
export interface Wire {
  say(data: Readonly<Record<string, unknown>>): void;
  next(): Promise<unknown>;
}

/** What came of it. */
export interface Outcome {
  /** Four emoji. */
  readonly code: readonly string[];
  /** The other device's key, in base64url, if it has one and has signed with it. */
  readonly key: string | undefined;
}

/** The other side has broken the rules of the exchange. */
export class BrokenExchange extends Error {}

/** What both sides know of the exchange at its end. A is the side whose fingerprint is the smaller one. */
export interface Facts {
  readonly fingerprintA: Bytes;
  readonly fingerprintB: Bytes;
  readonly commitment: Bytes;
  readonly numberA: Bytes;
  readonly numberB: Bytes;
}

type Side = 'A' | 'B';

/** Takes part in it. `number`: 32 random bytes that nobody else has seen. */
export async function exchange(
  { mine, theirs }: Fingerprints,
  key: DeviceKey | undefined,
  wire: Wire,
  number: Bytes = crypto.getRandomValues(new Uint8Array(NUMBER_BYTES)),
): Promise<Outcome> {
  const order = compare(mine, theirs);
  // Our own certificate: somebody sends us back to ourselves.
  if (order === 0) throw new BrokenExchange('both sides have one certificate');
  const sides = order < 0 ? { A: mine, B: theirs } : { A: theirs, B: mine };
  const fixed = { fingerprintA: sides.A, fingerprintB: sides.B };
  const proof = async (side: Side, facts: Omit<Facts, 'numberA'>) => {
    if (!key) return {};
    const signature = await key.sign(await signed(side, facts));
    return { key: toBase64(key.publicKey), signature: toBase64(signature) };
  };
  if (order < 0) {
    const commitment = await commit(sides.A, sides.B, number);
    wire.say({ v: VERSION, commitment: toBase64(commitment) });
    const answer = read(await wire.next());
    const numberB = bytesOf(answer['number'], NUMBER_BYTES);
    const facts = { ...fixed, commitment, numberA: number, numberB };
    wire.say({ v: VERSION, number: toBase64(number), ...(await proof('A', facts)) });
    return { code: await code(facts), key: await proven('B', facts, answer) };
  }
  const commitment = bytesOf(read(await wire.next())['commitment'], 32);
  const known = { ...fixed, commitment, numberB: number };
  wire.say({ v: VERSION, number: toBase64(number), ...(await proof('B', known)) });
  const last = read(await wire.next());
  const facts = { ...known, numberA: bytesOf(last['number'], NUMBER_BYTES) };
  if (compare(await commit(sides.A, sides.B, facts.numberA), commitment) !== 0) {
    throw new BrokenExchange('the number is not the one that was committed to');
  }
  return { code: await code(facts), key: await proven('A', facts, last) };
}

/** What A says first, of a number that it says last. */
export function commit(fingerprintA: Bytes, fingerprintB: Bytes, numberA: Bytes): Promise<Bytes> {
  return sha256(`${LABEL} commitment`, fingerprintA, fingerprintB, numberA);
}

/** What a side signs with the key of its device. */
export async function signed(
  side: Side,
  { fingerprintA, fingerprintB, commitment, numberB }: Omit<Facts, 'numberA'>,
): Promise<Bytes> {
  const transcript = await sha256(`${LABEL} transcript`, fingerprintA, fingerprintB, commitment, numberB);
  return join(`${LABEL} device ${side}`, transcript);
}

/** The emoji. */
export async function code({ fingerprintA, fingerprintB, numberA, numberB }: Facts): Promise<string[]> {
  const key = await crypto.subtle.importKey('raw', join(numberA, numberB), 'HKDF', false, ['deriveBits']);
  const info = join(`${LABEL} emoji`, fingerprintA, fingerprintB);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  const bits = new Uint8Array(await crypto.subtle.deriveBits(how, key, CODE_BITS));
  const number = bits.reduce((sum, byte) => sum * 256 + byte, 0);
  return [18, 12, 6, 0].map((shift) => EMOJI[(number >> shift) & 63]?.emoji ?? '');
}

/** The key with which that side has signed; none if it has not, or wrongly, or if this browser cannot tell. */
async function proven(
  side: Side,
  facts: Facts,
  data: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const key = fromBase64(data['key'], KEY_BYTES);
  const signature = fromBase64(data['signature'], SIGNATURE_BYTES);
  if (!key || !signature) return undefined;
  try {
    const imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
    const good = await crypto.subtle.verify('Ed25519', imported, signature, await signed(side, facts));
    return good ? toBase64(key) : undefined;
  } catch {
    return undefined;
  }
}

function read(data: unknown): Readonly<Record<string, unknown>> {
  if (typeof data !== 'object' || data === null || (data as { v?: unknown }).v !== VERSION) {
    throw new BrokenExchange('not of this version');
  }
  return data as Readonly<Record<string, unknown>>;
}

function bytesOf(text: unknown, length: number): Bytes {
  const bytes = fromBase64(text, length);
  if (!bytes) throw new BrokenExchange(`not ${length} bytes`);
  return bytes;
}
