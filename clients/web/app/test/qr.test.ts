import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { qrCode } from '../src/ui/qr.ts';

const rowsOf = (text: string) => qrCode(text)?.map((row) => row.map((dark) => (dark ? '1' : '0')).join(''));
const digest = (text: string) =>
  createHash('sha256')
    .update(rowsOf(text)?.join('\n') ?? '')
    .digest('hex')
    .slice(0, 16);

test('a code is what another writer makes of the same text', () => {
  // By python-qrcode, level M, mask 0.
  expect(rowsOf('hi')).toEqual([
    '111111100001101111111',
    '100000101111001000001',
    '101110100011101011101',
    '101110100101001011101',
    '101110101111101011101',
    '100000100101001000001',
    '111111101010101111111',
    '000000000010000000000',
    '101010100110100010010',
    '101100000011010101111',
    '000010111011011101111',
    '001011010101110111010',
    '110100101111011100100',
    '000000001000001000111',
    '111111100100100010011',
    '100000100110001000111',
    '101110101110101010101',
    '101110100111010101010',
    '101110101111011101101',
    '100000100111110111010',
    '111111101101011101111',
  ]);
  expect(['x'.repeat(60), 'x'.repeat(100), 'x'.repeat(130), 'x'.repeat(213)].map(digest)).toEqual([
    '8903ac311430c993',
    '898a791db8daf879',
    '675c371f2b023a5b',
    'f8a692e420006d88',
  ]);
});

test('a text that is too long has no code', () => {
  expect(qrCode('x'.repeat(214))).toBeNull();
});
