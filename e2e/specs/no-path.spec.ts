// Nothing connects two people: the call ends with one sentence about what became of it, and one about whose network it is.
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** A path is looked for so long that one would have been found. */
const GIVEN_UP_WITHIN_MS = 45_000;

async function expectDiagnosis(person: Person, reason: string, diagnosis: string): Promise<void> {
  await expect(person.endedReason).toHaveText(reason, { timeout: GIVEN_UP_WITHIN_MS });
  await expect(person.page.getByTestId('ended-diagnosis')).toHaveText(diagnosis);
}

test('where no way is open and the relay is not reached, the end of the call says whose network it is', async ({
  bring,
  network,
}) => {
  const office = await network();
  const [alice, bob] = await Promise.all([bring('alice', { network: office }), bring('bob')]);
  for (const traffic of ['udp', 'relay'] as const) office.block(traffic);
  await alice.dial('bob');
  await bob.answer();
  await each([alice, bob], (person) => person.watchEnd());
  await expectDiagnosis(
    alice,
    'The call to bob could not connect.',
    'Your network lets nothing through to the relay. Turn off VPN or try another network.',
  );
  await expectDiagnosis(
    bob,
    'The call to alice could not connect.',
    'alice’s network lets nothing through to the relay. They can turn off VPN or try another network.',
  );
  await each([alice, bob], (person) => person.expectNothingLeft());
});
