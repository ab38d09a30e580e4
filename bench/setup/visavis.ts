// Our server and our SDK, used as its documentation says, in a page that answers by itself.
import type { Browser, Page } from '@playwright/test';
import type * as Sdk from '@visavis/client';
import { Server } from '../../e2e/bed/server.ts';
import { callOnce, openPage } from './page.ts';
import type { Pair, System } from './system.ts';

export const visavis: System = { name: 'Visavis', open };

async function open(callerBrowser: Browser, calleeBrowser: Browser): Promise<Pair> {
  // Both devices are on this machine, so the relay need not be reachable from elsewhere.
  const server = await Server.start({ relay: { listen: ['127.0.0.1:0'], host: '127.0.0.1' } });
  const caller = await signUp(server, callerBrowser, 'alice');
  const callee = await signUp(server, calleeBrowser, 'bob');
  await caller.evaluate(ready, 'bob');
  await callee.evaluate(ready, 'alice');
  return {
    call: () => callOnce(caller, callee),
    close: async () => {
      for (const page of [caller, callee]) await page.context().close();
      await server.stop();
    },
  };
}

async function signUp(server: Server, browser: Browser, name: string): Promise<Page> {
  const page = await openPage(browser, server.url, '@visavis/client');
  const token = (await server.addUser(name)).split('/').at(-1);
  const data = { token, password: `correct horse battery ${name}`, display_name: name };
  const response = await page.request.post(`${server.url}/api/signup`, {
    data,
    headers: { origin: server.url },
  });
  if (!response.ok())
    throw new Error(`${name} cannot sign up: ${response.status()} ${await response.text()}`);
  return page;
}

/** Runs inside the page: connects, answers calls, and calls `peer` at a click. */
async function ready(peer: string): Promise<void> {
  const library = '/bench/library.js';
  const { connect } = (await import(library)) as typeof Sdk;
  // The size that PeerJS gets by `video: true`: a larger first picture takes longer.
  const client = connect({ media: { video: { width: 640, height: 480 } } });
  client.on('incoming', (call) => {
    window.bench.rings();
    call.attach(window.bench.video);
    void call.accept({ video: true });
  });
  window.bench.click = () => {
    client.call(peer, { video: true }).attach(window.bench.video);
  };
  window.bench.hangUp = async () => {
    client.current.value?.hangup();
    await client.current.until((call) => call === null);
  };
  await client.link.until((link) => link.type === 'online');
}
