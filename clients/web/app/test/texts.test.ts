import { ClientError, type EndReason, type RecoveryCause } from '@visavis/client';
import { describe, expect, test } from 'vitest';
import { type Ended, initialModel } from '../src/model/model.ts';
import { isUrgent } from '../src/screens/identity.tsx';
import { diagnosisMessage } from '../src/text/after-call.ts';
import { deviceMessage } from '../src/text/device.ts';
import { DICTIONARIES } from '../src/text/dictionaries.ts';
import type { Key } from '../src/text/en.ts';
import { endedBeside, endedMessage } from '../src/text/ended.ts';
import { fill } from '../src/text/fill.ts';
import { chooseLanguage, type Message } from '../src/text/language.ts';
import {
  type Around,
  announcements,
  hintMessage,
  pictureMessage,
  statusMessage,
  titleMessage,
} from '../src/text/status.ts';
import { formatDuration } from '../src/text/time.ts';
import { call, RINGS_HERE, stage } from './call-models.ts';

const { en } = DICTIONARIES;
const KEYS = Object.keys(en) as Key[];
const english = (message: Message | null) =>
  message && fill(DICTIONARIES.en[message.key], message.params ?? {});
const chinese = (message: Message | null) =>
  message && fill(DICTIONARIES['zh-CN'][message.key], message.params ?? {});

describe('the dictionaries', () => {
  test('say the same things in both languages, and nothing else', () => {
    expect(Object.keys(DICTIONARIES['zh-CN']).sort()).toEqual(KEYS.toSorted());
    for (const dictionary of Object.values(DICTIONARIES)) {
      expect(Object.entries(dictionary).filter(([, text]) => text.trim() === '')).toEqual([]);
    }
  });

  test('fill in the same words in both languages', () => {
    // Chinese speaks of 对方 where English needs a name: it may leave one out, but never ask for another.
    const words = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String);
    const unknown = KEYS.filter((key) =>
      words(DICTIONARIES['zh-CN'][key]).some((word) => !words(en[key]).includes(word)),
    );
    expect(unknown).toEqual([]);
  });

  test('write Chinese with Chinese punctuation', () => {
    const wrong = Object.entries(DICTIONARIES['zh-CN']).filter(([, text]) =>
      /\p{Script=Han}[,.?!:;]/u.test(text),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the language', () => {
  test('is the stored one, else the first of the browser that we speak, else English', () => {
    expect(chooseLanguage('zh-CN', ['en'])).toBe('zh-CN');
    expect(chooseLanguage(null, ['fr-FR', 'zh-TW', 'en'])).toBe('zh-CN');
    expect(chooseLanguage('nonsense', ['de', 'en-GB', 'zh'])).toBe('en');
    expect(chooseLanguage(null, ['de'])).toBe('en');
  });
});

describe('the end of a call', () => {
  const DURATION = 754_000;
  const ended: Record<EndReason, readonly [string, string]> = {
    hangup: ['Call ended.', '通话已结束。'],
    'remote-hangup': ['Bob hung up.', 'Bob 已挂断。'],
    cancelled: ['Call cancelled.', '已取消呼叫。'],
    'remote-cancelled': [
      'Bob hung up before you answered. You have a missed call.',
      'Bob 在你接听前挂断了，已记为未接来电。',
    ],
    declined: ['You declined.', '你已拒绝。'],
    'remote-declined': ['Bob declined.', 'Bob 已拒绝。'],
    busy: ['Bob is in another call.', 'Bob 正在通话中。'],
    'no-answer': ['Bob didn’t answer. We left a missed call.', 'Bob 未接听，已留下未接来电。'],
    missed: ['You missed a call from Bob.', '你错过了 Bob 的来电。'],
    unreachable: [
      'Bob’s devices are offline. They’ll see your call when they’re back.',
      'Bob 的设备不在线，上线后会看到你的来电。',
    ],
    'not-found': [
      'There is nobody called “Bob” here. Check the spelling.',
      '这里没有叫“Bob”的人，请检查拼写。',
    ],
    elsewhere: ['Moved to Firefox on Windows.', '已转到 Firefox on Windows。'],
    'media-failed': [
      'No path to Bob was found, neither direct nor through the relay. Try another network or turn off VPN.',
      '未找到通往 Bob 的网络路径，直连与中继均不可用。请更换网络或关闭 VPN。',
    ],
    'connection-lost': ['Bob’s connection was lost.', 'Bob 的网络已中断。'],
    permission: [
      'Bob’s browser blocks the microphone. Ask them to allow it and call again.',
      'Bob 的浏览器禁止使用麦克风，请对方允许后再呼叫。',
    ],
    'incompatible-media': [
      'The two browsers share no sound or picture format. Update both and call again.',
      '双方浏览器没有共同的音视频格式，请都更新后再呼叫。',
    ],
    transferred: ['You have put Bob through.', '已将 Bob 转接给他人。'],
    refused: ['The server did not allow this call.', '服务器不允许此次呼叫。'],
    removed: [
      'This call ended because an account or the guest link is no longer valid.',
      '通话已结束：一方的账号或访客链接已失效。',
    ],
    operator: ['An administrator of the server ended this call.', '服务器管理员结束了此次通话。'],
    server: ['The server ended the call. Call again in a moment.', '服务器结束了通话，请稍后再呼叫。'],
  };

  test.each(Object.keys(ended) as EndReason[])('has its sentence for %s', (reason) => {
    const summary = { durationMs: DURATION, answeredOn: 'Firefox on Windows' };
    const message = endedMessage(call({ attended: false }), { type: 'ended', reason, summary });
    expect([english(message), chinese(message)]).toEqual(ended[reason]);
  });

  test('says that a page was closed which was waited for', () => {
    const summary = { durationMs: DURATION };
    const closed = call({ pageClosed: true });
    const message = endedMessage(closed, { type: 'ended', reason: 'connection-lost', summary });
    expect([english(message), chinese(message)]).toEqual(['Bob’s page was closed.', 'Bob 的页面已关闭。']);
  });

  test('names the person where another call has the stage', () => {
    const summary = { durationMs: DURATION };
    const messages = (['hangup', 'cancelled', 'remote-hangup'] as const).map((reason) =>
      endedBeside(call(), { type: 'ended', reason, summary }),
    );
    expect(messages.map((message) => [english(message), chinese(message)])).toEqual([
      ['The call with Bob has ended.', '与 Bob 的通话已结束。'],
      ['The call with Bob has ended.', '与 Bob 的通话已结束。'],
      ['Bob hung up.', 'Bob 已挂断。'],
    ]);
  });

  test('says where a call was answered that was none here', () => {
    const summary = { durationMs: 0, answeredOn: 'Phone' };
    const message = endedMessage(call(), { type: 'ended', reason: 'elsewhere', summary });
    expect([english(message), chinese(message)]).toEqual(['Answered on Phone.', '已在 Phone 上接听。']);
  });

  test('does not call an answer that came too late a missed call', () => {
    const summary = { durationMs: 0 };
    const message = endedMessage(call({ attended: true }), {
      type: 'ended',
      reason: 'remote-cancelled',
      summary,
    });
    expect(english(message)).toBe('Bob hung up a moment ago.');
  });

  test('says why the server refused', () => {
    const summary = { durationMs: 0, error: new ClientError('rate-limited') };
    const message = endedMessage(call(), { type: 'ended', reason: 'refused', summary });
    expect(english(message)).toBe('Too many calls in a short time. Wait a minute, then call again.');
  });

  test('says why no path was found, in a sentence of its own', () => {
    const tried = { here: [], errors: [], reach: {} };
    const over = (durationMs: number, there: readonly 'relay'[] = ['relay']): Ended => ({
      type: 'ended',
      reason: 'media-failed',
      summary: { durationMs, diagnosis: { code: 'relay-unreachable-here', ...tried, there } },
    });
    expect([0, 1].map((durationMs) => english(endedMessage(call(), over(durationMs))))).toEqual([
      'The call to Bob could not connect.',
      'The connection to Bob was lost and could not be found again.',
    ]);
    const why = diagnosisMessage(call(), over(0));
    expect([english(why), chinese(why)]).toEqual([
      'Your network lets nothing through to the relay. Turn off VPN or try another network.',
      '你的网络无法到达中继。请关闭 VPN 或更换网络。',
    ]);
    const both = diagnosisMessage(call(), over(0, []));
    expect([english(both), chinese(both)]).toEqual([
      'Neither you nor Bob reached the server’s relay: it is down, or both networks block it. Tell the administrator.',
      '你和 Bob 都无法到达服务器的中继：它已停止，或双方网络都阻止了它。请联系管理员。',
    ]);
    const said = (['unsure', 'failing', 'full', 'works'] as const).map((relay) => {
      expect(diagnosisMessage(call(), over(0), relay)).toEqual(why);
      return english(diagnosisMessage(call(), over(0, []), relay));
    });
    expect(said).toEqual([
      english(both),
      'The call server’s relay does not answer. The administrator has been told.',
      'The call server’s relay has no room for another call. Call again in a moment, or tell the administrator.',
      'Your network and that of Bob block calls: the server’s relay works, and neither reached it. Turn off VPN or try another network.',
    ]);
    expect(
      diagnosisMessage(call(), { type: 'ended', reason: 'hangup', summary: { durationMs: 0 } }),
    ).toBeNull();
  });

  test('names our own microphone when it is ours that is blocked', () => {
    const blocked = call({
      local: { mic: 'none', camera: 'off', screen: 'off', micError: new ClientError('permission-denied') },
    });
    const message = endedMessage(blocked, {
      type: 'ended',
      reason: 'permission',
      summary: { durationMs: 0 },
    });
    expect(english(message)).toMatch(/^Your browser blocks the microphone/);
  });
});

describe('a device that fails', () => {
  test('is told apart by what the user can do', () => {
    const system = new Error('Permission denied by system');
    const said = [
      deviceMessage(new ClientError('permission-denied', '', { device: 'mic' }), 'camera'),
      deviceMessage(new ClientError('permission-denied', '', { device: 'camera', cause: system }), 'camera'),
      deviceMessage(new ClientError('device-busy'), 'camera'),
      deviceMessage(new ClientError('device-missing'), 'mic'),
      deviceMessage(new ClientError('negotiation'), 'mic'),
    ];
    expect(said.map(english)).toEqual([
      'Your browser blocks the microphone for this site. Click the lock in the address bar → Microphone → Allow.',
      'Your system does not let this browser use the camera. Open System Settings → Privacy → Camera.',
      'Another app is using your camera. Close it, or continue with voice.',
      'No microphone found. You can still listen.',
      'The microphone does not work (negotiation).',
    ]);
  });
});

describe('the status of a call', () => {
  const here = { online: true, guest: false };
  const waited = (seconds: number, change: Parameters<typeof call>[0], around: Around = here) =>
    english(statusMessage(call(change), seconds * 1000, around));

  test('says more the longer one waits', () => {
    const out = { state: { type: 'ringing', direction: 'out', until: undefined } } as const;
    const connecting = { state: { type: 'connecting' } } as const;
    expect([
      waited(0, {}),
      waited(5, {}),
      waited(0, out),
      waited(25, out),
      waited(4.9, connecting),
      waited(5, connecting),
      waited(12, connecting),
    ]).toEqual([
      'Calling…',
      'Reaching Bob’s devices…',
      'Ringing…',
      'No answer yet…',
      'Connecting…',
      'Trying another route…',
      'Using relay…',
    ]);
  });

  test('of a guest is a knock until it is answered', () => {
    const guest = { online: true, guest: true };
    const out = { state: { type: 'ringing', direction: 'out', until: undefined } } as const;
    const said = [waited(6, {}, guest), waited(0, out, guest), waited(25, out, guest)];
    expect(said).toEqual(['Knocking…', 'Knocking…', 'No answer yet…']);
  });

  test('names whose side it is that has gone, if that is known', () => {
    const lost = (cause: RecoveryCause, peerLost = false) => ({
      state: { type: 'recovering', since: 0, lostAt: 0, cause } as const,
      peer: { id: 'bob', name: 'Bob', lost: peerLost, contact: true },
    });
    expect([
      waited(0, lost('silence')),
      waited(0, lost('silence'), { ...here, online: false }),
      waited(0, lost('silence', true)),
      waited(0, lost('leaving', true)),
      waited(0, lost('reloaded')),
    ]).toEqual([
      'Reconnecting…',
      'Your connection is lost. Reconnecting…',
      'Bob’s connection is lost. Reconnecting…',
      'Bob’s page was closed or is reloading. Waiting…',
      'Going on with your call…',
    ]);
  });

  const state = { type: 'active', since: 0, path: 'direct' } as const;

  test('says which of the two is deaf, before who is muted, and loudly', () => {
    const deaf = (['me', 'peer'] as const).map((who) =>
      call({ state: { ...state, deaf: who }, local: { mic: 'muted', camera: 'on', screen: 'off' } }),
    );
    expect(deaf.map((one) => english(hintMessage(one)))).toEqual([
      'Nothing arrives from Bob. Trying another route…',
      'Bob does not get your sound or picture. Trying another route…',
    ]);
    expect([...deaf, call({ state })].map(isUrgent)).toEqual([true, true, false]);
  });

  const quiet = { audio: false, video: false, screen: false, blocked: false };
  const muted = call({ state, remote: quiet, local: { mic: 'muted', camera: 'on', screen: 'off' } });

  test('gives one hint of silence at a time, our own microphone first', () => {
    const hints = [
      call({ state }),
      call({ state, remote: { ...quiet, audio: true } }),
      call({ state, remote: quiet }),
      muted,
    ].map((each) => hintMessage(each)?.key);
    expect(hints).toEqual([undefined, undefined, 'call.peer-muted', 'call.you-muted']);
  });

  test('says that their camera is off, whoever is muted, unless nobody expects a picture', () => {
    const said = [
      call({ state }),
      call({ remote: quiet }),
      call({ state, remote: quiet, media: { audio: true, video: false } }),
      call({ state, remote: quiet }),
      muted,
    ].map((each) => pictureMessage(each)?.key);
    const off = 'call.peer-camera-off';
    expect(said).toEqual([undefined, undefined, undefined, off, off]);
  });

  test('says whose pictures a weak network pauses, the own beside a picture, before who is muted', () => {
    const gone = { ...quiet, audio: true };
    const voice = { audio: true, video: false };
    const said = [
      call({ state, weak: { me: true, peer: false } }),
      call({ state, weak: { me: false, peer: true }, remote: gone, media: voice }),
      call({ state, weak: { me: true, peer: true }, remote: gone }),
      call({ state, weak: { me: true, peer: false }, local: muted.local }),
      call({ state, weak: { me: true, peer: false }, local: muted.local, talking: true }),
    ].map((each) => [pictureMessage(each), hintMessage(each)].flatMap((one) => (one ? [english(one)] : [])));
    expect(said).toEqual([
      ['Weak network – your video is paused to keep the voice'],
      ['Weak network – Bob’s video is paused to keep the voice'],
      ['Weak network – video paused to keep voice'],
      ['Weak network – your video is paused to keep the voice'],
      ['You’re muted – nobody hears you'],
    ]);
  });

  test('is read out with every hint there is', () => {
    const model = (change: Parameters<typeof call>[0]) => ({ ...initialModel(true), call: call(change) });
    const read = (change: Parameters<typeof call>[0]) => announcements(model(change), 0).map(english);
    expect([
      read({}),
      read({ state }),
      read({ state, remote: quiet, local: muted.local }),
      read(RINGS_HERE),
    ]).toEqual([
      ['Calling…'],
      ['Connected to Bob'],
      ['Bob’s camera is off', 'You’re muted'],
      ['Bob is calling'],
    ]);
  });
});

test('the title of the page tells a call that is made from one that goes on', () => {
  const titles = [
    call(),
    call({ state: { type: 'ringing', direction: 'out', until: undefined } }),
    call(RINGS_HERE),
    call({ ...RINGS_HERE, attended: true }),
    call({ state: { type: 'connecting' } }),
    call({ state: { type: 'ended', reason: 'hangup', summary: { durationMs: 0 } } }),
  ].map((each) => titleMessage(stage(each)));
  expect(titles.map((title) => title && [english(title), chinese(title)])).toEqual([
    ['Calling Bob', '正在呼叫 Bob'],
    ['Calling Bob', '正在呼叫 Bob'],
    ['Bob is calling', 'Bob 来电'],
    ['In call with Bob', '与 Bob 通话中'],
    ['In call with Bob', '与 Bob 通话中'],
    null,
  ]);
  expect(titleMessage(stage(null))).toBeNull();
});

test('durations read as on a clock', () => {
  expect([0, 59_999, 60_000, 754_000, 3_723_000].map(formatDuration)).toEqual([
    '0:00',
    '0:59',
    '1:00',
    '12:34',
    '1:02:03',
  ]);
});

test('a Latin name stands apart from Chinese, a Chinese one does not', () => {
  const text = '由{name}转接，{other}';
  expect(fill(text, { name: 'Bob', other: 'Carol' })).toBe('由 Bob 转接，Carol');
  expect(fill(text, { name: '林晓雯', other: 7 })).toBe('由林晓雯转接，7');
  expect(fill(text, { name: 'Bob 二', other: '' })).toBe('由 Bob 二转接，');
});
