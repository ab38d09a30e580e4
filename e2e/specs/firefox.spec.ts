// Firefox and Chromium call each other: who calls, which way the media goes and who hangs up, in turn.
import { existsSync } from 'node:fs';
import { FIREFOX } from '../bed/firefox.ts';
import { selectedPath } from '../bed/media.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

// A Firefox of one's own takes some seconds to start and to end.
test.skip(!existsSync(FIREFOX), `there is no ${FIREFOX}`);

for (const { caller, way, hangsUp } of [
  { caller: 'Firefox', way: 'directly', hangsUp: 'caller' },
  { caller: 'Chromium', way: 'directly', hangsUp: 'callee' },
  { caller: 'Firefox', way: 'over TURN/UDP alone', hangsUp: 'callee' },
  { caller: 'Chromium', way: 'over TURN/UDP alone', hangsUp: 'caller' },
] as const) {
  const callee = caller === 'Firefox' ? 'Chromium' : 'Firefox';
  test(`${caller} calls ${callee} ${way}, and the ${hangsUp} hangs up`, async ({ bring, bringFirefox }) => {
    const forced = way === 'directly' ? {} : ({ relayTransport: 'udp' } as const);
    const alice = await (caller === 'Firefox' ? bringFirefox : bring)('alice', { forced });
    const bob = await (callee === 'Firefox' ? bringFirefox : bring)('bob', { forced });
    await alice.dial('bob');
    await bob.expectRinging('alice');
    await alice.expectState('ringing');
    await bob.answer();
    for (const person of [alice, bob]) {
      await person.expectState('active');
      await person.expectPicture();
      await person.expectSound();
      const path = await selectedPath(person.page);
      if (way === 'directly') expect([path?.local, path?.remote], person.name).not.toContain('relay');
      else expect(path, person.name).toEqual({ local: 'relay', remote: 'relay', relayProtocol: 'udp' });
      await person.watchEnd();
    }
    const [first, second] = hangsUp === 'caller' ? [alice, bob] : [bob, alice];
    await first.hangUp();
    await second.expectEnded(`${first.name} hung up.`);
    for (const person of [alice, bob]) {
      await person.expectNothingLeft();
      await person.closeEnded();
    }
    await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
    await bob.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
  });
}

test('Firefox hears silence and sees nothing move when the other side mutes and turns the camera off', async ({
  bring,
  bringFirefox,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bringFirefox('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await bob.expectState('active');
  await bob.expectPicture();
  await bob.expectSound();
  for (const [button, expected] of [
    ['call-mute', () => bob.expectSilence()],
    ['call-camera', () => bob.expectNoPicture()],
  ] as const) {
    await alice.call.hover();
    await alice.page.getByTestId(button).click();
    await expected();
  }
});

for (const { caller, loss } of [
  { caller: 'Firefox', loss: 'is another one' },
  { caller: 'Chromium', loss: 'is gone for five seconds' },
] as const) {
  test(`a call from ${caller} to the other browser goes on when the network ${loss}`, async ({
    bring,
    bringFirefox,
    sharedNetwork,
  }) => {
    const alice = await (caller === 'Firefox' ? bringFirefox : bring)('alice');
    const bob = await (caller === 'Firefox' ? bring : bringFirefox)('bob');
    await alice.dial('bob');
    await bob.answer();
    await each([alice, bob], async (person) => {
      await person.expectState('active');
      await person.expectPicture();
    });
    if (loss === 'is another one') {
      sharedNetwork.move();
    } else {
      sharedNetwork.down();
      await each([alice, bob], (person) => person.expectState('recovering'));
      await new Promise((resolve) => setTimeout(resolve, 5000));
      sharedNetwork.up();
    }
    await each([alice, bob], async (person) => {
      await person.expectPicture();
      await person.expectSound();
      await person.expectState('active');
      await person.watchEnd();
    });
    await bob.hangUp();
    await alice.expectEnded('bob hung up.');
    await each([alice, bob], (person) => person.expectNothingLeft());
  });
}
