// Networks that let nothing out but the web: the relay is reached by TLS on the port of HTTPS, which looks like any page.
import { existsSync } from 'node:fs';
import { FIREFOX } from '../bed/firefox.ts';
import { expect, test } from '../bed/test.ts';
import { expectEnd, expectTalk, startCall, toldRoutes } from '../bed/ways.ts';

// Browsers of their own for each person take a while to start and to end.
// Browsers ask nobody when they do not like the certificate of a relay.
test.use({ believed: true });
test.skip(!existsSync(FIREFOX), `there is no ${FIREFOX}`);

test('Chromium calls Firefox, both by TLS on the web port and by nothing else', async ({
  bring,
  bringFirefox,
  network,
}) => {
  const forced = { relayTransport: 'tls' } as const;
  const [alice, bob] = await Promise.all([
    bring('alice', { network: await network(), forced }),
    bringFirefox('bob', { network: await network(), forced }),
  ]);
  await startCall(alice, bob);
  await expectTalk([alice, bob], /^relay over tls$/);
  await expectEnd(alice, bob);
});

test('Chromium and Firefox find each other where nothing but HTTPS gets out, and say by which way', async ({
  bring,
  bringFirefox,
  network,
}) => {
  const offices = [await network(), await network()] as const;
  for (const office of offices) office.block('all but HTTPS');
  const [alice, bob] = await Promise.all([
    bringFirefox('alice', { network: offices[0] }),
    bring('bob', { network: offices[1] }),
  ]);
  await startCall(alice, bob);
  await expectTalk([alice, bob], /^relay over tls$/);
  for (const person of [alice, bob]) expect(await toldRoutes(person), person.name).toEqual(['relay_tls']);
  await expectEnd(bob, alice);
});
