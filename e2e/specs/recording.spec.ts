// Recording: nothing before the yes, both know of it all the time, either ends it, and what was recorded plays.
import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import { MOVES, SOUNDS } from '../bed/media.ts';
import { type Person, talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

/** Counts the recorders that a page begins; the page knows nothing of it. */
async function countRecorders({ page }: Person): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = window as unknown as { recorders: number };
    counted.recorders = 0;
    const start = MediaRecorder.prototype.start;
    MediaRecorder.prototype.start = function (this: MediaRecorder, slice?: number) {
      counted.recorders += 1;
      start.call(this, slice);
    };
  });
  return () => page.evaluate(() => (window as unknown as { recorders: number }).recorders);
}

async function ask(person: Person): Promise<void> {
  await person.menu();
  await person.page.getByTestId('menu-record').click();
}

async function allow({ page }: Person): Promise<void> {
  await page.getByTestId('recording-allow').click();
}

/** Both see that it goes on, and for so many seconds. */
async function expectRecorded(recorder: Person, other: Person, seconds = 0): Promise<void> {
  for (const [person, by, words] of [
    [recorder, 'me', 'You are recording'],
    [other, 'peer', `${recorder.name} is recording`],
  ] as const) {
    const note = person.page.getByTestId('recording');
    await expect(note).toHaveAttribute('data-by', by);
    await expect(note).toContainText(words);
    await expect
      .poll(async () => secondsOf(await note.locator('time').innerText()))
      .toBeGreaterThanOrEqual(seconds);
  }
}

function secondsOf(text: string): number {
  return text.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
}

async function expectNotRecorded(...people: Person[]): Promise<void> {
  for (const { page } of people) await expect(page.getByTestId('recording')).toBeHidden();
}

/** What a recording is worth, as a browser plays it. */
interface Played {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** How much the left and the right half move. */
  readonly left: number;
  readonly right: number;
  /** Its loudest moment (RMS, 0–1). */
  readonly sound: number;
}

/** Plays a file in a page, which need not be one of ours. */
async function play(page: Page, download: Download): Promise<Played> {
  const bytes = await readFile(await download.path());
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const video = document.createElement('video');
    video.muted = true;
    video.src = URL.createObjectURL(new Blob([bytes]));
    await video.play();
    const look = (half: 0 | 1): Uint8ClampedArray => {
      const canvas = document.createElement('canvas');
      canvas.width = 32;
      canvas.height = 24;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      const width = video.videoWidth / 2;
      context?.drawImage(video, half * width, 0, width, video.videoHeight, 0, 0, 32, 24);
      return context?.getImageData(0, 0, 32, 24).data ?? new Uint8ClampedArray();
    };
    // By the time of the film, which a busy machine plays late.
    const played = (seconds: number) =>
      new Promise<void>((resolve) => {
        const until = video.currentTime + seconds;
        const look = () => (video.currentTime < until ? video.requestVideoFrameCallback(look) : resolve());
        video.addEventListener('ended', () => resolve(), { once: true });
        look();
      });
    const motion = { left: 0, right: 0 };
    const halves = [
      ['left', 0],
      ['right', 1],
    ] as const;
    while (!video.ended) {
      const before = halves.map(([, half]) => look(half));
      await played(0.25);
      for (const [index, [name, half]] of halves.entries()) {
        const after = look(half);
        const change = after.reduce(
          (sum, value, at) => sum + Math.abs(value - (before[index]?.[at] ?? 0)),
          0,
        );
        motion[name] = Math.max(motion[name], change / after.length);
      }
    }
    const { channelData, duration } = await new AudioContext()
      .decodeAudioData(bytes.buffer.slice(0))
      .then((buffer) => ({ channelData: buffer.getChannelData(0), duration: buffer.duration }));
    let sound = 0;
    for (let start = 0; start < channelData.length; start += 2048) {
      const samples = channelData.subarray(start, start + 2048);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      sound = Math.max(sound, Math.sqrt(power));
    }
    return { width: video.videoWidth, height: video.videoHeight, seconds: duration, ...motion, sound };
  }, bytes.toString('base64'));
}

/** Records so many seconds, ends it by the other person's word, and gives the file. */
async function recordFor(recorder: Person, other: Person, seconds: number): Promise<Download> {
  await ask(recorder);
  await allow(other);
  await expectRecorded(recorder, other, seconds);
  const saved = recorder.page.waitForEvent('download');
  await other.page.getByTestId('recording-stop').click();
  await expectNotRecorded(recorder, other);
  return saved;
}

/** How much of its recordings a page has on the disk. */
function keptBytes({ page }: Person): Promise<number> {
  return page.evaluate(async () => {
    const databases = await indexedDB.databases();
    if (!databases.some(({ name }) => name === 'visavis-recordings')) return 0;
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await answer(indexedDB.open('visavis-recordings'));
    const parts = await answer<{ blob: Blob }[]>(database.transaction('parts').objectStore('parts').getAll());
    database.close();
    return parts.reduce((sum, { blob }) => sum + blob.size, 0);
  });
}

async function mute({ page, call }: Person): Promise<void> {
  await call.hover();
  await page.getByTestId('call-mute').click();
}

test('nothing is recorded before the other person has agreed; then both voices and both pictures are, and play', async ({
  bring,
}) => {
  test.setTimeout(300_000);
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  const recorders = await countRecorders(alice);
  const recordersOfBob = await countRecorders(bob);
  await talk(alice, bob);

  await ask(alice);
  await expect(alice.page.getByTestId('recording-asking')).toContainText('Asking bob');
  await expect(bob.page.getByTestId('recording-asked')).toContainText('alice wants to record this call');
  await expectNotRecorded(alice, bob);
  expect(await recorders()).toBe(0);
  await bob.page.getByTestId('recording-refuse').click();
  await expect(alice.page.getByTestId('toast')).toContainText('bob does not want to be recorded.');
  await expect(bob.page.getByTestId('recording-asked')).toBeHidden();
  await expectNotRecorded(alice, bob);
  expect(await recorders()).toBe(0);

  // Of two who talk only one is heard, first the one, then the other: so each voice is in the file.
  await mute(alice);
  const ofBob = await play(bob.page, await recordFor(alice, bob, 4));
  expect(ofBob).toMatchObject({ width: 1280, height: 480 });
  expect(ofBob.seconds).toBeGreaterThan(2);
  expect(ofBob.left, 'the picture of the other person').toBeGreaterThan(MOVES);
  expect(ofBob.right, 'one’s own picture').toBeGreaterThan(MOVES);
  expect(ofBob.sound, 'the voice of the other person').toBeGreaterThan(SOUNDS);

  await mute(bob);
  const ofNobody = await play(bob.page, await recordFor(alice, bob, 3));
  expect(ofNobody.sound, 'nobody’s voice').toBeLessThan(SOUNDS / 10);

  await mute(alice);
  const ofAlice = await play(bob.page, await recordFor(alice, bob, 4));
  expect(ofAlice.sound, 'one’s own voice').toBeGreaterThan(SOUNDS);
  expect(await recorders()).toBe(3);
  expect(await recordersOfBob(), 'who is recorded records nothing').toBe(0);

  await bob.hangUp();
  for (const person of [alice, bob]) await person.closeEnded();
  await expect(alice.page.getByTestId('history-recorded')).toContainText(
    Array(3).fill(/Recorded by you, \d+:\d\d/),
  );
  await expect(bob.page.getByTestId('history-recorded')).toContainText(
    Array(3).fill(/Recorded by alice, \d+:\d\d/),
  );
});

test('a recording pauses on hold, goes on afterwards, and is saved when somebody hangs up', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await talk(alice, bob);
  await ask(bob);
  await allow(alice);
  await expectRecorded(bob, alice, 2);

  await alice.hold();
  await bob.expectHeld('peer');
  for (const { page } of [alice, bob])
    await expect(page.getByTestId('recording')).toContainText('Recording paused');
  await alice.resume();
  await bob.expectHeld('nobody');
  await expectRecorded(bob, alice);
  await alice.expectPicture();

  const saved = bob.page.waitForEvent('download');
  await alice.hangUp();
  const download = await saved;
  await expect(bob.page.getByTestId('toast')).toContainText('The recording is in your downloads.');
  expect(download.suggestedFilename()).toMatch(/^\d{4}-\d\d-\d\d \d\d\.\d\d alice\.webm$/);
  expect((await play(alice.page, download)).width).toBe(1280);
  await bob.expectEnded('alice hung up.');
});

test('a reload ends a recording for both, and the page after it has what was recorded', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await talk(alice, bob);
  await ask(alice);
  await allow(bob);
  await expectRecorded(alice, bob);
  await expect.poll(() => keptBytes(alice), { timeout: 60_000 }).toBeGreaterThan(100_000);

  await alice.page.reload();
  await expectNotRecorded(bob);
  await alice.expectState('active');
  await expectNotRecorded(alice, bob);
  await expect(alice.page.getByTestId('toast')).toContainText(
    'A recording of your call with bob is still here.',
  );
  const saved = alice.page.waitForEvent('download');
  await alice.page.getByTestId('toast-action').click();
  // All parts but the last, which the page took along.
  expect(await play(bob.page, await saved)).toMatchObject({ width: 1280, seconds: expect.any(Number) });
  await bob.hangUp();
  await bob.closeEnded();
  await expect(bob.page.getByTestId('history-recorded')).toContainText(/Recorded by alice, \d+:\d\d/);
});
