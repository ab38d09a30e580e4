// A page that is reloaded in the middle of a call, and one that is closed for good.
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

async function talk(alice: Person, bob: Person): Promise<void> {
  await alice.dial('bob');
  await bob.answer();
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
  }
}

for (const who of ['caller', 'callee'] as const) {
  test(`the ${who} reloads the page, the call goes on, and the other side keeps its last picture`, async ({
    bring,
  }) => {
    const alice = await bring('alice');
    const bob = await bring('bob');
    await talk(alice, bob);
    const [leaver, stayer] = who === 'caller' ? [alice, bob] : [bob, alice];
    // What the other side sees meanwhile: a state that is no end, and a picture all the time.
    await stayer.page.evaluate(() => {
      const seen = { states: new Set<string>(), blank: 0 };
      const look = () => {
        seen.states.add(
          document.querySelector<HTMLElement>('[data-testid="call-screen"]')?.dataset['state'] ?? 'none',
        );
        const video = document.querySelector<HTMLVideoElement>('[data-testid="remote-video"]');
        if (!video || video.videoWidth === 0) seen.blank += 1;
      };
      setInterval(look, 50);
      Object.assign(window, { seen });
    });

    await leaver.page.reload();
    for (const person of [leaver, stayer]) {
      await person.expectState('active');
      await person.expectPicture();
      await person.expectSound();
    }
    const seen = await stayer.page.evaluate(() => {
      const { states, blank } = (window as unknown as { seen: { states: Set<string>; blank: number } }).seen;
      return { states: [...states].sort(), blank };
    });
    expect(seen).toEqual({ states: ['active', 'recovering'], blank: 0 });

    for (const person of [alice, bob]) await person.watchEnd();
    await leaver.hangUp();
    await stayer.expectEnded(`${leaver.name} hung up.`);
    for (const person of [alice, bob]) {
      await person.expectNothingLeft();
      await person.closeEnded();
    }
    await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
    await bob.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
  });
}

test('a page that was muted when it was reloaded is muted afterwards', async ({ bring }) => {
  const alice = await bring('alice');
  const bob = await bring('bob');
  await talk(alice, bob);
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSilence();

  await alice.page.reload();
  await alice.expectState('active');
  await alice.expectPicture();
  await bob.expectPicture();
  await bob.expectSilence();
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSound();
});
