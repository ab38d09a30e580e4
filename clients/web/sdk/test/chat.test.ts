/** Texts of a call: two sides, the connection between them, and what becomes of what was said. */
import { describe, expect, it } from 'vitest';

import { keptTexts, readKept, textsOf } from '../src/chat/memory.ts';
import type { ChatText } from '../src/chat/public.ts';
import { ENTRIES_LIMIT, TEXTS_LIMIT, TEXTS_MS, WAITING_LIMIT } from '../src/chat/state.ts';
import { idOf, Pair, Side } from './chat-pair.ts';

describe('texts', () => {
  it('go both ways, and each side sees that they have arrived', () => {
    const { alice, bob } = new Pair().link();
    const pair = new Pair(alice, bob);
    alice.send('hello');
    expect(alice.gist).toEqual(['me hello sending']);
    pair.talk();
    bob.send('hi\nyou');
    pair.talk();
    expect(alice.gist).toEqual(['me hello delivered', 'peer hi\nyou delivered']);
    expect(bob.gist).toEqual(['peer hello delivered', 'me hi\nyou delivered']);
    expect([alice.status, bob.status]).toEqual(['ready', 'ready']);
  });

  it('cannot be sent before the other side has been heard, and nothing is said but that one is there', () => {
    const alice = new Side();
    alice.send('too early');
    alice.tell({ type: 'linked' }).send('still too early');
    expect(alice.refused).toEqual([
      'wrong-state send: there is no chat now',
      'wrong-state send: there is no chat now',
    ]);
    expect(alice.said).toEqual([{ type: 'hello', answer: false, files: 1024 ** 2, live: [] }]);
    expect(alice.entries).toEqual([]);
  });

  it('find each other whichever channel opens first: what was said to nobody is said again', () => {
    const pair = new Pair();
    pair.alice.tell({ type: 'linked' });
    pair.alice.said.length = 0;
    pair.bob.tell({ type: 'linked' });
    pair.talk();
    expect([pair.alice.status, pair.bob.status]).toEqual(['ready', 'ready']);
  });

  it('of somebody who has not said that they are there are not taken', () => {
    const alice = new Side().tell({ type: 'linked' });
    alice.tell({ type: 'hear', message: { type: 'text', id: idOf('x'), text: 'psst' } });
    expect(alice.entries).toEqual([]);
  });

  it('that were lost with a connection are said on the next one, in order and once', () => {
    const pair = new Pair().link();
    const { alice, bob } = pair;
    alice.send('one');
    pair.talk();
    alice.send('two');
    // It arrives, and the word that it did is lost.
    const [text] = alice.said.splice(0);
    if (text) bob.tell({ type: 'hear', message: text });
    alice.send('three');
    pair.cut();
    expect(alice.status).toBe('waiting');
    alice.send('four');
    expect(alice.gist).toEqual(['me one delivered', 'me two sending', 'me three sending', 'me four sending']);
    pair.link();
    expect(alice.gist).toEqual(['one', 'two', 'three', 'four'].map((text) => `me ${text} delivered`));
    expect(bob.gist).toEqual(['one', 'two', 'three', 'four'].map((text) => `peer ${text} delivered`));
  });

  it('reach the page after a reload, which has kept those before and gets none twice', () => {
    const before = new Pair().link();
    const { alice } = before;
    alice.send('one');
    before.talk();
    before.bob.send('two');
    before.talk();
    alice.send('three');
    before.cut();
    const reloaded = new Side(1024 ** 2, before.bob.entries as readonly ChatText[]);
    new Pair(alice, reloaded).link();
    expect(reloaded.gist).toEqual(['peer one delivered', 'me two delivered', 'peer three delivered']);
    expect(alice.gist).toEqual(['me one delivered', 'peer two delivered', 'me three delivered']);
  });

  it('that did not arrive go to the device that takes the call, which knows of nothing else', () => {
    const before = new Pair().link();
    const { alice } = before;
    alice.send('for the desk');
    before.talk();
    alice.send('for the couch');
    before.cut();
    const { bob: couch } = new Pair(alice).link();
    expect(couch.gist).toEqual(['peer for the couch delivered']);
  });

  it('fail when the call ends, and when the other side has no chat', () => {
    const ended = new Pair().link();
    ended.alice.send('late');
    ended.alice.tell({ type: 'end' });
    expect([ended.alice.status, ended.alice.gist]).toEqual(['over', ['me late failed']]);
    ended.talk();
    ended.alice.send('later');
    expect(ended.alice.refused).toEqual(['wrong-state send: there is no chat now']);

    const taken = new Pair().link();
    taken.alice.send('to an old client');
    taken.cut();
    taken.alice.tell({ type: 'linked' }).tell({ type: 'patience' });
    expect([taken.alice.status, taken.alice.gist]).toEqual(['unavailable', ['me to an old client failed']]);
  });

  it('are possible after all when the other side is heard late', () => {
    const pair = new Pair();
    pair.alice.tell({ type: 'linked' }).tell({ type: 'patience' });
    expect(pair.alice.status).toBe('unavailable');
    pair.bob.tell({ type: 'linked' });
    pair.talk();
    expect(pair.alice.status).toBe('ready');
    pair.alice.tell({ type: 'patience' });
    expect(pair.alice.status).toBe('ready');
  });
});

describe('limits of texts', () => {
  it('a text has a length, and something in it', () => {
    const { alice } = new Pair().link();
    alice.send(' \u0007\n ');
    alice.send('x'.repeat(2_001));
    alice.send('x'.repeat(2_000));
    expect(alice.refused).toEqual([
      'wrong-state send: the text is empty',
      'too-large send: the text has 2001 characters, and the limit is 2000; send it in parts',
    ]);
    expect(alice.entries).toHaveLength(1);
  });

  it('a person writes only so many in ten seconds', () => {
    const pair = new Pair().link();
    for (let number = 0; number <= TEXTS_LIMIT; number += 1) pair.alice.send(`text ${number}`);
    pair.talk();
    expect(pair.alice.refused).toEqual([
      'rate-limited send: too many texts; wait until the last ones are delivered',
    ]);
    pair.pass(TEXTS_MS).alice.send('after a while');
    pair.talk();
    expect(pair.bob.entries).toHaveLength(TEXTS_LIMIT + 1);
  });

  it('and only so many wait for a connection', () => {
    const pair = new Pair().link().cut();
    for (let number = 0; number <= WAITING_LIMIT; number += 1)
      pair.pass(TEXTS_MS).alice.send(`text ${number}`);
    expect([pair.alice.entries.length, pair.alice.refused.length]).toEqual([WAITING_LIMIT, 1]);
  });

  it('older ones give way, and never what still waits', () => {
    const pair = new Pair().link();
    pair.alice.send('waits');
    pair.alice.said.length = 0;
    for (let number = 0; number < ENTRIES_LIMIT + 5; number += 1) {
      const message = { type: 'text', id: idOf(`t${number}`), text: `text ${number}` } as const;
      pair.alice.tell({ type: 'hear', message });
    }
    expect(pair.alice.entries).toHaveLength(ENTRIES_LIMIT);
    expect(pair.alice.gist.slice(0, 2)).toEqual(['me waits sending', 'peer text 6 delivered']);
  });
});

describe('what a page keeps for the one after it', () => {
  const text = (id: string, state: ChatText['state'] = 'delivered'): ChatText => ({
    type: 'text',
    id,
    by: 'me',
    at: 5,
    text: 'hello',
    state,
  });

  it('is found under the name of its call, without what failed', () => {
    const kept = [{ call: 'c1', texts: [text('a'), text('b', 'failed')] }];
    expect(textsOf(readKept(JSON.stringify(kept)), 'c1')).toEqual([text('a')]);
    expect(textsOf(readKept(JSON.stringify(kept)), 'c2')).toEqual([]);
  });

  it.each([
    ['nothing', null],
    ['no JSON', '['],
    ['another kind', '{"call":"c1"}'],
    ['calls of another kind', '[null, 1, {"call": 1, "texts": []}, {"call": "c1"}]'],
    ['texts of another kind', '[{"call":"c1","texts":[null, 1, {}, {"id":"a","by":"x","at":1,"text":"t"}]}]'],
  ])('is nothing where there is %s', (_, json) => {
    expect(textsOf(readKept(json), 'c1')).toEqual([]);
  });

  it('is nothing where there is no storage', () => {
    expect(keptTexts('c1')).toEqual([]);
  });
});
