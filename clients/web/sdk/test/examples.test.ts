import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { decode } from '../src/core/decode.ts';
import type { ClientMessage } from '../src/protocol.ts';
import { BOTH, Desk, viewOf } from './desk.ts';

const EXAMPLES = new URL('../../../../protocol/examples/', import.meta.url);
const CALL = '0192d5f0-7a10-7cc3-98c4-dc0c0c07398f';

/** Verbs that this client leaves to others. */
const OTHERS = ['presence.json'];

function names(side: 'client' | 'server'): string[] {
  return readdirSync(new URL(side, EXAMPLES)).filter(
    (name) => name.endsWith('.json') && !(side === 'client' && OTHERS.includes(name)),
  );
}

function example(side: 'client' | 'server', name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${side}/${name}`, EXAMPLES), 'utf8'));
}

describe('an example of what a server says', () => {
  it.each(names('server'))('%s is read as it is', (name) => {
    const message = example('server', name);
    expect(decode(JSON.stringify(message))).toEqual({ type: 'message', message });
  });

  it.each(names('server'))('%s with a field of a later protocol is read too', (name) => {
    const message = { ...(example('server', name) as object), later: { than: 'ours' } };
    expect(decode(JSON.stringify(message)).type).toBe('message');
  });
});

/** A store that says its next message under this id, in Alice's call to Bob. */
function speaking(prefix: string, nextId: number, answered = true): Desk {
  const desk = new Desk();
  desk.state = { ...desk.state, prefix, epoch: 'e-4b1d' };
  desk.tell({ type: 'start', device: { id: 'tab-7f3a', name: 'Chromium on Linux' } });
  desk.welcome({
    epoch: 'e-4b1d',
    calls: answered ? [] : [viewOf(2, 'ringing', { role: 'callee', you: 'ringing' })],
  });
  if (answered) {
    desk.tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
    desk.hear({ type: 'call', data: viewOf(3, 'connecting') });
  }
  desk.take();
  desk.state = { ...desk.state, nextId };
  return desk;
}

const fromExample = (name: string) => example('client', name) as { data: never };

/** How each message comes to be said. */
const SAYING: Readonly<Record<string, () => Desk>> = {
  'hello.json': () => {
    const desk = speaking('7f3a', 1).tell({ type: 'closed', code: 1006 }).pass(2_000);
    desk.take();
    return desk.tell({ type: 'opened', ticket: 'tkt_9f2c' });
  },
  'invite.json': () => {
    const desk = speaking('7f3a', 2);
    desk.state = { ...desk.state, calls: [] };
    return desk.tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  },
  'ringing.json': () => speaking('b0b1', 2, false).tell({ type: 'alerting', call: CALL }),
  'accept.json': () => speaking('b0b1', 3, false).tell({ type: 'accept', call: CALL, choice: BOTH }),
  'hangup.json': () => {
    const desk = speaking('7f3a', 9).tell({ type: 'broken', call: CALL, key: '0', reason: 'media_failed' });
    // The server is away, and hears of it late.
    desk.tell({ type: 'closed', code: 1006 }).pass(9_000).take();
    return desk.welcome();
  },
  'transfer.json': () => speaking('7f3a', 10).tell({ type: 'transfer', call: CALL, to: { to: 'carol' } }),
  'recording.json': () => speaking('7f3a', 11).tell({ type: 'record', call: CALL, wish: 'ask' }),
  'take.json': () => {
    const desk = speaking('7f3a', 9, false);
    desk.hear({ type: 'call', data: viewOf(5, 'active', { role: 'callee', you: 'elsewhere' }) });
    desk.take();
    return desk.tell({ type: 'take', call: CALL, choice: { audio: true, video: false } });
  },
  'offer.json': () => said('7f3a', 3, fromExample('offer.json').data),
  'answer.json': () => said('b0b1', 4, fromExample('answer.json').data),
  'candidate.json': () => {
    const { data } = fromExample('candidate.json');
    return speaking('7f3a', 4).tell({ type: 'gathered', call: CALL, key: '0', candidates: data });
  },
  'media.json': () => {
    const notice = { audio: true, video: false };
    return speaking('7f3a', 6).tell({ type: 'sending', call: CALL, notice });
  },
  'connected.json': () =>
    speaking('7f3a', 5).tell({ type: 'connected', call: CALL, key: '0', path: 'direct' }),
  'ack.json': () => {
    const envelope = { call: CALL, gen: 0, id: '7f3a.3', from: 'alice/tab-7f3a' };
    const data = { audio: true, video: true };
    return speaking('b0b1', 1).hear({ type: 'media', data, ...envelope });
  },
  'reach.json': () => {
    const evidence = { here: [], there: [], errors: [], reach: { udp: false, tcp: true } };
    return speaking('7f3a', 1)
      .tell({ type: 'tried', call: CALL, key: '0', evidence })
      .hear({ type: 'call', data: viewOf(9, 'ended', { reason: 'hangup' }) });
  },
  'ping.json': () => {
    const desk = speaking('7f3a', 1);
    desk.state = { ...desk.state, epoch: 'e-4b1c' };
    desk.hear({ type: 'call', data: viewOf(5, 'active', { capsule: 'AYm9bV0xk1nQ' }) });
    desk.tell({ type: 'flowing', call: CALL, key: '0' }).tell({ type: 'closed', code: 1006 }).pass(2_000);
    // The server has lost its calls meanwhile.
    return desk.welcome({ epoch: 'e-4b1d' });
  },
  'resume.json': () => {
    const desk = new Desk();
    desk.state = { ...desk.state, prefix: '7f3b' };
    return desk.start().welcome({ calls: [viewOf(5, 'active')] });
  },
  'bye.json': () => speaking('7f3a', 10).tell({ type: 'leave' }),
};

function said(prefix: string, nextId: number, description: { type: string; sdp: string }): Desk {
  return speaking(prefix, nextId).tell({ type: 'described', call: CALL, key: '0', description });
}

describe('an example of what a client says', () => {
  it.each(names('client'))('%s is what this client says', (name) => {
    const message = example('client', name) as ClientMessage;
    const saying = SAYING[name];
    if (!saying) throw new Error(`nobody here says ${name}`);
    const sent = saying().sent();
    expect(sent.filter(({ type }) => type === message.type)).toEqual([message]);
  });
});
