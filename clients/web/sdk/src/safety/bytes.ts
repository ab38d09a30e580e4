/** Bytes, as the exchange and its messages have them. */

export type Bytes = Uint8Array<ArrayBuffer>;

/** One behind the other; a text as UTF-8. */
export function join(...parts: readonly (Bytes | string)[]): Bytes {
  const all = parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part));
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Which comes first, byte by byte; both have the same length. */
export function compare(one: Bytes, other: Bytes): number {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}

export async function sha256(...parts: readonly (Bytes | string)[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', join(...parts)));
}

/** RFC 4648 §5, without padding. */
export function toBase64(bytes: Bytes): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** Undefined unless it is a text of exactly so many bytes. */
export function fromBase64(text: unknown, length: number): Bytes | undefined {
  if (typeof text !== 'string' || !/^[\w-]*$/.test(text)) return undefined;
  if (text.length !== Math.ceil((length * 4) / 3)) return undefined;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
