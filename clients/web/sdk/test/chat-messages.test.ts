/** What comes in by the chat's channels is a stranger's. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  CHUNK_BYTES,
  cleanName,
  cleanText,
  decodeChunk,
  decodeTalk,
  encodeChunk,
  newId,
  TEXT_LIMIT,
} from '../src/chat/messages.ts';
import { Sha256 } from '../src/chat/sha256.ts';
import { step } from '../src/chat/step.ts';
import { idOf, Side } from './chat-pair.ts';

const EXAMPLES = new URL('../../../../protocol/examples/talk/', import.meta.url);

/** The same numbers for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('a message of the channel talk', () => {
  it.each(readdirSync(EXAMPLES))('as in the example %s is read as it is', (name) => {
    const message: unknown = JSON.parse(readFileSync(new URL(name, EXAMPLES), 'utf8'));
    expect(decodeTalk(JSON.stringify(message))).toEqual(message);
    expect(decodeTalk(JSON.stringify({ ...(message as object), later: 1 }))).toEqual(message);
  });

  it.each([
    ['no text', new ArrayBuffer(3)],
    ['no JSON', '{'],
    ['no object', 'null'],
    ['an unknown type', `{"type":"sing","id":"${idOf('a')}"}`],
    ['no id', '{"type":"got"}'],
    ['an id of another length', '{"type":"got","id":"abc"}'],
    ['an id of other letters', '{"type":"got","id":"abcdefghijklmno/"}'],
    ['no text in it', `{"type":"text","id":"${idOf('a')}"}`],
    ['nothing but control characters', `{"type":"text","id":"${idOf('a')}","text":"\\u0000\\n"}`],
    ['a text that is too long', `{"type":"text","id":"${idOf('a')}","text":"${'x'.repeat(TEXT_LIMIT + 1)}"}`],
    ['a size that is none', `{"type":"offer","id":"${idOf('a')}","name":"a","size":-1,"mime":""}`],
    ['a size beyond all files', `{"type":"offer","id":"${idOf('a')}","name":"a","size":1e300,"mime":""}`],
    ['a hash that is none', `{"type":"end","id":"${idOf('a')}","sha256":"00"}`],
    ['a broken offset', `{"type":"want","id":"${idOf('a')}","offset":0.5}`],
    ['a hello without a list', '{"type":"hello","answer":true,"files":1}'],
    [
      'more than a message may have',
      JSON.stringify({ type: 'got', id: idOf('a'), pad: 'x'.repeat(16 * 1024) }),
    ],
  ])('with %s is passed over', (_, json) => {
    expect(decodeTalk(json)).toBeUndefined();
  });

  it('with a reason of a later client is read as cancelled', () => {
    expect(decodeTalk(`{"type":"refuse","id":"${idOf('a')}","reason":"bored"}`)).toEqual({
      type: 'refuse',
      id: idOf('a'),
      reason: 'cancelled',
    });
  });

  it('that fits a text fits the channel, whatever the text is made of', () => {
    for (const letter of ['"', '\\', '\n', '\uD83D', '語', '\u2028']) {
      const text = letter.repeat(TEXT_LIMIT);
      const message = { type: 'text', id: idOf('a'), text: `a${text.slice(2)}b` };
      expect(decodeTalk(JSON.stringify(message))).toMatchObject({ type: 'text' });
    }
  });

  it('never breaks anything, however it is broken', () => {
    const next = random(7);
    const examples = readdirSync(EXAMPLES).map((name) => readFileSync(new URL(name, EXAMPLES), 'utf8'));
    const side = new Side().tell({ type: 'linked' });
    let { state } = side;
    let read = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const letters = [...(examples[Math.floor(next() * examples.length)] ?? '')];
      const changes = Math.floor(next() * 4);
      for (let change = 0; change < changes; change += 1) {
        const at = Math.floor(next() * letters.length);
        letters.splice(at, Math.floor(next() * 3), String.fromCharCode(32 + Math.floor(next() * 95)));
      }
      const message = decodeTalk(letters.join(''));
      if (!message) continue;
      read += 1;
      state = step(state, { type: 'hear', message }, round).state;
    }
    expect(read).toBeGreaterThan(1_000);
    expect(state.entries.length).toBeLessThanOrEqual(500);
    for (const entry of state.entries) {
      if (entry.type === 'text') expect(entry.text).toBe(cleanText(entry.text));
      else expect(entry.name).toBe(cleanName(entry.name));
    }
  });
});

describe('a piece of a file', () => {
  it('is read as it was written', () => {
    const chunk = { id: newId(), offset: 5_000_000_000, bytes: new Uint8Array([1, 2, 3]) };
    expect(decodeChunk(encodeChunk(chunk).buffer)).toEqual(chunk);
  });

  it.each([
    ['text', 'abc'],
    ['nothing', new ArrayBuffer(0)],
    ['a header alone', encodeChunk({ id: idOf('a'), offset: 0, bytes: new Uint8Array() }).buffer],
    ['too much', encodeChunk({ id: idOf('a'), offset: 0, bytes: new Uint8Array(CHUNK_BYTES + 1) }).buffer],
    ['an id that is none', encodeChunk({ id: ' '.repeat(16), offset: 0, bytes: new Uint8Array(1) }).buffer],
    ['an offset beyond numbers', new Uint8Array(32).fill(0x61).fill(0xff, 16).buffer],
  ])('that is %s is passed over', (_, data) => {
    expect(decodeChunk(data)).toBeUndefined();
  });

  it('is read or passed over, whatever the bytes', () => {
    const next = random(11);
    for (let round = 0; round < 5_000; round += 1) {
      const bytes = Uint8Array.from({ length: Math.floor(next() * 64) }, () => Math.floor(next() * 256));
      const chunk = decodeChunk(bytes.buffer);
      if (chunk) expect(new Uint8Array(encodeChunk(chunk).buffer)).toEqual(bytes);
    }
  });
});

describe('the name of a file', () => {
  it.each([
    ['holiday.jpg', 'holiday.jpg'],
    ['日記 2026.txt', '日記 2026.txt'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\secret.doc', 'secret.doc'],
    ['..', 'file'],
    ['', 'file'],
    ['.bashrc', 'bashrc'],
    ['photo\u202Egpj.exe', 'photo gpj.exe'],
    ['a\u0000b\nc\u200B.txt', 'a b c .txt'],
    [`photo.jpg${' '.repeat(120)}.exe`, 'photo.jpg .exe'],
    ['a:b*c?.txt', 'a b c .txt'],
    ['trailing. . ', 'trailing'],
    ['half \uD83D.txt', 'half .txt'],
  ])('%j is shown and saved as %j', (name, cleaned) => {
    expect(cleanName(name)).toBe(cleaned);
  });

  it('keeps its ending when it is too long', () => {
    const cleaned = cleanName(`${'n'.repeat(5_000)}.tar.gz`);
    expect([cleaned.length, cleaned.endsWith('nnn.tar.gz')]).toEqual([191, true]);
  });
});

describe('the hash of a file that comes in pieces', () => {
  it('is SHA-256, however it is cut', () => {
    const next = random(3);
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_000, 100_000]) {
      const bytes = Uint8Array.from({ length }, () => Math.floor(next() * 256));
      const hash = new Sha256();
      for (let at = 0; at < length; ) {
        const piece = 1 + Math.floor(next() * 300);
        hash.add(bytes.subarray(at, at + piece));
        at += piece;
      }
      expect(hash.end()).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });
});
