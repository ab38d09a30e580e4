import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';
import { camera, LOOKS } from './looks.ts';

for (const look of LOOKS) {
  test.describe(look.name, () => {
    test.use({ settings: { calls: { unreachable_ms: 1500 } } });

    test('every screen', async ({ bring, browser, server }) => {
      const { options } = look;
      const shot = camera(look, 'calls');

      const context = await browser.newContext(options);
      const visitor = await context.newPage();
      await visitor.goto(server.url);
      await expect(visitor.getByTestId('login-name')).toBeVisible();
      await shot({ page: visitor }, 'sign-in');
      await visitor.getByTestId('login-name').fill('alice');
      await visitor.getByTestId('login-password').fill('not this one');
      await visitor.getByTestId('login-submit').click();
      await expect(visitor.getByRole('alert')).toBeVisible();
      await shot({ page: visitor }, 'sign-in-refused');
      await visitor.goto(await server.addUser('dave'));
      await expect(visitor.getByTestId('join-password')).toBeVisible();
      await shot({ page: visitor }, 'join');
      await context.close();

      const [alice, bob] = await Promise.all([bring('alice', options), bring('bob', options)]);
      await shot(alice, 'home-empty');

      await alice.dial('dave');
      await alice.expectState('dialing');
      await shot(alice, 'dialing');
      await expect(alice.endedReason).toBeVisible();
      await shot(alice, 'ended-unreachable');
      await alice.closeEnded();

      await alice.dial('bob');
      await bob.expectRinging('alice');
      await alice.expectState('ringing');
      await shot(alice, 'outgoing-ringing');
      await shot(bob, 'incoming');
      await bob.answer();
      await each([alice, bob], async (person) => {
        await person.expectState('active');
        await person.expectPicture();
      });
      await alice.call.hover();
      await shot(alice, 'in-call');
      await alice.call.hover();
      await alice.page.getByTestId('call-mute').click();
      await alice.page.getByTestId('call-camera').click();
      await shot(alice, 'in-call-muted-camera-off');
      await bob.call.hover();
      await shot(bob, 'in-call-peer-muted-camera-off');
      await server.kill();
      await shot(alice, 'in-call-server-gone');
      await server.restart();
      await alice.connected(2);
      await bob.connected(2);
      await alice.hangUp();
      await expect(bob.endedReason).toBeVisible();
      await shot(bob, 'ended-hung-up');
      await bob.closeEnded();
      await alice.closeEnded();
      await alice.dial('bob', 'audio');
      await bob.expectRinging('alice');
      await shot(bob, 'incoming-audio');
      await bob.answer('audio');
      await alice.expectState('active');
      await shot(alice, 'in-call-audio');
      await bob.hangUp();
      await alice.closeEnded();
      await shot(alice, 'home');
    });
  });
}
