// The warm ring: what flows while it rings, and what nobody learns by it.
import type { Page } from '@playwright/test';
import { selectedPath } from '../bed/media.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** Every payload that this page has sent, as text: descriptions and candidates among them. */
function noteSent(page: Page): string[] {
  const sent: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const text = payload.toString();
      if (/^\{"type":"(offer|answer|candidate)"/.test(text)) sent.push(text);
    }),
  );
  return sent;
}

/** How the page's open peer connections stand, and what they have carried. */
const inside = (page: Page) =>
  page.evaluate(async () => {
    const open = window.bed.peers.filter(({ record }) => record.closedAt === undefined);
    const found = [];
    for (const { peer } of open) {
      let mediaBytes = 0;
      for (const entry of (await peer.getStats()).values()) {
        if (entry.type === 'outbound-rtp') mediaBytes += entry.bytesSent ?? 0;
      }
      found.push({
        state: peer.connectionState,
        tracks: peer.getSenders().filter(({ track }) => track !== null).length,
        senders: peer.getSenders().length,
        mediaBytes,
      });
    }
    return found;
  });

test('while it rings the path is made by relays alone, nothing flows in it, and no camera is on', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  const sent = [noteSent(alice.page), noteSent(bob.page)];
  for (const person of [alice, bob]) {
    await person.page.reload();
    await person.connected(2);
  }
  await alice.dial('bob');
  await bob.expectRinging('alice');

  const warm = { state: 'connected', tracks: 0, senders: 4, mediaBytes: 0 };
  for (const { page } of [alice, bob]) await expect.poll(() => inside(page)).toEqual([warm]);
  // Long enough that anything that flowed would be seen.
  await bob.page.waitForTimeout(1_000);
  for (const { page } of [alice, bob]) expect(await inside(page)).toEqual([warm]);
  const captured = await bob.page.evaluate(
    () => window.bed.tracks.filter(({ record }) => record.from === 'device').length,
  );
  expect(captured, 'tracks of devices where it rings').toBe(0);
  for (const texts of sent) {
    const said = texts.join('\n');
    expect(said).toContain('typ relay');
    for (const told of ['typ host', 'typ srflx', 'typ prflx', '.local']) expect(said).not.toContain(told);
    // Nor as what a relayed address is related to.
    expect(said).not.toMatch(/raddr (?!0\.0\.0\.0)/);
  }

  await bob.answer();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });
  // Now that they have met, they find the direct path beside the one they talk by.
  for (const { page } of [alice, bob]) {
    await expect.poll(() => selectedPath(page)).toMatchObject({ local: 'host', remote: 'host' });
    expect(await inside(page)).toMatchObject([{ state: 'connected', tracks: 2 }]);
  }
});

test('of two warm devices the one that answers is seen, and nothing ever flows to the other', async ({
  bring,
}) => {
  const [alice, desk] = await Promise.all([bring('alice'), bring('bob')]);
  const couch = await bring('bob');
  await alice.dial('bob');
  await desk.expectRinging('alice');
  await couch.expectRinging('alice');
  await expect
    .poll(async () => (await inside(alice.page)).map(({ state }) => state))
    .toEqual(['connected', 'connected']);

  await couch.answer();
  await desk.expectEnded(/^Answered on /);
  await each([alice, couch], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });
  expect(await inside(alice.page)).toHaveLength(1);
  expect(await inside(desk.page)).toEqual([]);
  const received = await desk.page.evaluate(
    () => window.bed.tracks.filter(({ record, track }) => record.from === 'device' || !track.muted).length,
  );
  expect(received, 'tracks that were opened or brought something at the other device').toBe(0);
});
