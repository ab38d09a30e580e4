/** What fills the `{word}`s of a text. */
export type Params = Readonly<Record<string, string | number>>;

/** `text` with each `{word}` replaced by its parameter; one without a parameter stays, so that it is noticed. */
export function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, word: string) => String(params[word] ?? whole));
}
