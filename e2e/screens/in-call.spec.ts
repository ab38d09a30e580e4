// A picture of everything that may happen during a call, for people to look at.
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';
import { camera, LOOKS } from './looks.ts';

async function talk(caller: Person, callee: Person): Promise<void> {
  await caller.dial(callee.name);
  await callee.answer();
  await each([caller, callee], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });
}

for (const look of LOOKS) {
  test.describe(look.name, () => {
    test('what happens during a call', async ({ bring }) => {
      const shot = camera(look, 'in-call');
      const [alice, bob, carol] = await Promise.all([
        bring('alice', look.options),
        bring('bob', look.options),
        bring('carol', look.options),
      ]);
      await talk(alice, bob);

      await alice.menu();
      await shot(alice, 'menu');
      await alice.page.getByTestId('menu-transfer').click();
      await shot(alice, 'transfer-form');
      await alice.page.keyboard.press('Escape');

      await alice.call.hover();
      await alice.page.getByTestId('call-screen-share').click();
      await expect(bob.remoteScreen).toBeVisible();
      await alice.call.hover();
      await shot(alice, 'sharing');
      await bob.call.hover();
      await shot(bob, 'peer-sharing');
      await alice.page.getByTestId('sharing-stop').click();
      await expect(bob.remoteScreen).toBeHidden();

      await alice.hold();
      await bob.expectHeld('peer');
      await shot(alice, 'held');
      await shot(bob, 'held-by-peer');
      await alice.resume();
      await bob.expectHeld('nobody');
      await bob.expectPicture();

      await carol.dial('alice');
      await expect(alice.waiting).toContainText('carol');
      await shot(alice, 'waiting');
      await alice.page.getByTestId('waiting-hold').click();
      await carol.expectPicture();
      await alice.call.hover();
      await shot(alice, 'beside');
      await alice.menu();
      await shot(alice, 'beside-menu');
      await alice.page.keyboard.press('Escape');
      await alice.call.hover();
      await alice.page.getByTestId('change-over').click();
      await bob.expectHeld('nobody');
      await carol.hangUp();
      await shot(alice, 'other-call-ended');

      await carol.closeEnded();
      await alice.transfer('carol');
      await carol.expectRinging('bob');
      await shot(bob, 'put-through');
      await shot(carol, 'incoming-put-through');
      await shot(alice, 'ended-transferred');
      await carol.decline();
      await shot(bob, 'ended-declined');
      await bob.closeEnded();
      await alice.closeEnded();

      await alice.dial('bob', 'audio');
      await bob.expectRinging('alice');
      await alice.hangUp();
      await expect(bob.endedReason).toBeVisible();
      await shot(bob, 'missed');
    });

    test('what happens to the network and the devices', async ({ bring, network }) => {
      const shot = camera(look, 'moves');
      const wifi = await network();
      const [alice, bob] = await Promise.all([
        bring('alice', { ...look.options, network: wifi }),
        bring('bob', look.options),
      ]);
      const couch = await bring('bob', look.options);
      await talk(alice, bob);

      await expect(couch.endedReason).toBeVisible();
      await shot(couch, 'answered-elsewhere');
      await couch.closeEnded();
      await shot(couch, 'home-elsewhere');

      wifi.down();
      await alice.expectState('recovering');
      await bob.expectState('recovering');
      await alice.page.waitForFunction(() =>
        document.querySelector('[data-testid="link-status"]:not([data-state="online"])'),
      );
      await shot(alice, 'reconnecting-our-side');
      await shot(bob, 'reconnecting');
      wifi.up();
      await alice.expectState('active');
      await bob.expectPicture();

      await couch.page.getByTestId('move-here').click();
      await couch.expectState('active');
      await expect(bob.endedReason).toBeVisible();
      await couch.call.hover();
      await shot(couch, 'taken');
      await shot(bob, 'moved-elsewhere');

      await couch.leave();
      await alice.expectState('recovering');
      await shot(alice, 'peer-reloads');
    });

    test.describe('a call that finds no path', () => {
      test.use({ settings: { calls: { connect_timeout_ms: 3000 } } });

      test('says why', async ({ bring, network }) => {
        const shot = camera(look, 'no-path');
        const wifi = await network();
        const [alice, bob] = await Promise.all([
          bring('alice', { ...look.options, network: wifi }),
          bring('bob', look.options),
        ]);
        wifi.block('udp');
        wifi.block('relay');
        await alice.dial('bob', 'audio');
        await bob.answer('audio');
        for (const person of [alice, bob]) {
          await expect(person.page.getByTestId('ended-diagnosis')).toBeVisible();
          await shot(person, `ended-${person.name}`);
        }
      });
    });
  });
}
