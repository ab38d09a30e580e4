/** What a browser keeps for its pages, and how those that are open follow. */
import { beforeEach, expect, test, vi } from 'vitest';
import { keptChoice } from '../src/call/kept-choice.ts';

const read = (stored: string | null) => (stored === 'blur' ? 'blur' : 'off');
let kept: Map<string, string>;
let page: EventTarget;
let full: boolean;

beforeEach(() => {
  kept = new Map();
  page = new EventTarget();
  full = false;
  vi.stubGlobal('window', page);
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (full) throw new Error('QuotaExceededError');
      kept.set(key, value);
    },
  });
  return () => vi.unstubAllGlobals();
});

/** By another page of this browser. */
const stored = (key: string | null, newValue: string | null) =>
  page.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }));

test('a choice is there for the next page', () => {
  keptChoice('choice', read).choose('blur');
  expect(keptChoice('choice', read).choice.value).toBe('blur');
});

test('a choice made on one page holds on the others that are open', () => {
  const { choice } = keptChoice('choice', read);
  stored('another', 'blur');
  expect(choice.value).toBe('off');
  stored('choice', 'blur');
  expect(choice.value).toBe('blur');
  // All is cleared: nobody has chosen anything.
  stored(null, null);
  expect(choice.value).toBe('blur');
  stored('choice', 'off');
  expect(choice.value).toBe('off');
});

test('a choice holds although there is no room to keep it', () => {
  full = true;
  const { choice, choose } = keptChoice('choice', read);
  choose('blur');
  expect(choice.value).toBe('blur');
});
