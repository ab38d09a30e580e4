/** The sample of the README, run as it stands by two people in two windows of a browser. */
import { readFileSync } from 'node:fs';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { bundle, launch, PAGE, PATIENCE } from './browser/chromium.ts';
import { FakeServer } from './fake-server.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

let browser: Browser;
let script: string;

function block(language: string): string {
  const [, code] = README.split(`\`\`\`${language}\n`);
  const [text] = code?.split('```') ?? [];
  if (!text) throw new Error(`the README has no ${language}`);
  return text;
}

beforeAll(async () => {
  const sample = {
    name: 'readme',
    resolveId: (id: string) => (id === 'readme.ts' ? id : undefined),
    load: (id: string) => (id === 'readme.ts' ? block('ts') : undefined),
  };
  script = await bundle('readme.ts', { plugins: [sample] });
  browser = await launch();
}, 60_000);

afterAll(() => browser.close());

/** Somebody who is signed in and has the sample open. */
async function open(server: FakeServer, user: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.route(PAGE, (route) => route.fulfill({ contentType: 'text/html', body: block('html') }));
  await page.route(`${PAGE}api/ticket`, (route) =>
    route.fulfill({ json: { ticket: `tkt-${user}`, expires_in_ms: 30_000 } }),
  );
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const line = server.transport(user).open('', {
      opened: () => undefined,
      message: (text) => socket.send(text),
      closed: () => void socket.close(),
    });
    socket.onMessage((text) => line.send(text.toString()));
    socket.onClose(() => line.close());
  });
  await page.goto(PAGE);
  await page.addScriptTag({ content: script, type: 'module' });
  return page;
}

function status(page: Page, text: string): Promise<unknown> {
  return page.waitForFunction(
    (wanted) => document.querySelector('#status')?.textContent === wanted,
    text,
    PATIENCE,
  );
}

it('a client of thirty lines calls, answers, shows both people and hangs up', {
  timeout: 60_000,
}, async () => {
  const server = new FakeServer();
  const alice = await open(server, 'alice');
  const bob = await open(server, 'bob');
  // Both devices are there once the server has greeted them.
  await expect
    .poll(() => server.heard.filter(({ message }) => message.type === 'hello').length, PATIENCE)
    .toBe(2);

  await alice.fill('#to', 'bob');
  await alice.click('text=Call');
  await bob.click('#accept', PATIENCE);
  await Promise.all([status(alice, 'active'), status(bob, 'active')]);
  for (const page of [alice, bob]) {
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('video')].every(
          (video) => video.videoWidth > 0 && video.currentTime > 0.5,
        ),
      undefined,
      PATIENCE,
    );
  }
  const [{ message } = { message: undefined }] = server.heard;
  expect(message).toMatchObject({
    type: 'hello',
    data: { token: 'tkt-alice', name: 'Chrome on Linux', proto: 1 },
  });

  await bob.click('#hang-up');
  await Promise.all([status(alice, 'ended: remote-hangup'), status(bob, 'ended: hangup')]);
});

it('a page that is reloaded is the same device, and a duplicate of it another', {
  timeout: 60_000,
}, async () => {
  const server = new FakeServer();
  const page = await open(server, 'alice');
  const devices = () =>
    server.heard.flatMap(({ message }) => (message.type === 'hello' ? [message.data.device] : []));
  await expect.poll(() => devices().length, PATIENCE).toBe(1);
  await page.reload();
  await page.addScriptTag({ content: script, type: 'module' });
  await expect.poll(() => devices().length, PATIENCE).toBe(2);

  const kept = await page.evaluate(() => ({ ...sessionStorage }));
  const copy = await page.context().newPage();
  await copy.route(PAGE, (route) => route.fulfill({ contentType: 'text/html', body: block('html') }));
  await copy.goto(PAGE);
  await copy.evaluate((entries) => Object.assign(sessionStorage, entries), kept);
  await copy.addScriptTag({ content: script, type: 'module' });
  await copy.waitForFunction(
    (before) => sessionStorage['visavis.device'] !== before,
    kept['visavis.device'],
    PATIENCE,
  );
  const [first, second] = devices();
  expect(second).toBe(first);
});
