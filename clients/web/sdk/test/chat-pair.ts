/** Two chats and the way between them, in virtual time: what is under way is lost when it is cut. */
import { type Chunk, decodeChunk, decodeTalk, encodeChunk, type Talk } from '../src/chat/messages.ts';
import type { ChatEntry, ChatText } from '../src/chat/public.ts';
import { type Input, initialState, type Output, type State } from '../src/chat/state.ts';
import { shown, step } from '../src/chat/step.ts';

/** Small pieces, so that a short file takes several. */
const PIECE = 4;
export const MIB = 1024 ** 2;

/** An id that can be read. */
export const idOf = (name: string) => name.padEnd(16, '-');

export class Side {
  state: State;
  /** What is said and not heard yet. */
  readonly said: Talk[] = [];
  readonly refused: string[] = [];
  /** What it may send. */
  readonly files = new Map<string, string>();
  /** Where it sends. */
  readonly pumps = new Map<string, number>();
  /** What it has been given. */
  readonly kept = new Map<string, string>();
  readonly received = new Map<string, Blob>();
  now = 1_000;

  constructor(maxFileBytes = MIB, texts: readonly ChatText[] = []) {
    this.state = initialState(maxFileBytes, texts);
  }

  get status(): string {
    return shown(this.state, this.received).status;
  }

  get entries(): readonly ChatEntry[] {
    return shown(this.state, this.received).entries;
  }

  /** Each entry in a word or two. */
  get gist(): string[] {
    return this.entries.map((entry) =>
      entry.type === 'text'
        ? `${entry.by} ${entry.text} ${entry.state}`
        : [entry.by, entry.name, entry.state, `${entry.bytes}/${entry.size}`, entry.endedBy ?? '']
            .join(' ')
            .trim(),
    );
  }

  tell(input: Input): this {
    const { state, outputs } = step(this.state, input, this.now);
    this.state = state;
    for (const output of outputs) this.#do(output);
    return this;
  }

  send(text: string): this {
    return this.tell({ type: 'send', id: idOf(text.replace(/\W/g, '_').slice(0, 16)), text });
  }

  offer(name: string, content: string): string {
    const id = idOf(name.replace('.', '_'));
    this.files.set(id, content);
    this.tell({ type: 'offer', id, name, size: content.length, mime: 'text/plain' });
    return id;
  }

  #do(output: Output): void {
    switch (output.type) {
      case 'say':
        this.said.push(output.message);
        return;
      case 'pump':
        this.pumps.set(output.id, output.from);
        return;
      case 'halt':
        this.pumps.delete(output.id);
        return;
      case 'forget':
        this.pumps.delete(output.id);
        this.kept.delete(output.id);
        return;
      case 'keep':
        this.kept.set(output.id, (this.kept.get(output.id) ?? '') + new TextDecoder().decode(output.bytes));
        return;
      case 'check': {
        const whole = output.sha256 === hashOf(this.kept.get(output.id) ?? '');
        this.tell({ type: 'checked', id: output.id, whole });
        return;
      }
      case 'refuse':
        this.refused.push(`${output.code} ${output.hint}`);
    }
  }
}

export class Pair {
  readonly alice: Side;
  readonly bob: Side;

  constructor(alice = new Side(), bob = new Side()) {
    this.alice = alice;
    this.bob = bob;
  }

  /** Both channels open at once. */
  link(): this {
    this.alice.tell({ type: 'linked' });
    this.bob.tell({ type: 'linked' });
    return this.talk();
  }

  /** Everything that was said is heard. */
  talk(): this {
    while (this.#hear(this.alice, this.bob) || this.#hear(this.bob, this.alice));
    return this;
  }

  /** So many pieces of each file go over. */
  flow(pieces = Number.POSITIVE_INFINITY): this {
    this.talk();
    for (let piece = 0; piece < pieces; piece += 1) {
      const moved = [this.#move(this.alice, this.bob), this.#move(this.bob, this.alice)];
      this.talk();
      if (!moved.includes(true)) break;
    }
    return this;
  }

  /** What is under way is lost. */
  cut(): this {
    for (const side of [this.alice, this.bob]) {
      side.said.length = 0;
      side.tell({ type: 'lost' });
    }
    return this;
  }

  pass(ms: number): this {
    this.alice.now += ms;
    this.bob.now += ms;
    return this;
  }

  #hear(from: Side, to: Side): boolean {
    const message = from.said.shift();
    if (!message) return false;
    const heard = decodeTalk(JSON.stringify(message));
    if (!heard) throw new Error(`cannot be read: ${JSON.stringify(message)}`);
    to.tell({ type: 'hear', message: heard });
    return true;
  }

  #move(from: Side, to: Side): boolean {
    let moved = false;
    for (const [id, at] of [...from.pumps]) {
      const content = from.files.get(id) ?? '';
      if (at >= content.length) {
        from.pumps.delete(id);
        from.tell({ type: 'sent-all', id, sha256: hashOf(content) });
      } else {
        const bytes = new TextEncoder().encode(content.slice(at, at + PIECE));
        from.pumps.set(id, at + bytes.length);
        from.tell({ type: 'sent', id, bytes: at + bytes.length });
        to.tell({ type: 'chunk', chunk: travelled({ id, offset: at, bytes }) });
      }
      moved = true;
    }
    return moved;
  }
}

function travelled(chunk: Chunk): Chunk {
  const heard = decodeChunk(encodeChunk(chunk).buffer);
  if (!heard) throw new Error('a piece cannot be read');
  return heard;
}

/** Stands for the hash: whatever has other letters has another one. */
export function hashOf(content: string): string {
  return Buffer.from(content).toString('hex').padEnd(64, '0').slice(0, 64);
}
