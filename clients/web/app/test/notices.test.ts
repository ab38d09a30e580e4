import { afterEach, expect, test, vi } from 'vitest';
import { closeNotice, closeNotices } from '../src/push/notices.ts';

/** What is shown in this browser, by tag, and of which type. */
function shown(): Map<string, string> {
  const notices = new Map([
    ['c1', 'call'],
    ['c2', 'call'],
    ['c3', 'missed'],
    ['online-bob', 'online'],
  ]);
  const getNotifications = async ({ tag }: { tag?: string }) =>
    [...notices]
      .filter(([other]) => tag === undefined || other === tag)
      .map(([tag, type]) => ({ tag, data: { type }, close: () => notices.delete(tag) }));
  vi.stubGlobal('navigator', { serviceWorker: { getRegistration: async () => ({ getNotifications }) } });
  return notices;
}

afterEach(() => void vi.unstubAllGlobals());

test('a call that is answered here takes its own notification away, and no other', async () => {
  const notices = shown();
  await closeNotice('c1');
  expect([...notices.keys()]).toEqual(['c2', 'c3', 'online-bob']);
});

test('a page that is connected leaves of the calls in notifications only those that are live', async () => {
  const notices = shown();
  await closeNotices(['c2']);
  expect([...notices.keys()]).toEqual(['c2', 'c3', 'online-bob']);
});

test('who signs out leaves no notification', async () => {
  const notices = shown();
  await closeNotices(null);
  expect([...notices.keys()]).toEqual([]);
});
