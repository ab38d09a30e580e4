import { ClientError, type EndReason, type RecoveryCause } from '@visavis/client';
import { describe, expect, test } from 'vitest';
import { NotFetched } from '../src/call/not-fetched.ts';
import { callsBeside, waitingCall } from '../src/model/calls.ts';
import type { Input, Output } from '../src/model/message.ts';
import { initialModel, type Model } from '../src/model/model.ts';
import { update } from '../src/model/update.ts';
import { RINGS_HERE, snapshot } from './call-models.ts';

/** Takes inputs in turn; gives the model after them and the outputs of the last. */
function run(model: Model, ...inputs: readonly Input[]): { model: Model; outputs: readonly Output[] } {
  let outputs: readonly Output[] = [];
  let after = model;
  for (const input of inputs) [after, outputs] = update(after, input);
  return { model: after, outputs };
}

const ME = { name: 'alice', display_name: 'Alice' };
const start = initialModel(true);
const home = run(
  start,
  { type: 'open', token: null },
  { type: 'who-am-i', me: ME },
  { type: 'link', link: { type: 'online' } },
).model;
const shows = (change: Parameters<typeof snapshot>[0], now = 0): Input => ({
  type: 'call',
  call: snapshot(change),
  now,
});
const endsBy = (reason: EndReason) =>
  ({ state: { type: 'ended', reason, summary: { durationMs: 0 } } }) as const;
const incoming = run(home, shows(RINGS_HERE)).model;

describe('signing in', () => {
  test('asks who is there, and for a password if nobody is', () => {
    const opened = run(start, { type: 'open', token: null });
    expect(opened.outputs).toEqual([{ type: 'ask-who-am-i' }]);
    const { model } = run(opened.model, { type: 'who-am-i', me: null });
    expect(model.page).toEqual({ type: 'sign-in', ended: false, form: { type: 'ready' } });
  });

  test('connects and loads the history once one is in', () => {
    const { model, outputs } = run(
      start,
      { type: 'open', token: null },
      { type: 'who-am-i', me: null },
      { type: 'log-in', name: 'alice', password: 'secret' },
      { type: 'signed-in', me: ME },
    );
    expect(model.page).toEqual({ type: 'home', me: ME });
    expect(outputs).toEqual([
      { type: 'clear-address' },
      { type: 'connect' },
      { type: 'look-for-recordings' },
      { type: 'load-history', afterCall: false },
      { type: 'load', what: 'contacts' },
      { type: 'load', what: 'blocks' },
      { type: 'load', what: 'preferences' },
      { type: 'ask-push' },
    ]);
  });

  test('keeps the form when the server refuses it', () => {
    const problem = { type: 'rate-limited', until: 9_000 } as const;
    const { model } = run(
      start,
      { type: 'open', token: null },
      { type: 'who-am-i', me: null },
      { type: 'log-in', name: 'alice', password: 'wrong' },
      { type: 'form-refused', problem },
    );
    expect(model.page).toEqual({ type: 'sign-in', ended: false, form: { type: 'refused', problem } });
  });

  test('redeems a sign-up link with what the page knows of it', () => {
    const { outputs } = run(
      start,
      { type: 'open', token: 'abc' },
      { type: 'invitation', invitation: { name: 'alice', expires_in_ms: 1 } },
      { type: 'sign-up', displayName: 'Alice', password: 'long enough' },
    );
    expect(outputs).toEqual([
      { type: 'send-sign-up', token: 'abc', displayName: 'Alice', password: 'long enough' },
    ]);
  });

  test('says that a link is gone, whether at once or when it is redeemed', () => {
    const opened = run(start, { type: 'open', token: 'abc' }).model;
    const atOnce = run(opened, { type: 'invitation', invitation: null });
    const later = run(
      opened,
      { type: 'invitation', invitation: { name: 'alice', expires_in_ms: 1 } },
      { type: 'form-refused', problem: { type: 'gone' } },
    );
    for (const { model } of [atOnce, later]) {
      expect(model.page).toMatchObject({ type: 'join', invitation: { type: 'invalid' } });
    }
  });

  test('tries the same link again when the server did not answer', () => {
    const failed = run(start, { type: 'open', token: 'abc' }, { type: 'no-server' });
    expect(failed.model.page.type).toBe('unreachable');
    expect(run(failed.model, { type: 'retry' }).outputs).toEqual([
      { type: 'check-invitation', token: 'abc' },
    ]);
  });

  test('is asked for again, with the reason, when the login has ended', () => {
    const { model, outputs } = run(home, { type: 'link', link: { type: 'offline', reason: 'signed-out' } });
    expect(model.page).toEqual({ type: 'sign-in', ended: true, form: { type: 'ready' } });
    expect(outputs).toEqual([{ type: 'disconnect' }, { type: 'close-notices', live: null }]);
  });

  test('leaves no notification of one person to the next', () => {
    const out = run(home, { type: 'sign-out' });
    expect(out.outputs).toEqual([
      { type: 'disconnect' },
      { type: 'close-notices', live: null },
      { type: 'send-log-out' },
    ]);
    const ended = run(start, { type: 'open', token: null }, { type: 'who-am-i', me: null });
    expect(ended.outputs).toEqual([{ type: 'close-notices', live: null }]);
  });

  test('leaves nothing of one person for the next', () => {
    const { model } = run(home, { type: 'history', calls: [] }, shows({}), { type: 'sign-out' });
    expect({ call: model.call, history: model.history }).toEqual({
      call: null,
      history: { status: 'loading', calls: [] },
    });
  });
});

describe('calling', () => {
  test('starts a call to the name without the spaces around it', () => {
    const { outputs } = run(home, { type: 'dial', to: ' bob ', video: false });
    expect(outputs).toEqual([{ type: 'start-call', to: 'bob', video: false }]);
  });

  test('starts no second call during one', () => {
    expect(run(home, shows({}), { type: 'dial', to: 'carol', video: true }).outputs).toEqual([]);
  });

  test('answers somebody who rings here, when this user calls them at the same moment', () => {
    const { id } = incoming.call?.peer ?? { id: '' };
    const { model, outputs } = run(incoming, { type: 'dial', to: ` ${id.toUpperCase()} `, video: false });
    expect(outputs).toEqual([{ type: 'accept-call', serial: 1, video: false }]);
    expect(model.call?.attended).toBe(true);
  });

  test('says why nothing happens where there is no microphone to be had', () => {
    const { model, outputs } = run({ ...home, secure: false }, { type: 'dial', to: 'bob', video: true });
    expect(outputs).toEqual([]);
    expect(model.toast?.message).toEqual({ key: 'device.insecure' });
  });

  test('counts the wait from the change of state, not from each news of it', () => {
    const { model } = run(
      home,
      shows({}, 1_000),
      shows({ remote: { audio: false, video: false, screen: false, blocked: false } }, 3_000),
    );
    expect(model.call?.stateSince).toBe(1_000);
    expect(run(model, shows({ state: { type: 'connecting' } }, 4_000)).model.call?.stateSince).toBe(4_000);
  });
});

describe('a device that fails', () => {
  const mic = {
    mic: 'none',
    camera: 'on',
    screen: 'off',
    micError: new ClientError('device-missing'),
  } as const;
  const both = { ...mic, camera: 'none', cameraError: new ClientError('device-busy') } as const;

  test('is told of once, and the call goes on', () => {
    const { model } = run(home, shows({ local: mic }), shows({ local: mic, state: { type: 'connecting' } }));
    expect(model.toast).toEqual({ id: 1, message: { key: 'device.mic.missing' } });
  });

  test('gives way to another, and the user may turn that off', () => {
    const lost = {
      mic: 'lost',
      camera: 'on',
      screen: 'off',
      micError: new ClientError('device-lost'),
    } as const;
    const next = { mic: 'on', camera: 'on', screen: 'off', micLabel: 'Desk' } as const;
    const { model } = run(home, shows({ local: lost }), shows({ local: next }));
    expect(model.toast).toEqual({
      id: 2,
      message: { key: 'device.mic.replaced', params: { device: 'Desk' } },
      calm: true,
      action: { key: 'call.mute', input: { type: 'mic', on: false } },
    });
  });

  test('is a camera whose background cannot be blurred, with the way out', () => {
    const cameraError = new ClientError('effect-failed', 'no library', { device: 'camera' });
    const local = { mic: 'on', camera: 'none', screen: 'off', cameraError } as const;
    expect(run(home, shows({ local })).model.toast).toEqual({
      id: 1,
      message: { key: 'device.blur.failed' },
    });
  });

  test('is a camera that could not be blurred this time, with another way out', () => {
    const cause = new NotFetched('no network');
    const cameraError = new ClientError('effect-failed', 'no library', { device: 'camera', cause });
    const local = { mic: 'on', camera: 'none', screen: 'off', cameraError } as const;
    expect(run(home, shows({ local })).model.toast).toEqual({
      id: 1,
      message: { key: 'device.blur.missing' },
    });
  });

  test('is the microphone if both fail at once', () => {
    const { model } = run(home, shows({ local: mic }), shows({ local: both }), shows({ local: both }, 9_000));
    expect(model.toast).toEqual({ id: 1, message: { key: 'device.mic.missing' } });
  });

  test('is the camera if it fails long after the microphone, and is told of once', () => {
    const { model } = run(
      home,
      shows({ local: mic }),
      shows({ local: mic }, 5_000),
      shows({ local: both }, 5_500),
      shows({ local: both }, 9_000),
    );
    expect(model.toast).toEqual({ id: 2, message: { key: 'device.camera.busy' } });
  });
});

describe('being called', () => {
  test('answers with what was chosen and gives the call the screen', () => {
    const { model, outputs } = run(incoming, { type: 'answer', video: false });
    expect(outputs).toEqual([{ type: 'accept-call', serial: 1, video: false }]);
    expect(model.call?.attended).toBe(true);
    expect(run(model, { type: 'answer', video: true }).outputs).toEqual([]);
  });

  test('shows nothing more after a decline', () => {
    const declined = run(incoming, { type: 'hang-up' });
    expect(declined.outputs).toEqual([{ type: 'end-call', serial: 1 }]);
    const { model, outputs } = run(declined.model, shows({ ...RINGS_HERE, ...endsBy('declined') }));
    expect(model.call).toBeNull();
    expect(outputs).toEqual([{ type: 'load-history', afterCall: true }]);
  });

  test('keeps a missed call as a card until it is closed', () => {
    const { model } = run(incoming, shows({ ...RINGS_HERE, ...endsBy('remote-cancelled') }));
    expect([model.call?.state.type, model.call?.attended]).toEqual(['ended', false]);
    expect(run(model, { type: 'close-call' }).model.call).toBeNull();
  });

  test('rings for a new call also when the end of the last is still shown', () => {
    const after = run(home, shows({}), shows(endsBy('remote-hangup'))).model;
    const { model } = run(after, shows({ ...RINGS_HERE, serial: 2 }));
    expect([model.call?.serial, model.call?.attended]).toEqual([2, false]);
  });
});

describe('a second call', () => {
  const active = { state: { type: 'active', since: 0, path: 'direct' } } as const;
  const carol = { serial: 2, peer: { id: 'carol', name: 'Carol', lost: false, contact: false } } as const;
  const carolRings = { ...RINGS_HERE, ...carol };
  const talking = run(home, shows(active)).model;
  const waiting = run(talking, shows(carolRings)).model;
  const serials = ({ call, others }: Model) => [call?.serial, others.map(({ serial }) => serial)];

  test('waits beside the one on the stage, whose buttons go on meaning it', () => {
    expect(serials(waiting)).toEqual([1, [2]]);
    expect(waitingCall(waiting)?.peer.id).toBe('carol');
    expect(run(waiting, { type: 'hang-up' }).outputs).toEqual([{ type: 'end-call', serial: 1 }]);
    expect(run(waiting, { type: 'answer', video: true }).outputs).toEqual([]);
  });

  test('is answered by ending the first', () => {
    const { model, outputs } = run(waiting, { type: 'answer-waiting', serial: 2, hold: false });
    expect(outputs).toEqual([
      { type: 'end-call', serial: 1 },
      { type: 'accept-call', serial: 2, video: true },
    ]);
    const after = run(model, shows({ ...active, ...endsBy('hangup') }));
    expect([serials(after.model), after.model.toast]).toEqual([[2, []], null]);
  });

  test('is answered by holding the first, and never turns on a camera', () => {
    const dark = run(talking, shows({ ...active, local: { mic: 'on', camera: 'off', screen: 'off' } }));
    const { model, outputs } = run(dark.model, shows(carolRings), {
      type: 'answer-waiting',
      serial: 2,
      hold: true,
    });
    expect(outputs).toEqual([{ type: 'accept-call', serial: 2, video: false }]);
    expect(serials(model)).toEqual([2, [1]]);
    expect(callsBeside(model).map(({ peer }) => peer.id)).toEqual(['bob']);
  });

  test('ends the first if that cannot be held, since nobody has answered it yet', () => {
    const { outputs } = run(home, shows({}), shows(carolRings), {
      type: 'answer-waiting',
      serial: 2,
      hold: true,
    });
    expect(outputs[0]).toEqual({ type: 'end-call', serial: 1 });
  });

  test('is declined without a word, and missed with one', () => {
    const declined = run(waiting, { type: 'decline-waiting', serial: 2 });
    expect(declined.outputs).toEqual([{ type: 'end-call', serial: 2 }]);
    const gone = run(declined.model, shows({ ...carolRings, ...endsBy('declined') })).model;
    expect([serials(gone), gone.toast]).toEqual([[1, []], null]);

    const missed = run(waiting, shows({ ...carolRings, ...endsBy('remote-cancelled') })).model;
    expect([serials(missed), missed.toast?.message.key]).toEqual([[1, []], 'ended.remote-cancelled']);
  });

  const held = run(
    waiting,
    { type: 'answer-waiting', serial: 2, hold: true },
    shows({ ...active, held: { me: true, peer: false } }),
    shows({ ...active, ...carol }),
  ).model;

  test('changes places with the first', () => {
    const { model, outputs } = run(held, { type: 'change-over', serial: 1 });
    expect(outputs).toEqual([{ type: 'hold-call', serial: 1, on: false }]);
    expect(serials(model)).toEqual([1, [2]]);
    expect(run(held, { type: 'change-over', serial: 7 }).outputs).toEqual([]);
  });

  test('that ends gives the stage back to the held one, which its user has to resume', () => {
    const { model, outputs } = run(held, shows({ ...active, ...carol, ...endsBy('remote-hangup') }));
    expect([serials(model), model.call?.held.me, model.toast?.message.key]).toEqual([
      [1, []],
      true,
      'ended.remote-hangup',
    ]);
    expect(outputs).toEqual([{ type: 'load-history', afterCall: true }]);
  });

  test('rings as a first one does when the first has ended', () => {
    const { model } = run(waiting, shows({ ...active, ...endsBy('remote-hangup') }));
    expect([serials(model), waitingCall(model), model.call?.attended]).toEqual([[2, []], null, false]);
  });

  test('that waits on hold is lost with a word', () => {
    const { model } = run(held, shows({ ...active, ...endsBy('remote-hangup') }));
    expect([serials(model), model.toast?.message.key]).toEqual([[2, []], 'ended.remote-hangup']);
  });
});

describe('handing over', () => {
  const active = { state: { type: 'active', since: 0, path: 'direct' } } as const;
  const carol = { serial: 2, peer: { id: 'carol', name: 'Carol', lost: false, contact: false } } as const;
  const talking = run(home, shows(active)).model;

  test('goes to a name without the spaces around it, or to the person of a call beside', () => {
    expect(run(talking, { type: 'transfer', to: ' carol ' }).outputs).toEqual([
      { type: 'transfer-call', serial: 1, to: 'carol' },
    ]);
    expect(run(talking, { type: 'transfer', to: ' ' }).outputs).toEqual([]);
    const beside = run(talking, shows({ ...active, ...carol })).model;
    expect(run(beside, { type: 'connect-calls', serial: 1 }).outputs).toEqual([
      { type: 'transfer-call', serial: 2, to: 1 },
    ]);
    expect(run(talking, { type: 'connect-calls', serial: 2 }).outputs).toEqual([]);
  });

  test('may begin with a word: the third person is called beside', () => {
    const asked = run(talking, { type: 'dial-beside', to: 'carol' });
    expect(asked.outputs).toEqual([{ type: 'start-call', to: 'carol', video: false }]);
    const { model } = run(asked.model, shows(carol));
    expect([model.call?.serial, model.others.map(({ serial }) => serial)]).toEqual([2, [1]]);
  });

  test('waits for the answer', () => {
    const dialing = run(home, shows({})).model;
    expect(run(dialing, { type: 'transfer', to: 'carol' }).outputs).toEqual([]);
    expect(run(dialing, { type: 'dial-beside', to: 'carol' }).outputs).toEqual([]);
  });

  test('that fails says why, and the call goes on', () => {
    const said = (['not-found', 'busy', 'server'] as const).map(
      (code) =>
        run(talking, { type: 'transfer-failed', error: new ClientError(code), to: 'carol' }).model.toast
          ?.message.key,
    );
    expect(said).toEqual(['ended.not-found', 'ended.busy', 'transfer.failed']);
  });

  test('is asked for once, until it has failed', () => {
    const asked = run(talking, { type: 'transfer', to: 'carl' }, shows(active));
    expect(asked.model.call?.transferring).toBe(true);
    expect(run(asked.model, { type: 'transfer', to: 'carl' }).outputs).toEqual([]);
    const failed = { type: 'transfer-failed', error: new ClientError('not-found'), to: 'carl' } as const;
    expect(run(asked.model, failed, { type: 'transfer', to: 'carol' }).outputs).toEqual([
      { type: 'transfer-call', serial: 1, to: 'carol' },
    ]);
  });
});

describe('a video call that goes on with sound only', () => {
  const active = { state: { type: 'active', since: 0, path: 'direct' } } as const;
  const local = { mic: 'on', camera: 'off', screen: 'off' } as const;
  const said = {
    id: 1,
    message: { key: 'toast.camera-off' },
    calm: true,
    action: { key: 'toast.camera-off.turn-on', input: { type: 'camera', on: true } },
  };

  test('says so when it was moved here, once', () => {
    const taken = { taken: true, local } as const;
    const moved = run(home, shows({ ...taken, state: { type: 'connecting' } }));
    expect(moved.model.toast).toBeNull();
    const { model } = run(moved.model, shows({ ...taken, ...active }));
    expect(model.toast).toEqual(said);
    const again = run(model, { type: 'dismiss-toast', id: 1 }, shows({ ...taken, ...active, talking: true }));
    expect(again.model.toast).toBeNull();
    expect(run(model, { type: 'camera', on: true }).model.toast).toBeNull();
  });

  test('says so when it was put through, as soon as the next person is there', () => {
    const through = { id: 'call-2', transferredBy: 'Bob', local } as const;
    const dialing = run(home, shows(active), shows({ ...through, state: { type: 'dialing' } }));
    expect(dialing.model.toast).toBeNull();
    const there = run(dialing.model, shows({ ...through, state: { type: 'connecting' } }));
    expect(run(there.model, shows({ ...through, ...active })).model.toast).toEqual(said);
  });

  test('says nothing where the user chose so, or there never was a picture', () => {
    const chosen = run(home, shows({ local, state: { type: 'connecting' } }), shows({ local, ...active }));
    expect(chosen.model.toast).toBeNull();
    const voice = { taken: true, local, media: { audio: true, video: false } } as const;
    const moved = run(
      home,
      shows({ ...voice, state: { type: 'connecting' } }),
      shows({ ...voice, ...active }),
    );
    expect(moved.model.toast).toBeNull();
  });
});

test('who was put through may call back whoever did it, until they have talked to the next person', () => {
  const active = { state: { type: 'active', since: 0, path: 'direct' } } as const;
  const carol = { id: 'carol', name: 'Carol', lost: false, contact: false };
  const through = { id: 'call-2', transferredBy: 'Bob', peer: carol } as const;
  const put = [
    shows(active),
    shows({ ...through, ...active }),
    shows({ ...through, ...active, devices: [] }),
    shows({ ...through, state: { type: 'dialing' } }),
  ] as const;
  const declined = run(home, ...put, shows({ ...through, ...endsBy('remote-declined') }));
  expect(declined.model.call?.broughtBy).toEqual(snapshot().peer);
  const talked = shows({ ...through, ...active });
  const over = run(home, ...put, talked, shows({ ...through, ...endsBy('remote-hangup') }));
  expect(over.model.call?.broughtBy).toBeUndefined();
});

test('a call that waited for a closed page ends with its being closed', () => {
  const recovering = (cause: RecoveryCause) =>
    shows({ state: { type: 'recovering', since: 0, lostAt: 0, cause } });
  const lost = shows(endsBy('connection-lost'));
  expect(run(home, recovering('leaving'), lost).model.call?.pageClosed).toBe(true);
  expect(run(home, recovering('network'), lost).model.call?.pageClosed).toBeUndefined();
});

describe('a call on another device', () => {
  const there = { id: 'call-1', peer: snapshot().peer, device: 'Phone' };
  const known = run(home, { type: 'elsewhere', calls: [there] }).model;

  test('is moved here, in the place of the screen that said where it was answered', () => {
    const answered = run(known, shows({ ...RINGS_HERE, ...endsBy('elsewhere') })).model;
    expect(answered.call?.state.type).toBe('ended');
    const { model, outputs } = run(answered, { type: 'move-here', id: 'call-1' });
    expect([model.call, outputs]).toEqual([null, [{ type: 'take-call', id: 'call-1' }]]);
  });

  test('is not moved once it is over', () => {
    const over = run(known, { type: 'elsewhere', calls: [] }).model;
    expect(run(over, { type: 'move-here', id: 'call-1' }).outputs).toEqual([]);
  });

  test('takes the stage from the present one, which is then on hold', () => {
    const talking = run(known, shows({ serial: 5, state: { type: 'active', since: 0, path: 'direct' } }));
    const moved = run(
      talking.model,
      { type: 'move-here', id: 'call-1' },
      shows({ state: { type: 'connecting' } }),
    );
    expect([moved.model.call?.serial, moved.model.others.map(({ serial }) => serial)]).toEqual([1, [5]]);
  });
});

test('a call is silenced here, and rings on', () => {
  const { model, outputs } = run(incoming, { type: 'silence', serial: 1 });
  expect(outputs).toEqual([]);
  expect([model.call?.silenced, model.call?.state.type]).toEqual([true, 'ringing']);
  expect(run(model, shows(RINGS_HERE)).model.call?.silenced).toBe(true);
});

describe('the end of a call', () => {
  const ended = run(home, shows({}), shows(endsBy('remote-hangup')));

  test('stays on the screen and brings the history up to date', () => {
    expect(ended.model.call?.state.type).toBe('ended');
    expect(ended.outputs).toEqual([{ type: 'load-history', afterCall: true }]);
  });

  test('offers the same call again', () => {
    const { model, outputs } = run(ended.model, { type: 'call-again' });
    expect(model.call).toBeNull();
    expect(outputs).toEqual([{ type: 'start-call', to: 'bob', video: true }]);
  });

  test('does not close a call that goes on', () => {
    const active = run(home, shows({ state: { type: 'active', since: 0, path: 'direct' } })).model;
    expect(run(active, { type: 'close-call' }).model).toEqual(active);
  });
});

test('a link is not opened over a call', () => {
  const active = run(home, shows({ state: { type: 'connecting' } })).model;
  expect(run(active, { type: 'open', token: 'abc' })).toEqual({ model: active, outputs: [] });
});

test('the history is read again when the server is back, and what is over rings no more', () => {
  const offline = run(
    home,
    shows({ ...RINGS_HERE, serial: 1, id: 'rings' }),
    shows({ ...RINGS_HERE, serial: 2, id: 'waits' }),
    { type: 'link', link: { type: 'connecting' } },
  ).model;
  const online: Input = { type: 'link', link: { type: 'online' } };
  const back = run(offline, online);
  const load = { type: 'load-history', afterCall: false } as const;
  expect(back.outputs).toEqual([load, { type: 'close-notices', live: ['rings', 'waits'] }]);
  expect(run(back.model, online).outputs).toEqual([]);
  const over = run(offline, shows({ serial: 1, id: 'rings', ...endsBy('hangup') }), online);
  expect(over.outputs).toEqual([load, { type: 'close-notices', live: ['waits'] }]);
});
