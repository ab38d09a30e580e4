/** Chat and files of a call in the distribution's Chromium, by real data channels. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import { eachTestOpensBed } from './browser/each-test.ts';
import type { Bed } from './browser/page.ts';

declare const bed: Bed;

let page: Page;

eachTestOpensBed((opened) => {
  page = opened;
});

/** Alice calls, Bob answers, and both may chat. What Bob is offered he takes. */
async function talk(): Promise<void> {
  await page.evaluate(async () => {
    bed.bob.on('incoming', (call) => {
      bed.in = call;
      void call.accept();
      call.chat.subscribe(({ entries }) => {
        for (const entry of entries) {
          if (entry.type === 'file' && entry.by === 'peer' && entry.state === 'offered') {
            call.chat.accept(entry.id);
          }
        }
      });
    });
    bed.out = bed.alice.call('bob');
    const ready = { timeoutMs: 15_000 };
    await bed.out.chat.until(({ status }) => status === 'ready', ready);
    await bed.in.chat.until(({ status }) => status === 'ready', ready);
  });
}

describe('the chat of a call in a browser', { timeout: 60_000 }, () => {
  it('has no channel and takes nothing before the answer, and then carries texts both ways', async () => {
    const early = await page.evaluate(async () => {
      const made: string[] = [];
      const create = RTCPeerConnection.prototype.createDataChannel;
      RTCPeerConnection.prototype.createDataChannel = function (label, options) {
        made.push(label);
        return create.call(this, label, options);
      };
      bed.bob.on('incoming', () => undefined);
      const call = bed.alice.call('bob');
      await call.state.until(({ type }) => type === 'ringing');
      while (made.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const refused = await call.chat.send('too early').catch(({ code }: { code: string }) => code);
      call.hangup();
      return { made, refused, status: call.chat.value.status };
    });
    expect(early).toEqual({ made: ['ctl'], refused: 'wrong-state', status: 'over' });

    await talk();
    const texts = await page.evaluate(async () => {
      await bed.out.chat.send('hello');
      await bed.in.chat.send('hi');
      const arrived = ({ entries }: typeof bed.out.chat.value) =>
        entries.filter((entry) => entry.type === 'text' && entry.state === 'delivered').length === 2;
      const both = await Promise.all(
        [bed.out, bed.in].map(({ chat }) => chat.until(arrived, { timeoutMs: 5_000 })),
      );
      bed.out.hangup();
      return both.map(({ entries }) =>
        entries.map((entry) => `${entry.by} ${entry.type === 'text' && entry.text}`).sort(),
      );
    });
    expect(texts).toEqual([
      ['me hello', 'peer hi'],
      ['me hi', 'peer hello'],
    ]);
    expect(await page.evaluate(() => sessionStorage.getItem('visavis.chat'))).toBeNull();
  });

  it('sends a file whole, though its connection dies in the middle', async () => {
    await talk();
    const result = await page.evaluate(async () => {
      const content = new Uint8Array(1_500_000);
      for (let at = 0; at < content.length; at += 65_536) {
        crypto.getRandomValues(content.subarray(at, at + 65_536));
      }
      await bed.out.chat.offer(new File([content], '../holiday.bin'));
      const file = ({ entries }: typeof bed.out.chat.value) => entries.find((entry) => entry.type === 'file');
      const wait = { timeoutMs: 30_000 };
      await bed.in.chat.until((state) => (file(state)?.bytes ?? 0) > 200_000, wait);
      const transport = bed.peers[0]?.getSenders()[0]?.transport;
      if (!transport) throw new Error('no transport');
      const broken = file(bed.in.chat.value);
      Object.defineProperty(transport, 'state', { value: 'failed' });
      bed.peers[0]?.dispatchEvent(new Event('connectionstatechange'));
      const there = file(await bed.in.chat.until((state) => file(state)?.state === 'done', wait));
      const here = file(await bed.out.chat.until((state) => file(state)?.state === 'done', wait));
      const bytes = new Uint8Array((await there?.file?.arrayBuffer()) ?? new ArrayBuffer(0));
      return {
        brokenOff: (broken?.bytes ?? 0) < content.length,
        same: bytes.length === content.length && bytes.every((byte, at) => byte === content[at]),
        names: [here?.name, there?.name],
        peers: bed.peers.length,
      };
    });
    expect(result).toEqual({ brokenOff: true, same: true, names: ['holiday.bin', 'holiday.bin'], peers: 4 });
  });
});
