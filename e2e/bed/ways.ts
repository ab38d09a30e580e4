// Whole calls in the app, on any browser, and the way by which their media goes.
import { expect } from '@playwright/test';
import { selectedPath } from './media.ts';
import type { Verbs } from './verbs.ts';

/** The ends of the pair of candidates in use, and how the relay is reached if the near one is its. */
export async function way(person: Verbs): Promise<string> {
  const path = await selectedPath(person.page);
  if (!path) return 'none';
  if (path.local !== 'relay' && path.remote !== 'relay') return 'direct';
  return path.local === 'relay' ? `relay over ${path.relayProtocol}` : 'the other’s relay';
}

/** One calls, the other answers. */
export async function startCall(caller: Verbs, callee: Verbs): Promise<void> {
  await caller.dial(callee.name);
  await callee.expectRinging(caller.name);
  await callee.answer();
}

/** They talk, each by one of these ways in the end. */
export async function expectTalk(people: readonly Verbs[], ways: RegExp): Promise<void> {
  for (const person of people) {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
    // While it rings a relay is used; a better way is taken as soon as it is found.
    await expect.poll(() => way(person), { message: `the way of ${person.name}` }).toMatch(ways);
    await person.watchEnd();
  }
}

/** The first hangs up, and nothing is left at either. */
export async function expectEnd(first: Verbs, second: Verbs): Promise<void> {
  await first.hangUp();
  await second.expectEnded(`${first.name} hung up.`);
  for (const person of [first, second]) await person.expectNothingLeft();
}

/** The ways that the pages have told the server of, when media flowed. */
export function toldRoutes(person: Verbs): Promise<readonly string[]> {
  return person.page.evaluate(() => window.bed.routes, undefined);
}
