import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { sessionOf } from '../src/media/session.ts';
import { type Bytes, fromBase64, toBase64 } from '../src/safety/bytes.ts';
import { EMOJI, emojiName } from '../src/safety/emoji.ts';
import {
  BrokenExchange,
  type DeviceKey,
  exchange,
  type Fingerprints,
  type Wire,
} from '../src/safety/exchange.ts';
import { fingerprintsOf, onlyFingerprint } from '../src/safety/fingerprints.ts';

interface Vector {
  readonly title: string;
  readonly fingerprint_a: string;
  readonly fingerprint_b: string;
  readonly number_a: string;
  readonly number_b: string;
  readonly secret_a?: string;
  readonly secret_b?: string;
  readonly code: readonly string[];
  readonly messages: readonly { readonly from: 'a' | 'b'; readonly data: Data }[];
}

type Data = Readonly<Record<string, unknown>>;

function protocol(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../../protocol/${file}`, import.meta.url), 'utf8'));
}

const { vectors } = protocol('vectors/verification.json') as { readonly vectors: readonly Vector[] };

function bytes(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** What PKCS #8 has before the 32 bytes of an Ed25519 secret (RFC 8410 §7). */
const PKCS8 = bytes('302e020100300506032b657004220420');

async function keyOf(secret: string | undefined, publicKey: unknown): Promise<DeviceKey | undefined> {
  if (secret === undefined) return undefined;
  const whole = new Uint8Array([...PKCS8, ...bytes(secret)]);
  const key = await crypto.subtle.importKey('pkcs8', whole, 'Ed25519', false, ['sign']);
  const known = fromBase64(publicKey, 32);
  if (!known) throw new Error('no public key');
  return {
    publicKey: known,
    sign: async (data) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, data)),
  };
}

/** Two ends of a wire, and what was said on it. `between` may put something else in a message's place. */
function wires(between: (from: 'a' | 'b', data: Data) => Data = (_, data) => data) {
  const said: { from: 'a' | 'b'; data: Data }[] = [];
  const end = (from: 'a' | 'b'): Wire & { hear(data: unknown): void } => {
    const queue: unknown[] = [];
    let wake: ((data: unknown) => void) | undefined;
    return {
      say(data) {
        said.push({ from, data });
        (from === 'a' ? ends.b : ends.a).hear(between(from, data));
      },
      next: () =>
        queue.length > 0 ? Promise.resolve(queue.shift()) : new Promise((resolve) => (wake = resolve)),
      hear(data) {
        if (wake) wake(data);
        else queue.push(data);
      },
    };
  };
  const ends = { a: end('a'), b: end('b') };
  return { ...ends, said };
}

const LOW: Bytes = new Uint8Array(32).fill(1);
const HIGH: Bytes = new Uint8Array(32).fill(9);
const NUMBER: Bytes = new Uint8Array(32).fill(7);

function between(mine: Bytes, theirs: Bytes): Fingerprints {
  return { mine, theirs };
}

describe('the vectors of the protocol', () => {
  it.each(vectors)('$title', async (vector) => {
    const [, second, third] = vector.messages;
    const [a, b] = [bytes(vector.fingerprint_a), bytes(vector.fingerprint_b)];
    const wire = wires();
    const outcomes = await Promise.all([
      exchange(
        between(a, b),
        await keyOf(vector.secret_a, third?.data['key']),
        wire.a,
        bytes(vector.number_a),
      ),
      exchange(
        between(b, a),
        await keyOf(vector.secret_b, second?.data['key']),
        wire.b,
        bytes(vector.number_b),
      ),
    ]);
    expect(wire.said).toEqual(vector.messages);
    expect(outcomes).toEqual([
      { code: vector.code, key: second?.data['key'] },
      { code: vector.code, key: third?.data['key'] },
    ]);
  });

  it('name the emoji of this list, in this order', () => {
    expect({ version: 1, emoji: EMOJI }).toEqual(protocol('emoji.json'));
    expect([emojiName('🦄', 'en'), emojiName('🦄', 'zh'), emojiName('?', 'en')]).toEqual([
      'unicorn',
      '独角兽',
      '',
    ]);
  });
});

describe('somebody in the middle', () => {
  it('who takes part on both sides has other emoji on each', async () => {
    const [one, other] = [new Uint8Array(32).fill(3), new Uint8Array(32).fill(4)];
    const [left, right] = [wires(), wires()];
    const [alice, , , bob] = await Promise.all([
      exchange(between(LOW, one), undefined, left.a, NUMBER),
      exchange(between(one, LOW), undefined, left.b, NUMBER),
      exchange(between(other, HIGH), undefined, right.a, NUMBER),
      exchange(between(HIGH, other), undefined, right.b, NUMBER),
    ]);
    expect(alice.code).not.toEqual(bob.code);
  });

  it('who passes everything on is found out', async () => {
    const [one, other] = [new Uint8Array(32).fill(3), new Uint8Array(32).fill(4)];
    const wire = wires();
    void exchange(between(LOW, one), undefined, wire.a);
    await expect(exchange(between(HIGH, other), undefined, wire.b)).rejects.toThrow(BrokenExchange);
  });

  it('who sends a device back to itself is found out', async () => {
    await expect(exchange(between(LOW, LOW), undefined, wires().a)).rejects.toThrow(BrokenExchange);
  });

  it('cannot choose a number after having committed to another', async () => {
    const wire = wires((from, data) =>
      from === 'a' && 'number' in data ? { ...data, number: toBase64(HIGH) } : data,
    );
    void exchange(between(LOW, HIGH), undefined, wire.a);
    await expect(exchange(between(HIGH, LOW), undefined, wire.b)).rejects.toThrow(BrokenExchange);
  });

  it('cannot show the key of a device that has signed another exchange', async () => {
    const [vector] = vectors;
    const [, second] = vector?.messages ?? [];
    const wire = wires((from, data) => (from === 'b' ? { ...second?.data, number: data['number'] } : data));
    const [a] = await Promise.all([
      exchange(between(LOW, HIGH), undefined, wire.a, NUMBER),
      exchange(between(HIGH, LOW), undefined, wire.b, NUMBER),
    ]);
    expect(a.key).toBeUndefined();
  });
});

it.each([
  ['another version', { v: 2, commitment: toBase64(NUMBER) }],
  ['no commitment', { v: 1 }],
  ['a short one', { v: 1, commitment: 'AAAA' }],
  ['no object', 'commitment'],
  ['nothing', null],
])('a device that begins with %s is not believed', async (_, first) => {
  const wire = wires();
  wire.b.hear(first);
  await expect(exchange(between(HIGH, LOW), undefined, wire.b)).rejects.toThrow(BrokenExchange);
});

describe('the fingerprint of a description', () => {
  const line = (name: string, byte: string) => `a=fingerprint:${name} ${Array(32).fill(byte).join(':')}`;

  it('is the one that all of its sections have', () => {
    const sdp = ['v=0', line('sha-256', 'AB'), 'm=audio', line('SHA-256', 'ab'), ''].join('\r\n');
    expect(onlyFingerprint(sdp)).toEqual(new Uint8Array(32).fill(0xab));
  });

  it.each([
    ['there is none', 'v=0\r\n'],
    ['one section has another', `${line('sha-256', 'AB')}\r\n${line('sha-256', 'CD')}\r\n`],
    ['there is a second one of another kind', `${line('sha-256', 'AB')}\r\n${line('sha-512', 'CD')}\r\n`],
    ['it is of another kind', `${line('sha-1', 'AB')}\r\n`],
    ['it is cut', `${line('sha-256', 'AB').slice(0, -3)}\r\n`],
    ['a second one is written with blanks', `${line('sha-256', 'AB')}\r\na= fingerprint:sha-512 CD\r\n`],
    ['it is written with blanks', `a =fingerprint:sha-256 ${Array(32).fill('AB').join(':')}\r\n`],
    ['another hides behind a lone line end', `${line('sha-256', 'AB')}\r\n\n ${line('sha-256', 'CD')}\r`],
  ])('is unknown if %s', (_, sdp) => {
    expect(onlyFingerprint(sdp)).toBeUndefined();
  });
});

it.each([
  ['a=fingerprint:sha-256 CD'],
  ['a= fingerprint:sha-256 CD'],
  ['a =fingerprint:sha-256 CD'],
  ['a=fingerprint: sha-256 CD'],
  [' a=FINGERPRINT :sha-256 CD'],
  ['a=fingerprint:sha-256  AB'],
])(
  'a description with a further line %j is of another peer connection, as a lenient browser may read it',
  (further) => {
    const sdp = ['v=0', 'o=- 7 2 IN IP4 0.0.0.0', 'm=audio', 'a=fingerprint:sha-256 AB', 'm=video'];
    const known = sessionOf([...sdp, 'a=fingerprint:sha-256 AB', ''].join('\r\n'));
    expect(known).toBe('7,a=fingerprint:sha-256 ab');
    expect(sessionOf([...sdp, further, ''].join('\r\n'))).not.toBe(known);
  },
);

it('the fingerprints of a connection whose answer the page has not been told of yet are waited for', async () => {
  const described = (byte: string) => ({
    sdp: `a=fingerprint:sha-256 ${Array(32).fill(byte).join(':')}\r\n`,
  });
  const descriptions = { currentLocalDescription: null, currentRemoteDescription: null, sctp: null };
  const peer = Object.assign(new EventTarget(), descriptions) as unknown as RTCPeerConnection;
  const found = fingerprintsOf(peer);
  peer.dispatchEvent(new Event('signalingstatechange'));
  Object.assign(peer, {
    currentLocalDescription: described('01'),
    currentRemoteDescription: described('02'),
  });
  peer.dispatchEvent(new Event('signalingstatechange'));
  expect(await found).toEqual({ mine: new Uint8Array(32).fill(1), theirs: new Uint8Array(32).fill(2) });
});
