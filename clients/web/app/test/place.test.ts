import { expect, test } from 'vitest';
import { hashOf, placeIn, readAddress, SECTIONS } from '../src/model/place.ts';

test('an address names a page, a link or a wish, and never a call to answer', () => {
  const read = [
    '',
    '#/',
    '#/contacts',
    '#/settings/quiet',
    '#/admin/relay',
    '#/join/abc',
    '#/guest/t0k-en',
    '#/wish/n0nce',
    '#/answer/c1/video',
  ].map(readAddress);
  expect(read).toEqual([
    { type: 'place', place: 'home' },
    { type: 'place', place: 'home' },
    { type: 'place', place: 'contacts' },
    { type: 'place', place: 'settings/quiet' },
    { type: 'place', place: 'admin/relay' },
    { type: 'join', token: 'abc' },
    { type: 'guest', token: 't0k-en' },
    { type: 'wish', nonce: 'n0nce' },
    { type: 'place', place: 'home' },
  ]);
});

test('what is not known leads home, or to the settings it is part of', () => {
  expect(placeIn('#/settings/nonsense')).toBe('settings');
  expect(placeIn('#/admin/nonsense')).toBe('admin');
  expect(placeIn('#/nonsense')).toBe('home');
  expect(placeIn('#/join/abc')).toBe('home');
});

test('every place is found again by its address', () => {
  const places = [
    'home',
    'contacts',
    'history',
    'settings',
    ...SECTIONS.map((name) => `settings/${name}` as const),
  ] as const;
  for (const place of places) expect(placeIn(hashOf(place))).toBe(place);
});
