import { expect, test } from 'vitest';
import { cornerAt, cornerByKey } from '../src/screens/corner.ts';
import { fitZoom } from '../src/screens/fit-zoom.ts';
import { initialsOf, tintOf } from '../src/ui/avatar.tsx';

test('a picture fills its box unless more than a third would be cut off', () => {
  expect(fitZoom(640, 480, 640, 480)).toBe(1);
  expect(fitZoom(640, 480, 1280, 800)).toBeCloseTo(1.2);
  expect(fitZoom(480, 640, 400, 400)).toBeCloseTo(4 / 3);
  expect(fitZoom(640, 480, 390, 844)).toBe(1.5);
  expect(fitZoom(0, 0, 390, 844)).toBe(1);
});

test('the own picture goes to the nearest corner, or where an arrow points', () => {
  expect(cornerAt(10, 10, 100, 100)).toBe('top-left');
  expect(cornerAt(90, 51, 100, 100)).toBe('bottom-right');
  expect(cornerByKey('top-right', 'ArrowDown')).toBe('bottom-right');
  expect(cornerByKey('top-right', 'ArrowLeft')).toBe('top-left');
  expect(cornerByKey('top-right', 'Tab')).toBeNull();
});

test('initials are what friends would write', () => {
  expect(['Alice Martin', 'bob', '林晓雯', 'dan.oyelaran_whitfield', '  ', 'Élodie'].map(initialsOf)).toEqual(
    ['AM', 'B', '雯', 'DW', '?', 'É'],
  );
});

test('names differ in colour', () => {
  const names = ['alice', 'bob', 'carol', 'dan', 'eve', 'frank', 'grace', 'heidi'];
  expect(new Set(names.map(tintOf)).size).toBeGreaterThan(4);
});
