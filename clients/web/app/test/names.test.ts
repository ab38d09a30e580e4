import { expect, test } from 'vitest';
import { base, pastCall } from '../src/dev/story-models.ts';
import { found, knownOf, nameOf } from '../src/model/names.ts';

const known = [
  { name: 'bob', display_name: 'Bob Keller' },
  { name: 'x1', display_name: 'Sam' },
  { name: 'x2', display_name: 'Sam' },
  { name: 'sam', display_name: 'Samuel' },
  { name: 'x3', display_name: 'Bobby Keller' },
  { name: 'lin', display_name: '林晓雯' },
];

test('somebody may be called by the name that is shown, unless two have it', () => {
  const typed = [' Bob keller ', 'BOB', 'Sam', 'x1', 'dave', '林晓雯'];
  expect(typed.map((each) => nameOf(each, known))).toEqual(['bob', 'bob', 'sam', 'x1', 'dave', 'lin']);
  expect(nameOf('Sam', known.slice(0, 3))).toBe('Sam');
});

test('the beginning of a shown name is enough only where it can be nobody else’s name', () => {
  expect(nameOf('bob k', known)).toBe('bob');
  expect(nameOf('Bobb', known)).toBe('Bobb');
  expect(nameOf('b k', known)).toBe('b k');
});

test('while one types, those who may be meant are offered, four at most, until it is clear', () => {
  const offered = (typed: string) => found(typed, known).map(({ name }) => name);
  expect(offered('')).toEqual([]);
  expect(offered('Kel')).toEqual(['bob', 'x3']);
  expect(offered('晓')).toEqual(['lin']);
  expect(offered('s')).toEqual(['x1', 'x2', 'sam']);
  expect(offered('bob')).toEqual([]);
  expect(offered('eller')).toEqual([]);
  const many = Array.from({ length: 9 }, (_, index) => ({
    name: `n${index}`,
    display_name: `Nora ${index}`,
  }));
  expect(found('nora', many)).toHaveLength(4);
});

test('contacts are known, and who has called or was called, but no guests', () => {
  const model = base(0, 'en');
  const guest = pastCall(0, 1, { id: 'guest-1', name: 'Visitor' }, { guest: { label: 'door' } });
  const stranger = pastCall(0, 2, { id: 'zoe', name: 'Zoë' }, {});
  const names = knownOf({ ...model, history: { status: 'ready', calls: [guest, stranger] } });
  expect(names.map(({ name }) => name)).toEqual([
    ...model.people.contacts.items.map(({ name }) => name),
    'zoe',
  ]);
});
