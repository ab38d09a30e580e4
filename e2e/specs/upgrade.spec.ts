// A new version takes over in the middle of a relayed call: no packet is lost, and the people notice nothing.
import { tellFigures } from '../bed/figures.ts';
import { lostPackets, selectedPath, watchGaps } from '../bed/media.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

test('an upgrade of the server loses no packet of a call that it relays', async ({ bring, server }) => {
  const forced = { relayTransport: 'udp' } as const;
  const [alice, bob] = await Promise.all([bring('alice', { forced }), bring('bob', { forced })]);
  await alice.dial('bob');
  await bob.answer();
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
    expect(await selectedPath(person.page)).toEqual({
      local: 'relay',
      remote: 'relay',
      relayProtocol: 'udp',
    });
  }
  const before = await Promise.all([alice, bob].map((person) => lostPackets(person.page)));
  const watches = await Promise.all([alice, bob].map((person) => watchGaps(person.page)));

  const { oldEnds } = await server.upgrade();
  await oldEnds;
  await alice.connected(2);
  await bob.connected(2);

  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  });
  const gaps = await Promise.all(watches.map((watch) => watch.stop()));
  const after = await Promise.all([alice, bob].map((person) => lostPackets(person.page)));
  tellFigures('longest gaps over the upgrade, alice', gaps[0] ?? {});
  tellFigures('longest gaps over the upgrade, bob', gaps[1] ?? {});
  expect(after, 'packets lost').toEqual(before);
  for (const person of [alice, bob]) {
    // The same path as before: nobody had to look for another.
    expect(await selectedPath(person.page)).toEqual({
      local: 'relay',
      remote: 'relay',
      relayProtocol: 'udp',
    });
    await person.watchEnd();
  }
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  await each([alice, bob], (person) => person.expectNothingLeft());
});

test('who is relayed over TCP stays with the old version until the call is over', async ({
  bring,
  server,
}) => {
  const [alice, bob] = await Promise.all([
    bring('alice', { forced: { relayTransport: 'tcp' } }),
    bring('bob', { forced: { relayTransport: 'udp' } }),
  ]);
  await alice.dial('bob');
  await bob.answer();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });

  const { oldEnds } = await server.upgrade();
  await alice.connected(2);
  await bob.connected(2);

  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  });
  expect(await selectedPath(alice.page)).toMatchObject({ relayProtocol: 'tcp' });
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  await oldEnds;
});
