// The checks before a call say what the network and the relay let through, and a call that cannot be made says the same.
import { leftOpen, opened } from '../bed/leaks.ts';
import { openSection } from '../bed/pages.ts';
import type { Person } from '../bed/person.ts';
import { Server } from '../bed/server.ts';
import { expect, test } from '../bed/test.ts';
import { expectTalk, startCall } from '../bed/ways.ts';

/** The checks take 8 s. */
const CHECKED_WITHIN_MS = 20_000;
/** A path is looked for so long that one would have been found. */
const GIVEN_UP_WITHIN_MS = 45_000;

/** What became of each check, and the sentence about all of them. */
async function check(person: Person): Promise<Record<string, string>> {
  await openSection(person, 'check');
  await expect(person.page.getByTestId('check-result')).not.toHaveAttribute('data-tone', 'running', {
    timeout: CHECKED_WITHIN_MS,
  });
  const rows = person.page.locator('.check li');
  const found = await rows.evaluateAll((rows) =>
    rows.map((row) => [
      row.getAttribute('data-testid')?.slice(6) ?? '',
      row.getAttribute('data-state') ?? '',
    ]),
  );
  return {
    ...Object.fromEntries(found),
    verdict: await person.page.getByTestId('check-verdict').innerText(),
  };
}

const DEVICES = { mic: 'good', camera: 'good', speaker: 'good' };

test('where everything works the check says so, shows the mirror, and leaves nothing open', async ({
  bring,
}) => {
  const alice = await bring('alice');
  expect(await check(alice)).toEqual({
    server: 'good',
    'relay-udp': 'good',
    'relay-tcp': 'good',
    'relay-tls': 'absent',
    ...DEVICES,
    verdict: 'Everything works. You are ready to call.',
  });
  await expect(alice.page.getByTestId('check-relay-udp')).toContainText(/\d+ ms, 0 % lost/);
  await expect(alice.page.getByTestId('check-video')).toBeVisible();
  await expect
    .poll(() => alice.page.getByTestId('check-level').evaluate((meter: HTMLMeterElement) => meter.value))
    .toBeGreaterThan(0);
  await alice.page.getByTestId('check-call').click();
  await expect(alice.page.getByTestId('dial-input')).toBeVisible();
  await expect
    .poll(async () => leftOpen(await opened(alice.page), Number.MAX_SAFE_INTEGER))
    .toEqual({ tracks: [], peers: [] });
});

test('where UDP is blocked the check says so, and the call goes over TCP and says that', async ({
  bring,
  network,
}) => {
  const office = await network();
  const [alice, bob] = await Promise.all([bring('alice', { network: office }), bring('bob')]);
  office.block('udp');
  expect(await check(alice)).toEqual({
    server: 'good',
    'relay-udp': 'bad',
    'relay-tcp': 'good',
    'relay-tls': 'absent',
    ...DEVICES,
    verdict: 'Your network blocks UDP. Calls go over TCP instead, and may stutter when the network is busy.',
  });
  await alice.page.getByTestId('check-call').click();
  await startCall(alice, bob);
  await expectTalk([alice], /^relay over tcp$/);
  await expect(alice.page.getByTestId('call-status')).toContainText('relay over TCP');
});

test.describe('behind a firewall that lets nothing but HTTPS out', () => {
  // Browsers ask nobody when they do not like the certificate of a relay.
  test.use({ believed: true });

  test('the check says so, and the call goes over TLS and says that', async ({ bring, network }) => {
    const [office, home] = [await network(), await network()];
    const [alice, bob] = await Promise.all([
      bring('alice', { network: office }),
      bring('bob', { network: home }),
    ]);
    office.block('all but HTTPS');
    const found = await check(alice);
    expect(found).toMatchObject({ server: 'good', 'relay-udp': 'bad', 'relay-tls': 'good', ...DEVICES });
    expect(found['verdict']).toBe(
      'Your network lets only the web through. Calls go over TLS instead, and may stutter when the network is busy.',
    );
    await alice.page.getByTestId('check-call').click();
    await startCall(alice, bob);
    await expectTalk([alice], /^relay over tls$/);
    await expect(alice.page.getByTestId('call-status')).toContainText('relay over TLS');
  });
});

test.describe('where a relay elsewhere is down', () => {
  const others = ['udp', 'tcp'].map((way) => `turn:10.77.0.1:443?transport=${way}`);
  test.use({ settings: { relay: { listen: [], others } } });

  test('the check and the end of a call say that it is no network of anybody’s, what to do, and give a report', async ({
    bring,
    network,
  }) => {
    const [office, home] = [await network(), await network()];
    const [alice, bob] = await Promise.all([
      bring('alice', { network: office }),
      bring('bob', { network: home }),
    ]);
    for (const own of [office, home]) own.block('udp');
    const found = await check(alice);
    expect(found).toMatchObject({ server: 'good', 'relay-udp': 'bad', 'relay-tcp': 'bad', ...DEVICES });
    await expect(alice.page.getByTestId('check-verdict')).toHaveText(
      'The server’s relay does not answer. The administrator has been told.',
    );
    await expect(alice.page.getByTestId('check-fix')).toContainText('visavis doctor');

    await alice.page.getByTestId('check-call').click();
    await startCall(alice, bob);
    for (const { page } of [alice, bob]) {
      await expect(page.getByTestId('ended-diagnosis')).toHaveText(
        'The call server’s relay does not answer. The administrator has been told.',
        { timeout: GIVEN_UP_WITHIN_MS },
      );
      await expect(page.getByTestId('doctor-fix')).toContainText('relay.others');
    }
    await alice.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await alice.page.getByTestId('copy-report').click();
    const report = await alice.page.evaluate(() => navigator.clipboard.readText());
    expect(report).toContain('ended: media-failed');
    expect(report).toContain('cause: relay-unreachable-here, on this side');
    expect(report).toContain('addresses found: here host; there host');
    expect(report).toContain('relay, as the server sees it: failing');
    expect(report).not.toMatch(/\d+\.\d+\.\d+\.\d+:|10\.77|alice|bob/);
  });
});

test('a relay that does not accept the server’s password is named by the check', async ({
  bring,
  server: elsewhere,
}) => {
  const { relayUdp, relayTcp } = elsewhere.ports;
  const others = [`turn:10.77.0.1:${relayUdp}?transport=udp`, `turn:10.77.0.1:${relayTcp}?transport=tcp`];
  const server = await Server.start({ relay: { listen: [], others } });
  const alice = await bring('alice', { url: server.url, link: await server.addUser('alice') });
  expect(await check(alice)).toEqual({
    server: 'good',
    'relay-udp': 'bad',
    'relay-tcp': 'bad',
    'relay-tls': 'absent',
    ...DEVICES,
    verdict:
      'The server’s relay does not accept the server’s own password. Calls work only where a direct path exists.',
  });
  await expect(alice.page.getByTestId('check-fix')).toContainText('relay.secret_file');
  await server.stop();
});
