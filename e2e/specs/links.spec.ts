// Links that anybody may put on any site: what they name is shown, and nothing is done for them.
import { opened } from '../bed/leaks.ts';
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** Somebody who may call, and who knows the id of the call before it reaches anybody: the caller makes it. */
async function knowsTheCallBefore(caller: Person): Promise<{ id: Promise<string>; call: () => void }> {
  let call = (): void => {};
  const called = new Promise<void>((resolve) => {
    call = resolve;
  });
  let learn = (_: string): void => {};
  const id = new Promise<string>((resolve) => {
    learn = resolve;
  });
  // Until the route is there, a page that is loaded would call as always.
  await caller.page.routeWebSocket('**/ws', (socket) => {
    const server = socket.connectToServer();
    socket.onMessage(async (text) => {
      const message = JSON.parse(text.toString()) as { type: string; call?: string };
      if (message.type === 'invite' && message.call) {
        learn(message.call);
        await called;
      }
      server.send(text);
    });
  });
  await caller.page.reload();
  await caller.connected(2);
  return { id, call };
}

/** Opens an address as somebody does who presses a link on another site. */
async function followLink({ page }: Person, address: string): Promise<void> {
  const body = `<!doctype html><a href="${address}">kittens</a>`;
  await page.route('http://kittens.example/', (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto('http://kittens.example/');
  await page.getByRole('link', { name: 'kittens' }).click();
}

test('an address that anybody can link to answers nothing', async ({ bring, server }) => {
  const eve = await bring('eve');
  const { id, call } = await knowsTheCallBefore(eve);
  const bob = await bring('bob');
  await eve.dial('bob');
  const addresses = [`#/answer/${await id}/video`, `#/answer/${await id}`, `#/wish/${await id}`];
  const goThrough = () =>
    bob.page.evaluate(async (addresses) => {
      for (const address of addresses) {
        const changed = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
        location.hash = address;
        await changed;
      }
    }, addresses);

  await followLink(bob, `${server.url}/${addresses[0]}`);
  await bob.connected(2);
  expect(bob.page.url()).not.toContain(await id);
  await goThrough();
  call();
  await bob.expectRinging('eve');
  // Nor does one that comes while it rings.
  await goThrough();
  await bob.expectRinging('eve');
  await eve.expectState('ringing');
  const { tracks } = await opened(bob.page);
  expect(tracks.filter(({ from }) => from === 'device')).toEqual([]);

  // It was the call that the addresses named, and the camera was there to be had.
  await bob.answer();
  await each([eve, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });
});
