import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('../src/style/tokens.css', import.meta.url), 'utf8');

/** The two colours of a token, for light and dark. */
function token(name: string): readonly [string, string] {
  const value = new RegExp(`--${name}: ([^;]+);`).exec(css)?.[1] ?? '';
  const both = /^light-dark\((#\w{6}), (#\w{6})\)$/.exec(value);
  const [light, dark] = both ? both.slice(1) : [value, value];
  if (!light || !dark || !/^#\w{6}$/.test(light)) throw new Error(`no colour --${name}: ${value}`);
  return [light, dark];
}

/** WCAG 2.2: relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const TEXTS = [
  ['ink', 'ground'],
  ['ink', 'surface'],
  ['ink', 'sunken'],
  ['ink-soft', 'ground'],
  ['ink-soft', 'surface'],
  ['ink-soft', 'sunken'],
  ['accent', 'ground'],
  ['accent', 'accent-soft'],
  ['ink', 'accent-soft'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['danger', 'ground'],
  ['danger', 'danger-soft'],
  ['on-danger', 'danger-fill'],
  ['stage-ink', 'stage'],
  ['stage-ink-soft', 'stage'],
  ['stage-ink', 'stage-raised'],
  ['on-stage-accent', 'stage-accent'],
] as const;

test.each(TEXTS)('%s on %s can be read by everybody, light and dark', (text, ground) => {
  const [lightText, darkText] = token(text);
  const [lightGround, darkGround] = token(ground);
  // WCAG 2.2, 1.4.3: 4.5:1 for text.
  expect(contrast(lightText, lightGround)).toBeGreaterThanOrEqual(4.5);
  expect(contrast(darkText, darkGround)).toBeGreaterThanOrEqual(4.5);
});

test('the lines of graphs can be seen, and told apart without colours, too: one of them is dashed', () => {
  for (const line of ['accent', 'plot-second']) {
    const [light, dark] = token(line);
    expect(contrast(light, token('ground')[0])).toBeGreaterThanOrEqual(3);
    expect(contrast(dark, token('ground')[1])).toBeGreaterThanOrEqual(3);
  }
});

test('the edges of fields can be seen', () => {
  // WCAG 2.2, 1.4.11: 3:1 for what one has to find.
  const [light, dark] = token('line-strong');
  expect(contrast(light, token('surface')[0])).toBeGreaterThanOrEqual(3);
  expect(contrast(dark, token('surface')[1])).toBeGreaterThanOrEqual(3);
});
