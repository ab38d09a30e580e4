// Calls for a browser in which no page is open: the push wakes its service worker, and a notification answers or declines.
import { openSection } from '../bed/pages.ts';
import type { Person } from '../bed/person.ts';
import { PushService, SleepingBrowser } from '../bed/push-service.ts';
import { test as base, expect } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

type Asleep = (person: Person) => Promise<SleepingBrowser>;

const test = base.extend<{ service: PushService; asleep: Asleep }>({
  service: async ({ browserName: _ }, use) => {
    const service = await PushService.start();
    await use(service);
    service.stop();
  },
  settings: async ({ service }, use) => {
    await use(service.settings);
  },
  /** Turns notifications on as a person does, and closes the page. */
  asleep: async ({ service, server }, use) => {
    await use(async (person) => {
      await person.page.context().grantPermissions(['notifications']);
      await service.serve(person.page);
      await person.page.reload();
      await person.connected(2);
      await openSection(person, 'notifications');
      await person.page.getByTestId('push').click();
      await expect(person.page.getByTestId('push')).toHaveAttribute('aria-checked', 'true');
      return SleepingBrowser.of(person, server.url);
    });
  },
});

const RINGS = [{ title: 'alice', body: 'Video call', actions: ['Answer', 'Decline'] }];
const MISSED = [{ title: 'Missed call from alice', body: 'Open Visavis to call back.', actions: [] }];

/** Alice calls, and it rings in Bob's browser. */
async function ring(alice: Person, bob: SleepingBrowser, service: PushService): Promise<void> {
  await alice.dial('bob');
  await bob.deliver(await service.next('call'));
  await bob.expectNotices(RINGS);
}

test('a call rings in a browser without a page, and is declined there', async ({
  bring,
  service,
  asleep,
}) => {
  const alice = await bring('alice');
  const bob = await asleep(await bring('bob'));
  await alice.dial('bob');
  const push = await service.next('call');
  expect(push).toMatchObject({ urgency: 'high', payload: { from: 'alice', media: ['audio', 'video'] } });
  await bob.deliver(push);
  await bob.expectNotices(RINGS);
  await alice.expectState('ringing');

  expect(await bob.press('decline')).toEqual([]);
  await alice.expectEnded('bob declined.');
  expect(await bob.notices()).toEqual([]);
});

test('a page that is looked at and gets no calls, such as a guest’s, keeps none from ringing', async ({
  bring,
  server,
  service,
  asleep,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  const browser = await asleep(bob);
  await bob.page.goto(`${server.url}/#/guest/of-no-link`);
  await expect(bob.page.getByTestId('guest-closed')).toBeVisible();
  await ring(alice, browser, service);
  await alice.expectState('ringing');
});

test('answering opens a page that answers at once', async ({ bring, server, service, asleep }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  const browser = await asleep(bob);
  await ring(alice, browser, service);

  const [opened] = await browser.press('answer');
  await bob.page.goto(`${server.url}${opened}`);
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  });
  expect(await browser.notices()).toEqual([]);
});

test('who answers in the app has no notification left to decline by', async ({
  bring,
  server,
  service,
  asleep,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  const browser = await asleep(bob);
  await ring(alice, browser, service);

  await bob.page.goto(server.url);
  await bob.expectRinging('alice');
  expect(await browser.notices()).toEqual(RINGS);
  await bob.answer();
  await browser.expectNotices([]);
  await each([alice, bob], (person) => person.expectState('active'));
});

test('who gives up silences the browser, which tells of a missed call', async ({
  bring,
  service,
  asleep,
}) => {
  const alice = await bring('alice');
  const bob = await asleep(await bring('bob'));
  await ring(alice, bob, service);
  await alice.hangUp();
  await bob.deliver(await service.next('stop'));
  await bob.expectNotices(MISSED);
});

test('a push that comes late never rings for a call that is over', async ({ bring, service, asleep }) => {
  const alice = await bring('alice');
  const bob = await asleep(await bring('bob'));
  await alice.dial('bob');
  const late = await service.next('call');
  await alice.hangUp();
  await bob.deliver(late);
  await bob.expectNotices(MISSED);
});
