// What is heard, by whom and through which speaker, and what is said of it when it is not.
import { join } from 'node:path';
import { selectedPath, selectedPort } from '../bed/media.ts';
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';
import { voice } from '../bed/voice.ts';

async function talk(alice: Person, bob: Person): Promise<void> {
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectSound();
  });
}

test('who talks while muted is told that nobody hears them, and nobody does', async ({ bring, server }) => {
  const [alice, bob] = await Promise.all([
    bring('alice', { switches: voice(join(server.folder, 'voice.wav')) }),
    bring('bob'),
  ]);
  await talk(alice, bob);
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await expect(alice.call).toContainText('You’re muted – nobody hears you');
  await bob.expectSilence();
  // They listen for a while.
  await expect(alice.call).toContainText(/You’re muted(?! –)/);
  // What listened to the muted microphone does so no more when it is not muted.
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await expect(alice.call).not.toContainText('You’re muted');
  const open = await alice.page.evaluate(
    () =>
      window.bed.tracks.filter(({ record, track }) => record.from === 'device' && track.readyState === 'live')
        .length,
  );
  expect(open).toBe(1);
  await bob.expectSound();
});

test('a speaker that is chosen plays this call and the next', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await talk(alice, bob);
  await alice.menu();
  const menu = alice.page.getByTestId('menu-speaker');
  const other = await menu.locator('option').last().getAttribute('value');
  const usual = await menu.inputValue();
  expect(other).not.toBe(usual);
  await menu.selectOption(String(other));
  const speaker = () => alice.remoteVideo.evaluate((video: HTMLVideoElement) => video.sinkId);
  await expect.poll(speaker).toBe(other);
  await alice.expectSound();
  await alice.page.keyboard.press('Escape');

  await bob.hangUp();
  await alice.expectEnded('bob hung up.');
  for (const person of [alice, bob]) await person.closeEnded();
  await talk(alice, bob);
  expect(await speaker()).toBe(other);
});

for (const who of ['caller', 'callee'] as const) {
  test(`the ${who} is not heard, while everything else arrives, and so another path is found`, async ({
    bring,
    network,
  }) => {
    const wifi = await network();
    const [alice, bob] = await Promise.all([
      bring('alice', who === 'caller' ? { network: wifi } : {}),
      bring('bob', who === 'callee' ? { network: wifi } : {}),
    ]);
    await talk(alice, bob);
    const [speaker, listener] = who === 'caller' ? [alice, bob] : [bob, alice];
    // The call begins by relays, and its direct path has another port.
    await expect.poll(() => selectedPath(speaker.page)).toMatchObject({ local: 'host' });
    const before = await selectedPort(speaker.page);

    wifi.muffle(before);
    await expect.poll(() => selectedPort(speaker.page)).not.toBe(before);
    await each([speaker, listener], async (person) => {
      await person.expectState('active');
      await person.expectSound();
    });
  });
}
