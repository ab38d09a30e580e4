/** The bytes of files that come, until they are whole. */
import { Sha256 } from './sha256.ts';

/** Put into one blob, which the browser may keep on its disk. */
const PART_BYTES = 1024 ** 2;

interface Coming {
  readonly parts: Blob[];
  readonly hash: Sha256;
  waiting: Uint8Array<ArrayBuffer>[];
  waitingBytes: number;
}

export class Received {
  /** Those that are whole, by their ids. */
  readonly whole = new Map<string, Blob>();
  readonly #coming = new Map<string, Coming>();

  keep(id: string, bytes: Uint8Array<ArrayBuffer>): void {
    const coming = this.#of(id);
    coming.hash.add(bytes);
    coming.waiting.push(bytes);
    coming.waitingBytes += bytes.length;
    if (coming.waitingBytes >= PART_BYTES) gather(coming);
  }

  /** Whether what has come is what was sent. */
  check(id: string, sha256: string): boolean {
    const coming = this.#of(id);
    this.#coming.delete(id);
    if (coming.hash.end() !== sha256) return false;
    gather(coming);
    // A page of a stranger's making must not be opened as one of ours.
    this.whole.set(id, new Blob(coming.parts, { type: 'application/octet-stream' }));
    return true;
  }

  forget(id: string): void {
    this.#coming.delete(id);
  }

  #of(id: string): Coming {
    const known = this.#coming.get(id);
    if (known) return known;
    const coming: Coming = { parts: [], hash: new Sha256(), waiting: [], waitingBytes: 0 };
    this.#coming.set(id, coming);
    return coming;
  }
}

function gather(coming: Coming): void {
  coming.parts.push(new Blob(coming.waiting));
  coming.waiting = [];
  coming.waitingBytes = 0;
}
