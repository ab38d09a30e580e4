// A picture of every page about people, in both languages, both themes, on a phone and on a desk, for people to look at.
import { goTo, openSection } from '../bed/pages.ts';
import { expect, test } from '../bed/test.ts';
import { camera, LOOKS } from './looks.ts';

const SECTIONS = ['account', 'calls', 'quiet', 'notifications', 'devices', 'blocked', 'appearance'];

for (const look of LOOKS) {
  test.describe(look.name, () => {
    test.use({ settings: { calls: { ring_timeout_ms: 5000 } } });

    test('every page about people', async ({ bring, browser }) => {
      const { options } = look;
      const shot = camera(look, 'people');

      const [alice, bob, stranger] = await Promise.all([
        bring('alice', options),
        bring('bob'),
        bring('dave'),
      ]);
      await goTo(alice, 'contacts');
      await shot(alice, 'contacts-empty');
      await alice.page.getByTestId('contact-search').fill('bob');
      await shot(alice, 'contacts-add');
      await alice.page.getByTestId('contact-add').click();
      await alice.page.getByTestId('person-more').click();
      await alice.page.getByTestId('person-favourite').click();
      await goTo(bob, 'contacts');
      await bob.page.getByTestId('contact-search').fill('alice');
      await bob.page.getByTestId('contact-add').click();
      await expect(alice.page.getByTestId('contact')).toHaveAttribute('data-status', 'online');
      await shot(alice, 'contacts');

      await openSection(alice, 'calls');
      await alice.page.getByTestId('callers-contacts').click();
      await stranger.dial('alice');
      await expect(stranger.endedReason).toBeVisible();
      await goTo(alice, 'home');
      await expect(alice.page.getByTestId('request')).toBeVisible();
      await shot(alice, 'home');
      await goTo(alice, 'history');
      await alice.page.getByTestId('person-more').first().click();
      await shot(alice, 'history');
      await alice.page.getByTestId('person-block').click();
      await shot(alice, 'history-blocked');
      await goTo(alice, 'settings');
      await shot(alice, 'settings');
      for (const section of SECTIONS) {
        await openSection(alice, section);
        if (section === 'quiet') await alice.page.getByTestId('schedule-add').click();
        await shot(alice, `settings-${section}`);
      }
      await openSection(alice, 'links');
      await shot(alice, 'settings-links');
      await alice.page.getByTestId('link-label').fill('Team');
      await alice.page.getByTestId('link-make').click();
      const link = await alice.page.getByTestId('link-url').inputValue();
      await shot(alice, 'settings-link-made');

      const context = await browser.newContext(options);
      const guest = await context.newPage();
      await guest.goto(link);
      await expect(guest.getByTestId('guest-door')).toBeVisible();
      await shot({ page: guest }, 'guest-door');
      await guest.getByTestId('guest-check').click();
      await guest.getByTestId('guest-name').fill('Anna');
      await shot({ page: guest }, 'guest-preview');
      await guest.getByTestId('guest-knock').click();
      await expect(alice.incoming).toBeVisible();
      await shot(alice, 'incoming-knock');
      await shot({ page: guest }, 'guest-knocking');
      await expect(guest.getByTestId('ended-reason')).toBeVisible();
      await guest.getByTestId('ended-close').click();
      await shot({ page: guest }, 'guest-inside');
      await guest.getByTestId('guest-leave').click();
      await shot({ page: guest }, 'guest-over');
      await guest.goto(`${link}x`);
      await guest.reload();
      await expect(guest.getByTestId('guest-closed')).toBeVisible();
      await shot({ page: guest }, 'guest-closed');
      await context.close();
    });
  });
}
