import type { CallView, PushedCall } from '@visavis/client';
import { describe, expect, test } from 'vitest';
import type { Wish } from '../src/push/wish.ts';
import { press, takePush } from '../src/worker/ring.ts';
import type {
  Answer,
  NotificationData,
  Page,
  Scope,
  Shown,
  ShowOptions,
  WorkerMessage,
} from '../src/worker/scope.ts';

/** A browser as the worker sees it: what is shown, which pages are open, what the server says. */
class Browser implements Scope {
  readonly notifications = new Map<string, { title: string; options: ShowOptions }>();
  readonly asked: string[] = [];
  readonly opened: string[] = [];
  readonly told: WorkerMessage[] = [];
  answers: Record<string, Answer | null> = {};
  tabs: { url?: string; visible?: boolean; focused?: boolean }[] = [];
  speaks: 'en' | 'zh-CN' = 'en';
  readonly left: Wish[] = [];

  language = () => Promise.resolve(this.speaks);
  pages = () =>
    Promise.resolve(
      this.tabs.map(
        ({ url = 'https://calls.example.org/#/contacts', visible = false, focused = false }): Page => ({
          url,
          visible,
          focused,
          tell: (message) => void this.told.push(message),
          focus: () => Promise.resolve(),
        }),
      ),
    );
  open = (hash: string) => {
    this.opened.push(hash);
    return Promise.resolve();
  };
  now = () => 1_000;
  leave = (wish: Wish) => {
    this.left.push(wish);
    return Promise.resolve(`n${this.left.length}`);
  };
  show = (title: string, options: ShowOptions) => {
    this.notifications.set(options.tag, { title, options });
    return Promise.resolve();
  };
  shown = (tag: string) => Promise.resolve(this.notifications.has(tag) ? [this.at(tag)] : []);
  ask = (path: string, method: 'GET' | 'POST', token: string) => {
    this.asked.push(`${method} ${path} ${token}`);
    return Promise.resolve(this.answers[`${method} ${path}`] ?? null);
  };

  at(tag: string): Shown {
    const data = this.notifications.get(tag)?.options.data;
    return { tag, data, close: () => void this.notifications.delete(tag) };
  }

  get seen(): unknown[] {
    return [...this.notifications.values()].map(({ title, options }) => [
      title,
      options.body,
      options.actions?.map((action) => action.title) ?? [],
    ]);
  }
}

const CALL = '0192d5f0-7a10-7cc3-98c4-dc0c0c07398f';
const PUSH: PushedCall & { type: 'call' } = {
  type: 'call',
  call: CALL,
  from: 'bob',
  name: 'Bob',
  media: ['audio', 'video'],
  expires_in_ms: 55_000,
  sent_at: 0,
  device: 'browser-1',
  token: 'tok',
};
const ASK = `GET /api/calls/${CALL}`;
const RINGING = `POST /api/calls/${CALL}/ringing`;

const view = (state: CallView['state'], change: Partial<CallView> = {}): Answer => ({
  type: 'ok',
  value: { id: CALL, rev: 2, state, role: 'callee', you: 'ringing', ...change },
});

/** A browser without a page, for which the server says that the call rings. */
function asleep(): Browser {
  const browser = new Browser();
  browser.answers = { [ASK]: view('inviting'), [RINGING]: view('ringing') };
  return browser;
}

const RINGS = ['Bob', 'Video call', ['Answer', 'Decline']];
const MISSED = ['Missed call from Bob', 'Open Visavis to call back.', []];

describe('a push for a call', () => {
  test('rings with both answers, once the server has said that the call still rings', async () => {
    const browser = asleep();
    await takePush(browser, PUSH);
    expect(browser.asked).toEqual([`${ASK} tok`, `${RINGING} tok`]);
    expect(browser.seen).toEqual([RINGS]);
  });

  test('speaks the language of the page', async () => {
    const browser = asleep();
    browser.speaks = 'zh-CN';
    await takePush(browser, { ...PUSH, media: ['audio'] });
    expect(browser.seen).toEqual([['Bob', '语音通话', ['接听', '拒绝']]]);
  });

  test('never rings for what is over, but says what was missed', async () => {
    const fates: [Answer | null, unknown[]][] = [
      [view('ended', { reason: 'no_answer' }), [MISSED]],
      [view('ended', { reason: 'cancelled' }), [MISSED]],
      [{ type: 'refused', code: 'call_ended' }, [MISSED]],
      [view('ended', { reason: 'rejected' }), []],
      [view('ended', { reason: 'hangup', you: 'elsewhere' }), []],
      [view('active', { you: 'elsewhere' }), []],
      [{ type: 'refused', code: 'unauthenticated' }, []],
      // A server that does not answer could not be answered either.
      [null, [MISSED]],
    ];
    for (const [fate, seen] of fates) {
      const browser = new Browser();
      browser.answers = { [ASK]: fate };
      await takePush(browser, PUSH);
      expect(browser.seen).toEqual(seen);
    }
  });

  test('falls silent if the call has ended while it was asked about', async () => {
    const browser = asleep();
    browser.answers[RINGING] = view('ended', { reason: 'cancelled' });
    await takePush(browser, PUSH);
    expect(browser.seen).toEqual([MISSED]);
  });

  test('is left to a page that is looked at; one behind another tab needs the notification', async () => {
    for (const [visible, seen] of [
      [true, []],
      [false, [RINGS]],
    ] as const) {
      const browser = asleep();
      browser.tabs = [{ visible }];
      await takePush(browser, PUSH);
      expect(browser.seen).toEqual(seen);
    }
  });
});

describe('a push that stops a call', () => {
  async function stopped(reason?: CallView['reason']): Promise<unknown[]> {
    const browser = asleep();
    await takePush(browser, PUSH);
    await takePush(browser, { type: 'stop', call: CALL, ...(reason ? { reason } : {}) });
    return browser.seen;
  }

  test('turns the ringing into a missed call, with the name of the caller', async () => {
    expect(await stopped('cancelled')).toEqual([MISSED]);
    expect(await stopped('no_answer')).toEqual([MISSED]);
  });

  test('takes it away if it was answered or declined elsewhere', async () => {
    expect(await stopped()).toEqual([]);
    expect(await stopped('rejected')).toEqual([]);
  });

  test('tells of a missed call also when its ringing never arrived', async () => {
    const browser = new Browser();
    await takePush(browser, { type: 'stop', call: CALL, reason: 'no_answer' });
    expect(browser.seen).toEqual([['Missed call', 'Open Visavis to call back.', []]]);
  });
});

describe('a press', () => {
  async function pressed(action: string, pages: Browser['tabs'] = []): Promise<Browser> {
    const browser = asleep();
    await takePush(browser, PUSH);
    browser.asked.length = 0;
    browser.tabs = pages;
    await press(browser, browser.at(CALL), action);
    return browser;
  }

  test('on decline declines, and opens nothing', async () => {
    const browser = await pressed('decline');
    expect(browser.asked).toEqual([`POST /api/calls/${CALL}/decline tok`]);
    expect([browser.opened, browser.told, browser.seen]).toEqual([[], [], []]);
  });

  test('on answer leaves the wish to a page that it opens, whose address does not name the call', async () => {
    const { opened, left } = await pressed('answer');
    expect(opened).toEqual(['#/wish/n1']);
    expect(left).toEqual([{ call: CALL, video: true, pressedAt: 1_000 }]);
  });

  test('beside the buttons opens a page that shows the call', async () => {
    const { opened, left } = await pressed('');
    expect(opened).toEqual(['#/wish/n1']);
    expect(left).toEqual([{ call: CALL, video: null, pressedAt: 1_000 }]);
  });

  test('on answer tells the page that is open, the one in front if there are several', async () => {
    const url = 'https://calls.example.org/tutorial/';
    const browser = await pressed('answer', [{ url, focused: true }, {}, { focused: true }]);
    expect(browser.opened).toEqual([]);
    expect(browser.told).toEqual([{ type: 'answer', call: CALL, video: true, pressedAt: 1_000 }]);
    expect(browser.left).toEqual([]);
  });

  test('on a missed call leads to the history', async () => {
    const browser = new Browser();
    const data: NotificationData = { type: 'missed', call: CALL };
    await press(browser, { tag: CALL, data, close: () => {} }, '');
    browser.tabs = [{}];
    await press(browser, { tag: CALL, data, close: () => {} }, '');
    expect([browser.opened, browser.told]).toEqual([['#/history'], [{ type: 'go', place: 'history' }]]);
  });
});
