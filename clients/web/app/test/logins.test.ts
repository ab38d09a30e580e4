import { expect, test } from 'vitest';
import { distinctNames } from '../src/screens/settings/devices.tsx';

test('browsers that are called alike are numbered in the order in which they signed in', () => {
  const login = (id: string, name: string, created_ago_ms: number) => ({
    id,
    name,
    created_ago_ms,
    last_seen_ago_ms: 0,
    current: false,
    push: false,
    devices: [],
  });
  const linux = 'Chrome on Linux';
  const names = distinctNames([
    login('c', linux, 1),
    login('a', linux, 9),
    login('f', 'Firefox', 5),
    login('b', linux, 4),
  ]);
  expect(Object.fromEntries(names)).toEqual({
    a: linux,
    b: `${linux} (2)`,
    c: `${linux} (3)`,
    f: 'Firefox',
  });
});
