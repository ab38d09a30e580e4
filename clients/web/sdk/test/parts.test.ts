/** The parts of a recording on their way to where they are kept. */
import { describe, expect, it } from 'vitest';

import { MEMORY_BYTES, Memory, Parts } from '../src/recorder/parts.ts';

/** Parts on their way to a sink that fails at the third one, with `cause`. */
async function kept(cause?: unknown): Promise<{ texts: string[]; ends: number; result: unknown }> {
  const texts: string[] = [];
  let ends = 0;
  const write = async (part: Blob) => {
    // The first is slow, so that the others wait.
    if (texts.length === 0) await Promise.resolve();
    if (cause !== undefined && texts.length === 2) throw cause;
    texts.push(await part.text());
  };
  const parts = new Parts({ write }, () => {
    ends += 1;
  });
  for (const text of ['a', '', 'b', 'c', 'd']) parts.add(new Blob([text]));
  const result = await parts.done();
  return { texts, ends, result };
}

describe('the parts of a recording', () => {
  it('are kept one by one in their order, and an empty one is none', async () => {
    expect(await kept()).toEqual({ texts: ['a', 'b', 'c', 'd'], ends: 0, result: { bytes: 4 } });
  });

  it('end it when one cannot be kept, and none is kept behind one that is missing', async () => {
    const failed = { texts: ['a', 'b'], ends: 1, result: { bytes: 2, problem: 'failed' } };
    expect(await kept(new Error('the disk is gone'))).toEqual(failed);
    const full = { texts: ['a', 'b'], ends: 1, result: { bytes: 2, problem: 'full' } };
    expect(await kept(new DOMException('no room', 'QuotaExceededError'))).toEqual(full);
  });

  it('end it when the browser gives up, and what it still brings is kept', async () => {
    const memory = new Memory();
    let ends = 0;
    const parts = new Parts(memory, () => {
      ends += 1;
    });
    parts.add(new Blob(['a']));
    parts.fail('failed');
    parts.add(new Blob(['b']));
    expect(await parts.done()).toEqual({ bytes: 2, problem: 'failed' });
    expect([await memory.file('text/plain').text(), ends]).toEqual(['ab', 1]);
  });

  it('are kept in memory up to a limit', async () => {
    const memory = new Memory();
    const huge = { size: MEMORY_BYTES } as Blob;
    await memory.write(huge);
    await expect(memory.write(new Blob(['x']))).rejects.toMatchObject({ name: 'QuotaExceededError' });
  });
});
