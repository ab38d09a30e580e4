/** A face for somebody without a picture: initials on a colour that is always the same for the same name. */
interface Props {
  readonly id: string;
  readonly name: string;
  readonly size?: 'small' | 'large';
}

/** Hues in `elements.css`. */
const TINTS = 8;

/** Decoration: the name stands beside it. */
export function Avatar({ id, name, size = 'small' }: Props) {
  return (
    <span class={`avatar avatar-${size} tint-${tintOf(id)}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

/** One or two letters; of a Chinese name the last character, which is how friends shorten it. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/)
    .filter((word) => word !== '');
  const [first = '?'] = words;
  const letters = [...first];
  if (/\p{Script=Han}/u.test(first)) return letters.at(-1) ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return ((letters[0] ?? '?') + last).toLocaleUpperCase();
}

/** FNV-1a: any number from the name will do, as long as it stays the same. */
export function tintOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const letter of id) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash % TINTS;
}
