// Every way a call can end before it was answered, with the words a person reads.
import { expect, test } from '../bed/test.ts';

test('the caller gives up before the answer', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.expectRinging('alice');
  await alice.watchEnd();
  await alice.hangUp();

  await bob.expectEnded('alice hung up before you answered. You have a missed call.');
  await alice.expectNothingLeft();
  await bob.closeEnded();
  await bob.expectHistory([{ direction: 'in', outcome: 'missed', peer: 'alice' }]);
});

test('the callee declines', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.expectRinging('alice');
  await alice.watchEnd();
  await bob.decline();

  await alice.expectEnded('bob declined.');
  await alice.expectNothingLeft();
  await alice.closeEnded();
  await alice.expectHistory([{ direction: 'out', outcome: 'unanswered', peer: 'bob' }]);
});

test('the callee is in another call, which goes on, and wants no second one', async ({ bring }) => {
  const [alice, bob, carol] = await Promise.all([bring('alice'), bring('bob'), bring('carol')]);
  await bob.wantNoSecondCall();
  await bob.page.evaluate(async () => {
    const body = JSON.stringify({ call_waiting: false });
    const headers = { 'content-type': 'application/json' };
    await fetch('/api/preferences', { method: 'PUT', headers, body });
  });
  await bob.dial('carol');
  await carol.answer();
  await bob.expectState('active');

  await alice.dial('bob');
  await alice.expectEnded('bob is in another call.');
  await expect(bob.incoming).toBeHidden();
  await bob.expectState('active');
  await bob.expectPicture();
});

test.describe('with a short ring', () => {
  test.use({ settings: { calls: { ring_timeout_ms: 2000 } } });

  test('nobody answers', async ({ bring }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await alice.dial('bob');
    await bob.expectRinging('alice');
    await alice.watchEnd();

    await alice.expectEnded('bob didn’t answer. We left a missed call.');
    await expect(bob.incoming).toBeHidden();
    await alice.expectNothingLeft();
    await alice.closeEnded();
    await alice.expectHistory([{ direction: 'out', outcome: 'unanswered', peer: 'bob' }]);
    await bob.expectHistory([{ direction: 'in', outcome: 'missed', peer: 'alice' }]);
  });

  test('nobody answers, told in Chinese', async ({ bring }) => {
    const alice = await bring('alice', { locale: 'zh-CN' });
    await bring('bob');
    await alice.dial('bob');
    await alice.expectEnded('bob 未接听，已留下未接来电。');
  });
});

test.describe('with little patience for silence', () => {
  test.use({ settings: { calls: { unreachable_ms: 1000 } } });

  test('none of the callee’s devices is online', async ({ bring }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await bob.leave();
    await alice.dial('bob');

    await alice.expectEnded('bob’s devices are offline. They’ll see your call when they’re back.');
    await alice.closeEnded();
    await alice.expectHistory([{ direction: 'out', outcome: 'unanswered', peer: 'bob' }]);
    // Back again, the callee learns of the call.
    const back = await bring('bob');
    await back.expectHistory([{ direction: 'in', outcome: 'missed', peer: 'alice' }]);
  });

  test('none of the callee’s devices is online, told in Chinese', async ({ bring }) => {
    const [alice, bob] = await Promise.all([bring('alice', { locale: 'zh-CN' }), bring('bob')]);
    await bob.leave();
    await alice.dial('bob');
    await alice.expectEnded('bob 的设备不在线，上线后会看到你的来电。');
  });
});

test('there is no such person', async ({ bring }) => {
  const alice = await bring('alice');
  await alice.dial('nobody');
  await alice.expectEnded('There is nobody called “nobody” here. Check the spelling.');
});
