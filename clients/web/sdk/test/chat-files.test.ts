/** Files of a call: offered, taken, broken off and gone on with. */
import { describe, expect, it } from 'vitest';

import type { Talk } from '../src/chat/messages.ts';
import { FILES_LIMIT, KEPT_FACTOR, SMALL_LIMIT } from '../src/chat/state.ts';
import { hashOf, idOf, MIB, Pair, Side } from './chat-pair.ts';

const CONTENT = 'the quick brown fox';

/** Alice has offered a file of five pieces, and Bob has said yes. */
function flowing(): { readonly pair: Pair; readonly id: string } {
  const pair = new Pair().link();
  const id = pair.alice.offer('fox.txt', CONTENT);
  pair.talk();
  pair.bob.tell({ type: 'accept', id });
  pair.talk();
  return { pair, id };
}

describe('a file', () => {
  it('is offered, taken, sent and compared, and both sides see how far it is', () => {
    const pair = new Pair().link();
    const id = pair.alice.offer('fox.txt', CONTENT);
    pair.flow();
    expect([pair.alice.gist, pair.bob.gist]).toEqual([
      ['me fox.txt offered 0/19'],
      ['peer fox.txt offered 0/19'],
    ]);
    pair.bob.tell({ type: 'accept', id });
    pair.flow(2);
    expect([pair.alice.gist, pair.bob.gist]).toEqual([
      ['me fox.txt flowing 8/19'],
      ['peer fox.txt flowing 8/19'],
    ]);
    pair.flow();
    expect([pair.alice.gist, pair.bob.gist]).toEqual([
      ['me fox.txt done 19/19'],
      ['peer fox.txt done 19/19'],
    ]);
    expect(pair.bob.kept.get(id)).toBe(CONTENT);
  });

  it('without content is a file too', () => {
    const pair = new Pair().link();
    const id = pair.alice.offer('empty', '');
    pair.talk();
    pair.bob.tell({ type: 'accept', id });
    expect(pair.flow().bob.gist).toEqual(['peer empty done 0/0']);
    expect(pair.alice.gist).toEqual(['me empty done 0/0']);
  });

  it('that is declined is over on both sides, and not a byte of it goes', () => {
    const pair = new Pair().link();
    const id = pair.alice.offer('fox.txt', CONTENT);
    pair.talk();
    pair.bob.tell({ type: 'cancel', id });
    pair.flow();
    expect(pair.alice.gist).toEqual(['me fox.txt declined 0/19 peer']);
    expect(pair.bob.gist).toEqual(['peer fox.txt declined 0/19 me']);
    pair.bob.tell({ type: 'accept', id });
    expect(pair.flow().bob.gist).toEqual(['peer fox.txt declined 0/19 me']);
  });

  it.each(['alice', 'bob'] as const)('is broken off by %s, and what is still under way is dropped', (who) => {
    const { pair, id } = flowing();
    pair.flow(2);
    pair[who].tell({ type: 'cancel', id });
    expect(pair.flow()[who].gist[0]).toContain('cancelled 8/19 me');
    expect(pair[who === 'alice' ? 'bob' : 'alice'].gist[0]).toContain('cancelled 8/19 peer');
    expect([pair.alice.pumps.size, pair.bob.kept.size]).toEqual([0, 0]);
  });

  it('of which something was changed on the way is damaged, and not given to anybody', () => {
    const { pair, id } = flowing();
    pair.flow(2);
    pair.bob.kept.set(id, 'the slow');
    pair.flow();
    expect(pair.alice.gist).toEqual(['me fox.txt damaged 19/19']);
    expect(pair.bob.gist).toEqual(['peer fox.txt damaged 19/19']);
    expect(pair.bob.kept.size).toBe(0);
  });

  it('that cannot be read any more is over on both sides', () => {
    const { pair, id } = flowing();
    pair.alice.tell({ type: 'unreadable', id });
    pair.talk();
    expect(pair.alice.gist).toEqual(['me fox.txt unreadable 0/19']);
    expect(pair.bob.gist).toEqual(['peer fox.txt unreadable 0/19']);
  });

  it('is under way while others are', () => {
    const pair = new Pair().link();
    const ids = [pair.alice.offer('one', 'abcdefgh'), pair.bob.offer('two', 'ijklmnopq')];
    pair.talk();
    for (const id of ids) {
      pair.alice.tell({ type: 'accept', id });
      pair.bob.tell({ type: 'accept', id });
    }
    pair.flow();
    expect(pair.alice.gist).toEqual(['me one done 8/8', 'peer two done 9/9']);
  });
});

describe('a hostile other side', () => {
  it('that gives a file the id of one of ours is refused, and ours can still be cancelled', () => {
    const pair = new Pair().link();
    const id = pair.alice.offer('fox.txt', CONTENT);
    pair.talk();
    pair.alice.tell({ type: 'hear', message: { type: 'offer', id, name: 'x', size: 5, mime: '' } });
    pair.alice.tell({ type: 'hear', message: { type: 'text', id, text: 'and a text' } });
    expect(pair.alice.gist).toEqual(['me fox.txt offered 0/19']);
    expect(pair.alice.said).toEqual([{ type: 'refuse', id, reason: 'cancelled' }]);
    pair.alice.tell({ type: 'cancel', id });
    expect(pair.alice.gist).toEqual(['me fox.txt cancelled 0/19 me']);
  });

  it('that gives a file the id of a text of theirs is refused', () => {
    const { bob } = new Pair().link();
    const id = idOf('both');
    bob.tell({ type: 'hear', message: { type: 'text', id, text: 'hello' } });
    bob.tell({ type: 'hear', message: { type: 'offer', id, name: 'x', size: 5, mime: '' } });
    expect(bob.gist).toEqual(['peer hello delivered']);
  });

  it('that sends a file in crumbs is refused after a few of them', () => {
    const pair = new Pair().link();
    const id = pair.alice.offer('crumbs', 'c'.repeat(1_000));
    pair.talk();
    pair.bob.tell({ type: 'accept', id });
    for (let offset = 0; offset <= SMALL_LIMIT; offset += 1) {
      expect(pair.bob.gist).toEqual([`peer crumbs flowing ${offset}/1000`]);
      pair.bob.tell({ type: 'chunk', chunk: { id, offset, bytes: new Uint8Array(1) } });
    }
    expect(pair.bob.gist).toEqual([`peer crumbs damaged ${SMALL_LIMIT}/1000`]);
    expect(pair.bob.kept.size).toBe(0);
  });
});

describe('on a connection that is lost', () => {
  it('a file waits, and goes on where the receiver has come to', () => {
    const { pair, id } = flowing();
    pair.flow(3).cut();
    expect([pair.alice.gist, pair.bob.gist]).toEqual([
      ['me fox.txt waiting 12/19'],
      ['peer fox.txt waiting 12/19'],
    ]);
    // More had gone than has come.
    const lost = new TextEncoder().encode('n fo');
    pair.alice.tell({ type: 'sent', id, bytes: 16 });
    pair.bob.tell({ type: 'chunk', chunk: { id, offset: 12, bytes: lost } });
    pair.link();
    expect(pair.alice.pumps.get(id)).toBe(12);
    expect(pair.flow().bob.gist).toEqual(['peer fox.txt done 19/19']);
    expect(pair.bob.kept.get(id)).toBe(CONTENT);
  });

  it('it may be lost again and again', () => {
    const { pair, id } = flowing();
    for (let times = 0; times < 4; times += 1) pair.flow(1).cut().link();
    pair.flow();
    expect([pair.bob.kept.get(id), pair.alice.gist]).toEqual([CONTENT, ['me fox.txt done 19/19']]);
  });

  it('what was taken meanwhile begins on the next one, and so does what was offered', () => {
    const pair = new Pair().link();
    const early = pair.alice.offer('early', 'abcde');
    pair.talk().cut();
    const late = pair.alice.offer('late', 'fghij');
    pair.bob.tell({ type: 'accept', id: early });
    pair.link();
    pair.bob.tell({ type: 'accept', id: late });
    pair.flow();
    expect(pair.bob.gist).toEqual(['peer early done 5/5', 'peer late done 5/5']);
  });

  it('the last word may be what was lost: whoever has the file says so again', () => {
    const { pair } = flowing();
    pair.flow(5);
    // The end and its hash, and then only the receiver knows.
    const { alice, bob } = pair;
    for (const [id] of alice.pumps) alice.tell({ type: 'sent-all', id, sha256: hashOf(CONTENT) });
    for (const message of alice.said.splice(0)) bob.tell({ type: 'hear', message });
    expect([alice.gist, bob.gist]).toEqual([['me fox.txt checking 19/19'], ['peer fox.txt done 19/19']]);
    pair.cut().link();
    expect(alice.gist).toEqual(['me fox.txt done 19/19']);
  });

  it('the hash may be: it is said again', () => {
    const { pair } = flowing();
    pair.flow(5);
    for (const [id] of pair.alice.pumps) {
      pair.alice.tell({ type: 'sent-all', id, sha256: hashOf(CONTENT) });
    }
    pair.cut().link().flow();
    expect(pair.bob.gist).toEqual(['peer fox.txt done 19/19']);
  });

  it.each(['alice', 'bob'] as const)(
    'what %s breaks off meanwhile is over on both sides afterwards',
    (who) => {
      const { pair, id } = flowing();
      pair.flow(2).cut();
      pair[who].tell({ type: 'cancel', id });
      pair.link().flow();
      expect(pair.alice.gist[0]).toContain('cancelled');
      expect(pair.bob.gist[0]).toMatch(/cancelled|lost/);
      expect(pair.bob.kept.size).toBe(0);
    },
  );

  it('a page that is reloaded is asked anew, and begins at the first byte', () => {
    const { pair, id } = flowing();
    pair.flow(3).cut();
    const reloaded = new Pair(pair.alice).link();
    expect(reloaded.bob.gist).toEqual(['peer fox.txt offered 0/19']);
    reloaded.bob.tell({ type: 'accept', id });
    reloaded.flow();
    expect(reloaded.bob.kept.get(id)).toBe(CONTENT);
  });

  it('what the page of the sender has forgotten is lost', () => {
    const { pair } = flowing();
    pair.flow(3).cut();
    new Pair(new Side(), pair.bob).link();
    expect(pair.bob.gist).toEqual(['peer fox.txt lost 12/19']);
    expect(pair.bob.kept.size).toBe(0);
  });

  it('everything that is under way is lost with the call, and what has come stays', () => {
    const { pair } = flowing();
    pair.flow();
    pair.alice.offer('second', 'abc');
    pair.talk();
    pair.bob.tell({ type: 'end' });
    expect(pair.bob.gist).toEqual(['peer fox.txt done 19/19', 'peer second lost 0/3']);
  });
});

describe('two words that cross', () => {
  it('cancelled by both is cancelled by each', () => {
    const { pair, id } = flowing();
    pair.flow(2);
    pair.alice.tell({ type: 'cancel', id });
    pair.bob.tell({ type: 'cancel', id });
    pair.flow();
    expect(pair.alice.gist).toEqual(['me fox.txt cancelled 8/19 me']);
    expect(pair.bob.gist).toEqual(['peer fox.txt cancelled 8/19 me']);
  });

  it('cancelled by the sender when the receiver has it already: they have it', () => {
    const { pair, id } = flowing();
    pair.flow(5);
    const { alice, bob } = pair;
    alice.tell({ type: 'sent-all', id, sha256: hashOf(CONTENT) });
    for (const message of alice.said.splice(0)) bob.tell({ type: 'hear', message });
    alice.tell({ type: 'cancel', id });
    pair.talk();
    expect(alice.gist).toEqual(['me fox.txt done 19/19']);
    expect(bob.gist).toEqual(['peer fox.txt done 19/19']);
  });

  it('taken when it is withdrawn: it is withdrawn', () => {
    const pair = new Pair().link();
    const id = pair.alice.offer('fox.txt', CONTENT);
    pair.talk();
    pair.alice.tell({ type: 'cancel', id });
    pair.bob.tell({ type: 'accept', id });
    pair.flow();
    expect(pair.bob.gist).toEqual(['peer fox.txt cancelled 0/19 peer']);
    expect([pair.alice.pumps.size, pair.bob.kept.size]).toEqual([0, 0]);
  });
});

describe('limits of files', () => {
  it('the smaller of the two sides holds, and the refusal says it', () => {
    const pair = new Pair(new Side(3 * MIB), new Side(2 * MIB)).link();
    pair.alice.tell({ type: 'offer', id: idOf('big'), name: 'big', size: 2.5 * MIB, mime: '' });
    expect(pair.alice.refused).toEqual([
      'too-large offer: the file has 2.5 MiB, and the limit is 2.0 MiB; send it another way',
    ]);
    expect(pair.talk().bob.entries).toEqual([]);
  });

  it('only so many are under way', () => {
    const pair = new Pair().link();
    for (let number = 0; number <= FILES_LIMIT; number += 1) pair.alice.offer(`f${number}`, 'x');
    expect(pair.alice.refused).toEqual([
      `wrong-state offer: ${FILES_LIMIT} files are under way; wait until one is done`,
    ]);
    expect(pair.talk().bob.entries).toHaveLength(FILES_LIMIT);
  });

  it('and only so much of a stranger is kept in one call', () => {
    const pair = new Pair(new Side(), new Side(10)).link();
    for (let number = 0; number <= KEPT_FACTOR; number += 1) {
      const id = pair.alice.offer(`f${number}`, '0123456789');
      pair.talk();
      pair.bob.tell({ type: 'accept', id });
      pair.flow();
    }
    const done = Array.from({ length: KEPT_FACTOR }, (_, number) => `peer f${number} done 10/10`);
    expect(pair.bob.gist).toEqual([...done, `peer f${KEPT_FACTOR} full 0/10`]);
    expect(pair.alice.gist.at(-1)).toBe(`me f${KEPT_FACTOR} full 0/10`);
  });

  it('a stranger who keeps to none of them gets nowhere', () => {
    const pair = new Pair().link();
    const hear = (message: Talk) => pair.bob.tell({ type: 'hear', message });
    const offer = (id: string, size: number) =>
      hear({ type: 'offer', id: idOf(id), name: id, size, mime: '' });
    offer('huge', MIB + 1);
    expect(pair.bob.entries).toEqual([]);
    for (let number = 0; number < 2 * FILES_LIMIT; number += 1) offer(`f${number}`, 5);
    expect(pair.bob.entries).toHaveLength(FILES_LIMIT);

    const id = idOf('f0');
    const piece = (offset: number, text: string) =>
      pair.bob.tell({ type: 'chunk', chunk: { id, offset, bytes: new TextEncoder().encode(text) } });
    piece(0, 'early');
    pair.bob.tell({ type: 'accept', id });
    piece(1, 'gap');
    piece(0, 'too long');
    piece(0, 'abc');
    piece(0, 'abc');
    expect(pair.bob.kept.get(id)).toBe('abc');
    hear({ type: 'end', id: idOf('none'), sha256: hashOf('') });
    hear({ type: 'withdraw', id: idOf('none'), reason: 'cancelled' });
    hear({ type: 'have', id });
    hear({ type: 'want', id, offset: 0 });
    expect(pair.bob.gist[0]).toBe('peer f0 flowing 3/5');
  });

  it('nobody gets more of a file than was sent, by saying that they have it', () => {
    const pair = new Pair().link();
    const id = pair.alice.offer('fox.txt', CONTENT);
    pair.talk();
    pair.alice.tell({ type: 'hear', message: { type: 'want', id, offset: 4 } });
    expect([pair.alice.pumps.size, pair.alice.gist]).toEqual([0, ['me fox.txt offered 0/19']]);
  });
});
