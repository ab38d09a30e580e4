// The example shop, on an origin of its own: a visitor calls the help desk by the element and by the frame, and a shop that is not
// listed is told so.
import type { FrameLocator, Page } from '@playwright/test';
import { loudness, MOVES, motion, SOUNDS } from '../bed/media.ts';
import { freePort } from '../bed/messenger.ts';
import type { Person } from '../bed/person.ts';
import type { Program } from '../bed/program.ts';
import { startShop } from '../bed/shop.ts';
import { test as base, expect } from '../bed/test.ts';

/** A guest link, as its owner's settings make it. */
function makeLink(owner: Person): Promise<string> {
  return owner.page.evaluate(async () => {
    const response = await fetch('/api/links', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'Help desk', uses: 5 }),
    });
    return ((await response.json()) as { url: string }).url;
  });
}

type Beside = {
  shopPort: number;
  alice: Person;
  /** Starts a shop at a port, with a link of Alice's. */
  shop: (port: number) => Promise<Program>;
  /** A page of a visitor's, in a browser of their own. */
  visitor: Page;
};

const test = base.extend<Beside>({
  shopPort: async ({ browserName: _ }, use) => use(await freePort()),

  // What the browser calls localhost is not what another page calls 127.0.0.1: this one origin is listed.
  settings: async ({ shopPort }, use) => use({ web: { embed_origins: [`http://localhost:${shopPort}`] } }),

  alice: async ({ bring }, use) => use(await bring('alice')),

  shop: async ({ server, alice }, use) => {
    const shops: Program[] = [];
    const link = await makeLink(alice);
    await use(async (port) => {
      const shop = await startShop(port, server.url, link);
      shops.push(shop);
      return shop;
    });
    for (const shop of shops) await shop.stop();
  },

  visitor: async ({ browser }, use) => {
    const context = await browser.newContext({ locale: 'en' });
    await use(await context.newPage());
    await context.close();
  },
});

/** Where the element is: in the page, or in the frame. */
type Place = Page | FrameLocator;

const element = (place: Place, part: string) => place.locator(`visavis-call [part=${part}]`);

async function callAs(place: Place, name: string): Promise<void> {
  await element(place, 'call').click();
  await element(place, 'name').fill(name);
  await element(place, 'knock').click();
}

async function expectPictures(alice: Person, place: Place): Promise<void> {
  await alice.expectState('active');
  await alice.expectPicture();
  const remote = element(place, 'remote');
  await expect.poll(() => motion(remote), { message: 'the visitor sees motion' }).toBeGreaterThan(MOVES);
}

test('a visitor of a listed site calls by the element, and walks on to another page in the call', async ({
  alice,
  shop,
  shopPort,
  visitor,
}) => {
  const { url } = await shop(shopPort);
  await visitor.goto(url);
  await callAs(visitor, 'Vera');
  await alice.expectRinging('Vera');
  await expect(alice.incoming).toContainText('Help desk');
  await alice.answer();
  await expectPictures(alice, visitor);
  await alice.expectSound();
  await expect.poll(() => loudness(element(visitor, 'remote'))).toBeGreaterThan(SOUNDS);

  await visitor.reload();
  await expectPictures(alice, visitor);
  await element(visitor, 'hang-up').click();
  await alice.expectEnded('Vera hung up.');
  await expect(element(visitor, 'status')).toHaveText('Call ended.');
});

test('a visitor of a listed site calls by the frame, and its page tells and is told by messages', async ({
  alice,
  shop,
  shopPort,
  visitor,
}) => {
  const { url } = await shop(shopPort);
  await visitor.goto(url);
  const frame = visitor.frameLocator('#frame');
  const log = visitor.locator('#log');
  await expect(log).toContainText('frame: {"visavis":1,"type":"ready"}');
  // The page may ask the frame to be ready; who calls presses inside.
  await visitor.getByRole('button', { name: 'Call', exact: true }).click();
  await element(frame, 'name').fill('Fred');
  await element(frame, 'knock').click();
  await alice.expectRinging('Fred');
  await alice.answer();
  await expectPictures(alice, frame);
  await expect(log).toContainText('"state":"active"');
  await visitor.getByRole('button', { name: 'Mute' }).click();
  await expect(element(frame, 'mic')).toHaveAttribute('aria-pressed', 'false');
  await alice.hangUp();
  await expect(element(frame, 'status')).toHaveText('alice hung up.');
  await expect(log).toContainText('frame: {"visavis":1,"type":"ended","reason":"remote-hangup"');
});

test('a site that is not listed shows no frame, and its element says which key is missing', async ({
  server,
  shop,
  visitor,
}) => {
  const refused: string[] = [];
  visitor.on('console', (message) => refused.push(message.text()));
  const { url } = await shop(0);
  await visitor.goto(url);
  await element(visitor, 'call').click();
  await expect(element(visitor, 'status')).toHaveText('Calls are not allowed from this page.');
  await expect(element(visitor, 'hint')).toHaveText(
    `${url} may show no calls of this server: its operator adds it to web.embed_origins, or sets public.url if that is the server itself behind a proxy`,
  );
  await expect(visitor.frameLocator('#frame').locator('visavis-call')).toHaveCount(0);
  await expect.poll(() => refused.join('\n')).toContain(`Framing '${server.url}/' violates`);
});
