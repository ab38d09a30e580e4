import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../public/${name}`, import.meta.url));

test('the icons of the installed app are there, as large as the manifest says', () => {
  const { icons } = JSON.parse(read('manifest.webmanifest').toString()) as {
    icons: { src: string; sizes: string; type: string; purpose?: string }[];
  };
  const drawn = icons.filter(({ type }) => type === 'image/png');
  // Width and height stand at bytes 16 and 20 of a PNG.
  const sizes = drawn.map(({ src }) => [16, 20].map((at) => read(src.slice(1)).readUInt32BE(at)).join('x'));
  expect(sizes).toEqual(drawn.map((icon) => icon.sizes));
  expect(drawn.map(({ sizes, purpose }) => [sizes, purpose])).toEqual([
    ['192x192', undefined],
    ['512x512', undefined],
    ['512x512', 'maskable'],
  ]);
});
