/** What fills the `{word}`s of a text. */
export type Params = Readonly<Record<string, string | number>>;

const HAN = /\p{Script=Han}/u;
/** What is written with a space between it and Chinese. */
const WESTERN = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Nd}]/u;

/**
 * `text` with each `{word}` replaced by its parameter; one without a parameter stays, so that it is noticed. Between
 * Chinese and a Latin name stands a space, as Chinese is set; between Chinese and a Chinese name there is none.
 */
export function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, word: string, at: number) => {
    const value = String(params[word] ?? whole);
    const before = text[at - 1] ?? '';
    const after = text[at + whole.length] ?? '';
    return `${space(before, value[0] ?? '')}${value}${space(value.at(-1) ?? '', after)}`;
  });
}

function space(left: string, right: string): string {
  return (HAN.test(left) && WESTERN.test(right)) || (WESTERN.test(left) && HAN.test(right)) ? ' ' : '';
}
