/** What the framed page hears and tells: only to and from the page right around it, and only if its site is listed. */
import { expect, test, vi } from 'vitest';
import { commandOf, type Notice, tell } from '../src/embed/messages.ts';

const SHOP = 'https://shop.example';
const CLINIC = 'https://clinic.example';
const LISTED = [SHOP, CLINIC];
const parent = {} as Window;

const said = (data: unknown, origin = SHOP, source: unknown = parent) =>
  commandOf({ data, origin, source: source as Window }, parent, LISTED);

test('a command of the page around it is taken as it is', () => {
  expect(said({ visavis: 1, type: 'call' })).toEqual({ type: 'call' });
  expect(said({ visavis: 1, type: 'hangup', more: 'of a later version' }, CLINIC)).toEqual({
    type: 'hangup',
  });
  expect(said({ visavis: 1, type: 'mute', on: true })).toEqual({ type: 'mute', on: true });
  expect(said({ visavis: 1, type: 'camera', on: false })).toEqual({ type: 'camera', on: false });
});

test('nothing is taken from another site, nor from another window of a listed one', () => {
  const call = { visavis: 1, type: 'call' };
  for (const origin of [
    'https://evil.example',
    'http://shop.example',
    'https://shop.example:8443',
    'null',
    '',
  ]) {
    expect(said(call, origin), origin).toBe(null);
  }
  expect(said(call, SHOP, {})).toBe(null);
  expect(said(call, SHOP, null)).toBe(null);
});

test('what is no command of this version is not taken for one', () => {
  for (const data of [
    null,
    'call',
    [],
    { type: 'call' },
    { visavis: 2, type: 'call' },
    { visavis: '1', type: 'call' },
    { visavis: 1, type: 'answer' },
    { visavis: 1, type: 'mute' },
    { visavis: 1, type: 'camera', on: 'yes' },
  ]) {
    expect(said(data), JSON.stringify(data)).toBe(null);
  }
});

/** What a page that is framed by these says, and to whom. */
function told(framing: readonly string[] | undefined, listed: readonly string[]): unknown[] {
  const heard: unknown[] = [];
  const around = { postMessage: (...message: unknown[]) => void heard.push(message) } as unknown as Window;
  const ready: Notice = { type: 'ready' };
  tell(ready, around, listed, framing && (Object.assign([...framing]) as unknown as DOMStringList));
  return heard;
}

test('a notice is for the page around it by its origin, and for no other', () => {
  const ready = { visavis: 1, type: 'ready' };
  expect(told([CLINIC], LISTED)).toEqual([[ready, CLINIC]]);
  expect(told(['https://evil.example'], LISTED)).toEqual([]);
  expect(told([SHOP], [])).toEqual([]);
  // A browser that does not say who is around: it gives the message only to a page of the origin that is named.
  expect(told(undefined, LISTED)).toEqual([
    [ready, SHOP],
    [ready, CLINIC],
  ]);
});

test('in a window of its own the page shows nothing that its address says, and gives way to the app', async () => {
  const replace = vi.fn();
  const createElement = vi.fn();
  const alone = { parent: {} };
  alone.parent = alone;
  vi.stubGlobal('window', alone);
  vi.stubGlobal('document', { createElement });
  vi.stubGlobal('location', { hash: '#to=mallory&label=Continue', origin: 'https://calls.example', replace });
  await import('../src/embed/frame.ts');
  vi.unstubAllGlobals();
  expect(replace.mock.calls).toEqual([['/']]);
  expect(createElement).not.toHaveBeenCalled();
});
