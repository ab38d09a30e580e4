import { expect, test } from 'vitest';
import { linksIn, sizeOf } from '../src/text/chat.ts';

const urls = (text: string) => linksIn(text).flatMap(({ url }) => url ?? []);

test.each([
  ['see https://example.org/a?b=c#d now', ['https://example.org/a?b=c#d']],
  [
    '(https://example.org/flats/42), or http://example.net.',
    ['https://example.org/flats/42', 'http://example.net'],
  ],
  ['就是 https://example.org/房子，第三张', ['https://example.org/房子']],
  ['HTTPS://EXAMPLE.ORG', ['HTTPS://EXAMPLE.ORG']],
  ['javascript:alert(1) data:text/html,x file:///etc/passwd ftp://example.org', []],
  ['xhttps://example.org', []],
  ['https:// and http://[', []],
  [`https://a${'.'.repeat(500)}b.`, [`https://a${'.'.repeat(500)}b`]],
  ['https://....', []],
  ['', []],
])('of %j can be opened: %j', (text, expected) => {
  expect(urls(text)).toEqual(expected);
});

test('a text with links loses nothing of what was written', () => {
  for (const text of ['a https://example.org, b\nhttp://example.net', 'https://example.org', 'no link']) {
    expect(
      linksIn(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  }
});

test('sizes are said as people count them', () => {
  expect([0, 640, 12_300, 3_449_000, 268_435_456].map(sizeOf)).toEqual([
    '0 bytes',
    '640 bytes',
    '12 kB',
    '3.4 MB',
    '268.4 MB',
  ]);
});
