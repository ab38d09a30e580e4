/**
 * A QR code (ISO/IEC 18004) for a text: bytes, error correction M, versions 1 to 10, which is enough for an address of
 * 213 letters. The mask is always the first: readers take any, and ours is read from a screen at arm's length.
 */

/** Per version: correction bytes of a block, then how many blocks there are and how many data bytes each has. */
const BLOCKS: readonly (readonly [number, ...(readonly [number, number])[]])[] = [
  [10, [1, 16]],
  [16, [1, 28]],
  [26, [1, 44]],
  [18, [2, 32]],
  [24, [2, 43]],
  [16, [4, 27]],
  [18, [4, 31]],
  [22, [2, 38], [2, 39]],
  [22, [3, 36], [2, 37]],
  [26, [4, 43], [1, 44]],
];

/** A row of dark and light modules. */
type Row = (boolean | undefined)[];

/** The code as rows of dark (true) and light modules, without the margin; null if the text is too long. */
export function qrCode(text: string): readonly (readonly boolean[])[] | null {
  const bytes = new TextEncoder().encode(text);
  const version =
    1 + BLOCKS.findIndex((_, index) => headBits(index + 1) + bytes.length * 8 <= room(index) * 8);
  if (version === 0) return null;
  const size = 17 + 4 * version;
  const rows: Row[] = Array.from({ length: size }, () => new Array<boolean | undefined>(size));
  drawPatterns(rows, version);
  drawData(rows, codewords(bytes, version));
  return rows as boolean[][];
}

function headBits(version: number): number {
  return 4 + (version < 10 ? 8 : 16);
}

function room(index: number): number {
  const [, ...groups] = BLOCKS[index] ?? [0];
  return groups.reduce((sum, [count, length]) => sum + count * length, 0);
}

/** The text as bytes, cut into blocks, each with its correction, and all interleaved. */
function codewords(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const push = (value: number, count: number) => {
    for (let at = count - 1; at >= 0; at -= 1) bits.push((value >> at) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, headBits(version) - 4);
  for (const byte of bytes) push(byte, 8);
  const total = room(version - 1);
  push(0, Math.min(4, total * 8 - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  const data: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    data.push(bits.slice(at, at + 8).reduce((byte, bit) => byte * 2 + bit, 0));
  }
  for (let filler = 0xec; data.length < total; filler ^= 0xec ^ 0x11) data.push(filler);
  const [correction, ...groups] = BLOCKS[version - 1] ?? [0];
  const blocks: number[][] = [];
  let from = 0;
  for (const [count, length] of groups) {
    for (let block = 0; block < count; block += 1) {
      blocks.push(data.slice(from, from + length));
      from += length;
    }
  }
  const corrections = blocks.map((block) => remainder(block, correction));
  return [...interleave(blocks), ...interleave(corrections)];
}

function interleave(blocks: readonly (readonly number[])[]): number[] {
  const longest = Math.max(...blocks.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => blocks.flatMap((block) => block[at] ?? [])).flat();
}

/** Reed-Solomon over GF(256) with x⁸+x⁴+x³+x²+1. */
function remainder(data: readonly number[], degree: number): number[] {
  let generator = [1];
  for (let power = 0, root = 1; power < degree; power += 1, root = times(root, 2)) {
    generator = [...generator, 0].map((value, at) => value ^ times(generator[at - 1] ?? 0, root));
  }
  const rest = [...data, ...new Array<number>(degree).fill(0)];
  for (let at = 0; at < data.length; at += 1) {
    const factor = rest[at] ?? 0;
    for (const [offset, value] of generator.entries()) {
      rest[at + offset] = (rest[at + offset] ?? 0) ^ times(value, factor);
    }
  }
  return rest.slice(data.length);
}

function times(one: number, other: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product >> 7 ? 0x11d : 0);
    if ((other >> bit) & 1) product ^= one;
  }
  return product;
}

/** Everything that is not data: finders, timing, alignment, format and version. */
function drawPatterns(rows: Row[], version: number): void {
  const size = rows.length;
  for (const [row, column] of [
    [3, 3],
    [3, size - 4],
    [size - 4, 3],
  ] as const) {
    drawSquare(rows, row, column, 4, [0, 1, 3]);
  }
  const centres = alignments(version);
  for (const row of centres) {
    for (const column of centres) {
      if (rows[row]?.[column] === undefined) drawSquare(rows, row, column, 2, [0, 2]);
    }
  }
  for (let at = 8; at < size - 8; at += 1) {
    set(rows, 6, at, at % 2 === 0);
    set(rows, at, 6, at % 2 === 0);
  }
  // Level M and mask 0 are both 0, so of the format only its fixed mask is left (§7.9).
  const format = 0b101010000010010;
  for (let at = 0; at < 15; at += 1) {
    const dark = ((format >> at) & 1) === 1;
    const up = at < 6 ? at : at < 8 ? at + 1 : size - 15 + at;
    const along = at < 8 ? size - 1 - at : at === 8 ? 7 : 14 - at;
    set(rows, up, 8, dark);
    set(rows, 8, along, dark);
  }
  set(rows, size - 8, 8, true);
  if (version < 7) return;
  let check = version << 12;
  for (let at = 17; at >= 12; at -= 1) if ((check >> at) & 1) check ^= 0x1f25 << (at - 12);
  const bits = (version << 12) | check;
  for (let at = 0; at < 18; at += 1) {
    const dark = ((bits >> at) & 1) === 1;
    const [far, near] = [size - 11 + (at % 3), Math.floor(at / 3)];
    set(rows, far, near, dark);
    set(rows, near, far, dark);
  }
}

/** A square around a centre; rings at the distances in `dark` are dark, the others light. */
function drawSquare(rows: Row[], row: number, column: number, reach: number, dark: readonly number[]): void {
  for (let down = -reach; down <= reach; down += 1) {
    for (let across = -reach; across <= reach; across += 1) {
      const distance = Math.max(Math.abs(down), Math.abs(across));
      set(rows, row + down, column + across, dark.includes(distance));
    }
  }
}

function alignments(version: number): readonly number[] {
  if (version === 1) return [];
  const last = 10 + 4 * version;
  return version < 7 ? [6, last] : [6, (last + 6) / 2, last];
}

/** In pairs of columns from the right, up and down in turn, around what is there already. */
function drawData(rows: Row[], words: readonly number[]): void {
  const size = rows.length;
  let bit = 0;
  for (let right = size - 1, up = true; right > 0; right -= right === 8 ? 3 : 2, up = !up) {
    for (let step = 0; step < size; step += 1) {
      const row = up ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (rows[row]?.[column] !== undefined) continue;
        const dark = (((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
        set(rows, row, column, dark !== ((row + column) % 2 === 0));
        bit += 1;
      }
    }
  }
}

function set(rows: Row[], row: number, column: number, dark: boolean): void {
  const line = rows[row];
  if (line && column >= 0 && column < rows.length) line[column] = dark;
}
