import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Player } from '../src/media/player.ts';

/** A video element of a page that nobody has touched, and for which no picture comes. */
class Untouched {
  paused = true;
  touched = false;
  srcObject: unknown = null;

  play(): Promise<void> {
    if (!this.touched) return Promise.reject(new DOMException('no touch', 'NotAllowedError'));
    this.paused = false;
    // It begins with the first picture.
    return new Promise(() => {});
  }

  setAttribute(): void {}
}

beforeEach(() => {
  vi.stubGlobal(
    'MediaStream',
    class {
      getTracks = () => [];
    },
  );
});

afterEach(() => vi.unstubAllGlobals());

it('what the browser would not play is heard after a tap, and nobody is asked again, though no picture comes', async () => {
  const player = new Player(undefined);
  const element = new Untouched();
  player.attach(element as unknown as HTMLMediaElement, 'camera');
  await player.arriving.until(({ blocked }) => blocked);
  element.touched = true;
  void player.unblock();
  expect(player.arriving.value.blocked).toBe(false);
});
