// What every scenario begins with: a server of its own and a way to bring people to it; all is closed afterwards.
import { type BrowserContextOptions, test as base } from '@playwright/test';
import { Person } from './person.ts';
import { type Forced, installProbes } from './probes.ts';
import { Server, type Settings } from './server.ts';

export type DeviceOptions = BrowserContextOptions & { forced?: Forced };

/** Brings a person with a fresh device: signed up the first time, signed in on every further device. */
export type Bring = (name: string, options?: DeviceOptions) => Promise<Person>;

type Bed = { settings: Settings; server: Server; bring: Bring };

export const test = base.extend<Bed>({
  settings: [{}, { option: true }],

  server: async ({ settings }, use, info) => {
    const server = await Server.start(settings);
    await use(server);
    if (info.status !== info.expectedStatus) await info.attach('server.log', { body: server.log });
    await server.stop();
  },

  bring: async ({ browser, server }, use, info) => {
    const people: Person[] = [];
    await use(async (name, { forced, ...options } = {}) => {
      const context = await browser.newContext({ locale: 'en', ...options });
      await installProbes(context, forced);
      const page = await context.newPage();
      const person = new Person(name, context, page);
      page.on('pageerror', (error) =>
        info.annotations.push({ type: 'page error', description: String(error) }),
      );
      const isKnown = people.some((other) => other.name === name);
      people.push(person);
      if (isKnown) await person.signIn(server.url);
      else await person.signUp(await server.addUser(name));
      return person;
    });
    if (info.status !== info.expectedStatus) {
      for (const [index, { name, page }] of people.entries()) {
        if (page.isClosed()) continue;
        await info.attach(`${index}-${name}.png`, {
          body: await page.screenshot(),
          contentType: 'image/png',
        });
      }
    }
    for (const person of people) await person.leave();
  },
});
export { expect } from '@playwright/test';
