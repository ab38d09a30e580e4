/** `<visavis-call>` in a real browser: a visitor of a site calls somebody whose page shows incoming calls. */
import { fileURLToPath } from 'node:url';

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundle, launch, PAGE, PATIENCE } from './browser/chromium.ts';
import type { Faces } from './browser/faces.ts';
import { FakeServer } from './fake-server.ts';

declare const faces: Faces;

const LINK = `${PAGE}#/guest/TOKEN`;
const GUEST = 'guest.vera';
const INVITATION = { host_name: 'Alice', label: 'Help desk', video: true };
const ENTERED = {
  pass: 'PASS',
  me: { name: GUEST, display_name: 'Vera', admin: false, guest: { host: 'alice', ...INVITATION } },
};
const KEPT = {
  server: new URL(PAGE).origin,
  link: 'TOKEN',
  pass: 'PASS',
  guest: GUEST,
  host: 'alice',
  hostName: 'Alice',
  video: true,
};
const NAMED = `<visavis-call link="${LINK}" name="Vera"></visavis-call>`;

let browser: Browser;
let script: string;
const open: Page[] = [];

beforeAll(async () => {
  script = await bundle(fileURLToPath(new URL('./browser/faces.ts', import.meta.url)));
  browser = await launch();
}, 60_000);

afterEach(async () => {
  for (const page of open.splice(0)) await page.context().close();
});

afterAll(() => browser.close());

interface Visit {
  readonly server?: FakeServer;
  /** Who connects from here, and with what answers of the server by path. */
  readonly user?: string;
  readonly answers?: Readonly<Record<string, Answer | (() => Promise<Answer>)>>;
}

interface Answer {
  readonly status?: number;
  readonly json: object;
}

/** A page with this element, and what it has asked of the server. */
async function visit(element: string, { server = new FakeServer(), user = GUEST, answers = {} }: Visit = {}) {
  const page = await (await browser.newContext({ locale: 'en' })).newPage();
  open.push(page);
  const asked: string[] = [];
  await page.route(PAGE, (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!doctype html><html lang="en"><body>${element}` }),
  );
  await page.route(`${PAGE}api/**`, async (route) => {
    const path = new URL(route.request().url()).pathname.slice('/api/'.length);
    const shown = route.request().headers()['authorization'];
    asked.push(shown ? `${path} ${shown}` : `${path} ${route.request().postData() ?? ''}`.trim());
    const answer = answers[path] ?? { json: { ticket: 'tkt', expires_in_ms: 30_000 } };
    return route.fulfill(typeof answer === 'function' ? await answer() : answer);
  });
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
  await page.evaluate(() => {
    Object.assign(window, { told: [] });
    for (const event of ['visavis-state', 'visavis-ended', 'visavis-error'])
      addEventListener(event, ({ type, detail }: CustomEventInit & Event) =>
        (window as unknown as { told: unknown[] }).told.push({ type, ...detail }),
      );
  });
  await load(page);
  const told = () => page.evaluate(() => (window as unknown as { told: Record<string, unknown>[] }).told);
  return { page, asked, told };
}

async function load(page: Page): Promise<void> {
  await page.addScriptTag({ content: script, type: 'module' });
  await page.waitForFunction(() => customElements.get('visavis-call') !== undefined, undefined, PATIENCE);
}

/** The page after one on which a guest has come, with what that one has kept. */
async function nextPage(page: Page): Promise<void> {
  await page.evaluate((text) => sessionStorage.setItem('visavis.guest', text), JSON.stringify(KEPT));
  await page.reload();
}

/** The pass that is kept for the next page. */
function kept(page: Page): Promise<string | undefined> {
  return page.evaluate(() => JSON.parse(sessionStorage.getItem('visavis.guest') ?? '{}').pass);
}

/** An answer that comes when it is let go. */
function held(answer: Answer) {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { answer: () => gate.then(() => answer), release };
}

const GUESTS = { 'embed/check': { json: INVITATION }, 'embed/guest': { json: ENTERED } };

function stands(page: Page, state: string): Promise<unknown> {
  return page.waitForSelector(`visavis-call[data-state="${state}"]`, { ...PATIENCE, state: 'attached' });
}

async function moves(page: Page): Promise<void> {
  await page.waitForFunction(
    () => {
      const video = document.querySelector('visavis-call')?.shadowRoot?.querySelector('video');
      return video && video.videoWidth > 0 && video.currentTime > 0.5;
    },
    undefined,
    PATIENCE,
  );
}

describe('a visitor of a site', () => {
  it('gives a name, is let in, is seen, and goes when the call is closed', { timeout: 60_000 }, async () => {
    const server = new FakeServer();
    const alice = await visit('<visavis-call incoming></visavis-call>', { server, user: 'alice' });
    const vera = await visit(`<visavis-call link="${LINK}">Call us</visavis-call>`, {
      server,
      answers: GUESTS,
    });
    await expect
      .poll(() => server.heard.filter(({ message }) => message.type === 'hello').length, PATIENCE)
      .toBe(1);
    expect(vera.asked).toEqual([]);

    await vera.page.click('text=Call us');
    await vera.page.getByLabel('Your name').fill(' Vera ');
    await vera.page.getByRole('button', { name: 'Call', exact: true }).click();
    await alice.page.getByRole('button', { name: 'Answer with video' }).click(PATIENCE);
    for (const { page } of [alice, vera]) {
      await stands(page, 'active');
      await moves(page);
    }
    expect(vera.asked).toEqual([
      'embed/check {"token":"TOKEN"}',
      'embed/guest {"token":"TOKEN","name":"Vera"}',
      'embed/ticket Bearer PASS',
    ]);

    await alice.page.getByRole('button', { name: 'Hang up' }).click();
    await vera.page.getByText('alice hung up.').waitFor(PATIENCE);
    await vera.page.getByRole('button', { name: 'Close' }).click();
    await stands(vera.page, 'idle');
    await expect.poll(() => vera.asked.at(-1), PATIENCE).toBe('embed/leave Bearer PASS');
    const states = (await vera.told()).map(({ type, state, reason }) => state ?? `${type}: ${reason}`);
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual([
      'waiting',
      'door',
      'waiting',
      'dialing',
      'ringing',
      'connecting',
      'active',
      'ended',
      'visavis-ended: remote-hangup',
      'idle',
    ]);
  });

  it('frees their place on the next page of the site, if no call goes on there', {
    timeout: 30_000,
  }, async () => {
    const { page, asked } = await visit(`<visavis-call link="${LINK}"></visavis-call>`, { answers: GUESTS });
    expect(asked).toEqual([]);
    await nextPage(page);
    await load(page);
    await expect.poll(() => asked, PATIENCE).toEqual(['embed/ticket Bearer PASS', 'embed/leave Bearer PASS']);
    await stands(page, 'idle');
  });

  it('is a guest in one element of the page, although two have the same link', {
    timeout: 30_000,
  }, async () => {
    const { page, asked } = await visit(NAMED.repeat(2), { answers: GUESTS });
    await nextPage(page);
    await load(page);
    await expect.poll(() => asked, PATIENCE).toContain('embed/leave Bearer PASS');
    await page.getByRole('button', { name: 'Call' }).last().click();
    await stands(page, 'dialing');
    expect(asked.map((line) => line.split(' ')[0])).toEqual([
      'embed/ticket',
      'embed/leave',
      'embed/guest',
      'embed/ticket',
    ]);
  });

  it('who is in a call in another tab stays there when the tab is duplicated', {
    timeout: 30_000,
  }, async () => {
    const { page, asked } = await visit(NAMED, { answers: GUESTS });
    await nextPage(page);
    // What the tab that was duplicated holds.
    await page.evaluate(
      (name) =>
        new Promise<void>((holds) => {
          void navigator.locks.request(name, () => new Promise<never>(() => holds()));
        }),
      `visavis.guest.${GUEST}`,
    );
    await load(page);
    await page.getByRole('button', { name: 'Call' }).click();
    await stands(page, 'dialing');
    expect(asked[0]).toBe('embed/guest {"token":"TOKEN","name":"Vera"}');
    expect(asked).not.toContain('embed/leave Bearer PASS');
  });

  it('whose visit is over is forgotten, and nothing is said of it on the next page', {
    timeout: 30_000,
  }, async () => {
    const over = { status: 401, json: { code: 'unauthenticated', message: 'sign in first' } };
    const { page, asked } = await visit(NAMED, { answers: { ...GUESTS, 'embed/ticket': over } });
    await nextPage(page);
    await load(page);
    await expect.poll(() => kept(page), PATIENCE).toBe(undefined);
    expect(asked).toEqual(['embed/ticket Bearer PASS']);
    await stands(page, 'idle');
  });

  it('who walks on before it is known whether the call goes on stays a guest', {
    timeout: 30_000,
  }, async () => {
    const late = held({ json: {} });
    const answers = { ...GUESTS, 'embed/ticket': late.answer };
    const { page, asked } = await visit(NAMED, { answers });
    await nextPage(page);
    await load(page);
    await expect.poll(() => asked, PATIENCE).toEqual(['embed/ticket Bearer PASS']);
    await page.reload();
    await load(page);
    await expect
      .poll(() => asked, PATIENCE)
      .toEqual(['embed/ticket Bearer PASS', 'embed/ticket Bearer PASS']);
    expect(await kept(page)).toBe('PASS');
    late.release();
  });

  it('who gave up and calls again is not thrown out when the first answer comes late', {
    timeout: 30_000,
  }, async () => {
    const first = held({ json: ENTERED });
    const answers = [first.answer, async () => ({ json: { ...ENTERED, pass: 'AGAIN' } })];
    const enter = () => (answers.shift() ?? first.answer)();
    const { page, asked } = await visit(NAMED, { answers: { ...GUESTS, 'embed/guest': enter } });
    await page.getByRole('button', { name: 'Call' }).click();
    await expect.poll(() => asked.length, PATIENCE).toBe(1);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Call' }).click();
    await stands(page, 'dialing');
    first.release();
    await expect.poll(() => asked.slice(3), PATIENCE).toEqual(['embed/leave Bearer PASS']);
    await stands(page, 'dialing');
    expect(await kept(page)).toBe('AGAIN');
  });

  it('who came by one link calls nobody of another, and shows no server the pass of another', {
    timeout: 30_000,
  }, async () => {
    const { page, asked } = await visit(NAMED, { answers: GUESTS });
    const elsewhere: (string | undefined)[] = [];
    await page.route('https://other.test/**', (route) => {
      if (route.request().method() === 'POST')
        elsewhere.push(`${route.request().url()} ${route.request().headers()['authorization']}`);
      const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
      return route.fulfill({ status: 404, headers, json: { code: 'not_found', message: 'used up' } });
    });
    await page.getByRole('button', { name: 'Call' }).click();
    await stands(page, 'dialing');
    await page.getByRole('button', { name: 'Hang up' }).click();
    await stands(page, 'ended');
    await page.evaluate(() =>
      document.querySelector('visavis-call')?.setAttribute('link', 'https://other.test/#/guest/OTHER'),
    );
    await stands(page, 'idle');
    await page.getByRole('button', { name: 'Call' }).click();
    await stands(page, 'problem');
    expect(elsewhere).toEqual(['https://other.test/api/embed/guest undefined']);
    expect(asked.at(-1)).toBe('embed/leave Bearer PASS');
  });

  it('rings although the page asks for incoming calls while the call is being prepared', {
    timeout: 30_000,
  }, async () => {
    const late = held({ json: ENTERED });
    const { page, asked } = await visit(NAMED, { answers: { ...GUESTS, 'embed/guest': late.answer } });
    await page.getByRole('button', { name: 'Call' }).click();
    await expect.poll(() => asked.length, PATIENCE).toBe(1);
    await page.evaluate(() => document.querySelector('visavis-call')?.toggleAttribute('incoming', true));
    late.release();
    await stands(page, 'dialing');
  });

  it('is not asked for a name that the page knows', { timeout: 30_000 }, async () => {
    const { page, asked } = await visit(NAMED, { answers: GUESTS });
    await page.getByRole('button', { name: 'Call' }).click();
    await stands(page, 'dialing');
    expect(asked[0]).toBe('embed/guest {"token":"TOKEN","name":"Vera"}');
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByText('Call cancelled.').waitFor(PATIENCE);
  });

  it('is told why there is no call, and the page its code', { timeout: 30_000 }, async () => {
    const message =
      'https://shop.example may show no calls of this server: its operator adds it to web.embed_origins';
    const refused = { 'embed/check': { status: 403, json: { code: 'forbidden', message } } };
    const { page, told } = await visit(`<visavis-call link="${LINK}"></visavis-call>`, { answers: refused });
    await page.getByRole('button', { name: 'Call' }).click();
    await page.getByText('Calls are not allowed from this page.').waitFor(PATIENCE);
    await page.getByText(message).waitFor(PATIENCE);
    expect((await told()).at(-1)).toEqual({ type: 'visavis-error', code: 'forbidden', hint: message });
  });

  it('is told in one sentence that a link is over', { timeout: 30_000 }, async () => {
    const over = { 'embed/check': { status: 404, json: { code: 'not_found', message: 'used up' } } };
    const { page } = await visit(`<visavis-call link="${LINK}" lang="zh"></visavis-call>`, { answers: over });
    await page.getByRole('button', { name: '呼叫' }).click();
    await page.getByText('此链接已失效，请索取新链接。').waitFor(PATIENCE);
    expect(await page.getByText('used up').isVisible()).toBe(false);
  });

  it('needs nothing but keys, and gives up by Escape', { timeout: 30_000 }, async () => {
    const { page } = await visit(`<visavis-call link="${LINK}" lang="zh-CN"></visavis-call>`, {
      answers: GUESTS,
    });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await stands(page, 'door');
    await page.getByText('呼叫Alice · Help desk').waitFor(PATIENCE);
    await page.keyboard.type('V');
    expect(await page.getByLabel('你的名字').inputValue()).toBe('V');
    await page.keyboard.press('Escape');
    await stands(page, 'idle');
    await page.keyboard.press('Enter');
    await stands(page, 'door');
  });
});

describe('a page that uses the element by its methods', () => {
  it('calls somebody with a ticket of its own, mutes, and hangs up', { timeout: 60_000 }, async () => {
    const server = new FakeServer();
    const alice = await visit('<visavis-call incoming></visavis-call>', { server, user: 'alice' });
    const bob = await visit('<visavis-call to="alice" media="audio"></visavis-call>', {
      server,
      user: 'bob',
    });
    await bob.page.evaluate(() => {
      const element = document.querySelector('visavis-call');
      if (!element) throw new Error('no element');
      element.ticket = () => Promise.resolve('tkt-bob');
      element.call();
    });
    await alice.page.getByRole('button', { name: 'Answer', exact: true }).click(PATIENCE);
    await stands(bob.page, 'active');
    expect(bob.asked, 'the ticket was its own').toEqual([]);
    const mic = bob.page.getByRole('button', { name: 'Microphone' });
    expect(await mic.getAttribute('aria-pressed')).toBe('true');
    await bob.page.evaluate(() => document.querySelector('visavis-call')?.mute(true));
    await expect.poll(() => mic.getAttribute('aria-pressed'), PATIENCE).toBe('false');
    await bob.page.evaluate(() => document.querySelector('visavis-call')?.hangup());
    await alice.page.getByText('bob hung up.').waitFor(PATIENCE);
  });

  it('takes the element away, and the call with it', { timeout: 60_000 }, async () => {
    const server = new FakeServer();
    const alice = await visit('<visavis-call incoming></visavis-call>', { server, user: 'alice' });
    const vera = await visit(NAMED, { server, answers: GUESTS });
    await vera.page.getByRole('button', { name: 'Call' }).click();
    await alice.page.getByRole('button', { name: 'Answer', exact: true }).click(PATIENCE);
    await stands(vera.page, 'active');
    const moved = await vera.page.evaluate(async () => {
      const element = document.querySelector('visavis-call');
      if (!element) throw new Error('no element');
      document.body.appendChild(document.createElement('main')).append(element);
      await Promise.resolve();
      return element.dataset['state'];
    });
    expect(moved, 'moving it is not taking it away').toBe('active');
    await vera.page.evaluate(() => document.querySelector('visavis-call')?.remove());
    await stands(alice.page, 'ended');
    await expect.poll(() => vera.asked.at(-1), PATIENCE).toBe('embed/leave Bearer PASS');
  });
});

describe('a page', () => {
  it('turns on no camera, and nothing off, while nobody has answered', { timeout: 60_000 }, async () => {
    const server = new FakeServer();
    const alice = await visit('<visavis-call incoming></visavis-call>', { server, user: 'alice' });
    const bob = await visit('<visavis-call to="alice"></visavis-call>', { server, user: 'bob' });
    await bob.page.getByRole('button', { name: 'Call' }).click();
    await stands(bob.page, 'ringing');
    await bob.page.evaluate(async () => {
      const element = document.querySelector('visavis-call');
      await element?.camera(true);
      await element?.mute(true);
    });
    await alice.page.getByRole('button', { name: 'Answer', exact: true }).click(PATIENCE);
    await stands(bob.page, 'active');
    const pressed = (name: string) => bob.page.getByRole('button', { name }).getAttribute('aria-pressed');
    expect(await pressed('Camera')).toBe('false');
    expect(await pressed('Microphone')).toBe('true');
  });

  it('keeps the calls of its own connection when the element is taken away', {
    timeout: 30_000,
  }, async () => {
    const server = new FakeServer();
    await visit('<visavis-call incoming></visavis-call>', { server, user: 'alice' });
    const bob = await visit('', { server, user: 'bob' });
    const calls = await bob.page.evaluate(async () => {
      const client = faces.connect({ ticket: () => Promise.resolve('tkt') });
      const element = document.createElement('visavis-call');
      element.client = client;
      document.body.append(element);
      const shown = new Promise((resolve) => element.addEventListener('visavis-state', resolve));
      client.call('alice');
      await shown;
      element.remove();
      await Promise.resolve();
      return { state: element.dataset['state'], calls: client.calls.value.length };
    });
    expect(calls).toEqual({ state: 'idle', calls: 1 });
    expect(server.heard.map(({ message }) => message.type)).not.toContain('hangup');
  });
});

it('every face is read by axe, light in English and dark in Chinese', { timeout: 60_000 }, async () => {
  const { page } = await visit('');
  const found: Record<string, string[]> = {};
  for (const [language, scheme] of [
    ['en', 'light'],
    ['zh-CN', 'dark'],
  ] as const)
    for (const name of await page.evaluate(() => faces.names)) {
      const violations = await page.evaluate((wanted) => faces.look(...wanted), [
        name,
        language,
        scheme,
      ] as const);
      if (violations.length > 0) found[`${name} ${language} ${scheme}`] = violations;
    }
  expect(found).toEqual({});
});
