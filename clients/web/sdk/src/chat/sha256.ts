/** SHA-256 (FIPS 180-4) of what comes piece by piece, which WebCrypto cannot do: it wants all of it at once. */

const BLOCK = 64;
const FRACTIONS = primes(64).map((prime) => fraction(Math.cbrt(prime)));
const START = primes(8).map((prime) => fraction(Math.sqrt(prime)));

export class Sha256 {
  readonly #state = Uint32Array.from(START);
  readonly #block = new Uint8Array(BLOCK);
  readonly #words = new Uint32Array(BLOCK);
  #length = 0;

  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const at = this.#length % BLOCK;
      const piece = bytes.subarray(from, from + BLOCK - at);
      this.#block.set(piece, at);
      this.#length += piece.length;
      from += piece.length;
      if (this.#length % BLOCK === 0) this.#mix();
    }
  }

  /** In hexadecimal. Nothing can be added after it. */
  end(): string {
    const bits = this.#length * 8;
    const filled = (this.#length + 9) % BLOCK;
    const tail = new Uint8Array(9 + (filled === 0 ? 0 : BLOCK - filled));
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(bits));
    this.add(tail);
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, '0')).join('');
  }

  #mix(): void {
    const words = this.#words;
    const state = this.#state;
    const view = new DataView(this.#block.buffer);
    for (let index = 0; index < 16; index += 1) words[index] = view.getUint32(index * 4);
    for (let index = 16; index < BLOCK; index += 1) {
      const early = at(words, index - 15);
      const late = at(words, index - 2);
      const small = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
      const large = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
      words[index] = at(words, index - 16) + small + at(words, index - 7) + large;
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let index = 0; index < BLOCK; index += 1) {
      const sum = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      const one = (h + sum + ((e & f) ^ (~e & g)) + (FRACTIONS[index] ?? 0) + at(words, index)) | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = at(state, index) + word;
  }
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits behind the point. */
function fraction(root: number): number {
  return Math.floor((root % 1) * 2 ** 32);
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let number = 2; found.length < count; number += 1) {
    if (found.every((prime) => number % prime !== 0)) found.push(number);
  }
  return found;
}
