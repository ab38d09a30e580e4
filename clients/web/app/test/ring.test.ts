import type { CallView, PushedCall, PushMessage } from '@visavis/client';
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
  Standing,
  WorkerMessage,
} from '../src/worker/scope.ts';

/** An open page; without more, that of this user, behind another tab, which has not heard of the call. */
interface Tab {
  url?: string;
  visible?: boolean;
  focused?: boolean;
  /** What it says of the call; null if it says nothing. */
  says?: Standing | null;
}

/** A browser as the worker sees it: what is shown, which pages are open, what the server says. */
class Browser implements Scope {
  readonly notifications = new Map<string, { title: string; options: ShowOptions }>();
  readonly asked: string[] = [];
  readonly opened: string[] = [];
  readonly told: WorkerMessage[] = [];
  readonly toldAt: string[] = [];
  answers: Record<string, Answer | null> = {};
  tabs: Tab[] = [];
  speaks: 'en' | 'zh-CN' = 'en';
  readonly left: Wish[] = [];

  language = () => Promise.resolve(this.speaks);
  pages = () =>
    Promise.resolve(
      this.tabs.map(
        ({
          url = 'https://calls.example.org/#/contacts',
          visible = false,
          focused = false,
          says = 'unheard',
        }): Page => ({
          url,
          visible,
          focused,
          standing: () => Promise.resolve(says),
          tell: (message) => {
            this.told.push(message);
            this.toldAt.push(url);
          },
          focus: () => Promise.resolve(),
        }),
      ),
    );
  open = (hash: string) => {
    this.opened.push(hash);
    return Promise.resolve();
  };
  clock = 1_000;
  now = () => this.clock;
  readonly paused: number[] = [];
  whileItPauses: () => void | Promise<void> = () => {};
  pause = async (ms: number) => {
    this.paused.push(ms);
    this.clock += ms;
    await this.whileItPauses();
  };
  leave = (wish: Wish) => {
    this.left.push(wish);
    return Promise.resolve(`n${this.left.length}`);
  };
  show = (title: string, options: ShowOptions) => {
    this.notifications.set(options.tag, { title, options });
    return Promise.resolve();
  };
  shown = (tag: string) => Promise.resolve(this.notifications.has(tag) ? [this.at(tag)] : []);
  missed = 0;
  countMissed = () => {
    this.missed += 1;
    return Promise.resolve();
  };
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
const DECLINE = `POST /api/calls/${CALL}/decline`;
const STOP: PushMessage = { type: 'stop', call: CALL, reason: 'no_answer' };
const ASK = `GET /api/calls/${CALL}`;
const RINGING = `POST /api/calls/${CALL}/ringing`;

const view = (state: CallView['state'], change: Partial<CallView> = {}): Answer => ({
  type: 'ok',
  value: { id: CALL, rev: 2, state, role: 'callee', you: 'ringing', ...change },
});

const ENDED = view('ended', { reason: 'rejected' });

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
    expect(browser.asked.slice(0, 2)).toEqual([`${ASK} tok`, `${RINGING} tok`]);
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

  test('is left to a page that is looked at and has the call, and to no other page', async () => {
    const pages: [Tab, unknown[]][] = [
      [{ visible: true, says: 'here' }, []],
      [{ visible: false, says: 'here' }, [RINGS]],
      // Without a connection; a guest's; one that is just being closed.
      [{ visible: true, says: 'unheard' }, [RINGS]],
      [{ visible: true, says: 'never' }, [RINGS]],
      [{ visible: true, says: null }, [RINGS]],
      [{ visible: true, says: 'here', url: 'https://calls.example.org/tutorial/' }, [RINGS]],
    ];
    for (const [tab, seen] of pages) {
      const browser = asleep();
      browser.tabs = [{}, tab];
      await takePush(browser, PUSH);
      expect(browser.seen).toEqual(seen);
    }
  });

  test('that was missed is told, unless one looks at a page that tells of it', async () => {
    const pages: [Tab, unknown[]][] = [
      [{ visible: true, says: 'over' }, []],
      [{ visible: true, says: 'here' }, []],
      [{ visible: false, says: 'over' }, [MISSED]],
      [{ visible: true, says: 'unheard' }, [MISSED]],
      [{ visible: true, says: 'never' }, [MISSED]],
      [{ visible: true, says: null }, [MISSED]],
    ];
    for (const [tab, seen] of pages) {
      const browser = new Browser();
      browser.tabs = [tab];
      browser.answers = { [ASK]: view('ended', { reason: 'no_answer' }) };
      await takePush(browser, PUSH);
      expect(browser.seen).toEqual(seen);
    }
  });

  describe('of whose end no word comes', () => {
    /** A browser that rings, and what the server says when the call can ring no longer. */
    async function later(ringing: Answer | null, then: Answer | null): Promise<Browser> {
      const browser = asleep();
      browser.answers[RINGING] = ringing;
      browser.whileItPauses = () => {
        browser.answers[ASK] = then;
      };
      await takePush(browser, PUSH);
      return browser;
    }

    test('rings no longer than it may, with or without a server', async () => {
      for (const ringing of [view('ringing'), null]) {
        for (const [then, seen] of [
          [view('ended', { reason: 'no_answer' }), [MISSED]],
          [view('ended', { reason: 'hangup', you: 'elsewhere' }), []],
          [null, [MISSED]],
          [view('ringing'), [RINGS]],
        ] as const) {
          const browser = await later(ringing, then);
          expect([browser.paused, browser.seen]).toEqual([[PUSH.expires_in_ms], seen]);
        }
      }
    });

    test('is not told again if it was pressed or stopped meanwhile', async () => {
      for (const meanwhile of [
        (browser: Browser) => browser.at(CALL).close(),
        (browser: Browser) => takePush(browser, STOP),
      ]) {
        const browser = asleep();
        browser.whileItPauses = () => meanwhile(browser);
        await takePush(browser, PUSH);
        expect(browser.asked).toEqual([`${ASK} tok`, `${RINGING} tok`]);
      }
    });
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

describe('the number on the icon of the app', () => {
  async function counted(tabs: Browser['tabs'], ...stops: CallView['reason'][]): Promise<number> {
    const browser = asleep();
    await takePush(browser, PUSH);
    browser.tabs = tabs;
    for (const reason of stops)
      await takePush(browser, { type: 'stop', call: CALL, ...(reason && { reason }) });
    return browser.missed;
  }

  test('counts a missed call once, however often the server says so', async () => {
    expect(await counted([], 'no_answer', 'no_answer')).toBe(1);
  });

  test('counts nothing that was dealt with elsewhere', async () => {
    expect(await counted([], undefined)).toBe(0);
  });

  test('is left to a page of this user, if one is open, though nobody looks at it', async () => {
    expect(await counted([{}], 'no_answer')).toBe(0);
    expect(await counted([{ says: 'over' }], 'no_answer')).toBe(0);
    expect(await counted([{ says: 'never' }], 'no_answer')).toBe(1);
  });
});

describe('a press', () => {
  async function pressed(
    action: string,
    pages: Tab[] = [],
    declined: Answer | null = ENDED,
  ): Promise<Browser> {
    const browser = asleep();
    await takePush(browser, PUSH);
    browser.asked.length = 0;
    browser.clock = 1_000;
    browser.answers[DECLINE] = declined;
    browser.tabs = pages;
    await press(browser, browser.at(CALL), action);
    return browser;
  }

  const ASLEEP = 'https://calls.example.org/#/contacts/asleep';

  /** Which pages were told to answer, by their addresses, and which were opened to. */
  async function answeredBy(tabs: Tab[]): Promise<{ answering: string[]; opened: string[] }> {
    const { toldAt: answering, opened } = await pressed('answer', tabs);
    return { answering, opened };
  }

  test('on decline declines, and opens nothing', async () => {
    const browser = await pressed('decline');
    expect(browser.asked).toEqual([`${DECLINE} tok`]);
    expect([browser.opened, browser.told, browser.seen]).toEqual([[], [], []]);
  });

  test('on decline is said once more if nobody has heard it', async () => {
    const browser = asleep();
    await takePush(browser, PUSH);
    browser.asked.length = 0;
    browser.whileItPauses = () => {
      browser.answers[DECLINE] = ENDED;
    };
    await press(browser, browser.at(CALL), 'decline');
    expect([browser.asked, browser.seen]).toEqual([[`${DECLINE} tok`, `${DECLINE} tok`], []]);
  });

  test('on decline that nobody hears shows the call again, without a sound, for as long as it may ring', async () => {
    const browser = await pressed('decline', [], null);
    const options = browser.notifications.get(CALL)?.options;
    expect(browser.asked).toEqual([`${DECLINE} tok`, `${DECLINE} tok`, `${ASK} tok`]);
    expect(browser.seen).toEqual([RINGS]);
    expect([options?.silent, options?.vibrate, options?.renotify]).toEqual([true, undefined, undefined]);
    browser.answers = {};
    await press(browser, browser.at(CALL), 'decline');
    expect(browser.seen).toEqual([MISSED]);
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

  test('on answer tells a page that has the call sooner than one in front that has not', async () => {
    const { answering, opened } = await answeredBy([
      { focused: true, visible: true },
      { says: 'here', url: 'https://calls.example.org/#/history' },
    ]);
    expect([answering, opened]).toEqual([['https://calls.example.org/#/history'], []]);
  });

  test('on answer tells a page that is asleep, and opens one if all others can never take the call', async () => {
    expect(
      await answeredBy([
        { says: 'never', focused: true },
        { says: null, url: ASLEEP },
      ]),
    ).toEqual({
      answering: [ASLEEP],
      opened: [],
    });
    expect(await answeredBy([{ says: 'never', focused: true }])).toEqual({
      answering: [],
      opened: ['#/wish/n1'],
    });
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
