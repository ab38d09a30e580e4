// What is done about noise around somebody: nothing, what the browser has, or a library that lets little but a voice through.
import { join } from 'node:path';
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { voice } from '../bed/voice.ts';

const TALKS_S = 2;
const LISTENS_S = 2;

/** How loud what arrives is while the other one listens, and while they talk. */
type Heard = { readonly between: number; readonly talking: number };

/** Listens for as long as it takes them to talk and to listen once. */
function listen(person: Person): Promise<Heard> {
  return person.remoteVideo.evaluate(
    async (video: HTMLVideoElement, forMs) => {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      const [track] = (video.srcObject as MediaStream).getAudioTracks();
      if (!track) throw new Error('no sound arrives');
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      await context.resume();
      const samples = new Float32Array(analyser.fftSize);
      const levels: number[] = [];
      for (const end = performance.now() + forMs; performance.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 40));
        analyser.getFloatTimeDomainData(samples);
        levels.push(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
      }
      await context.close();
      levels.sort((one, other) => one - other);
      const at = (part: number) => levels[Math.floor(part * levels.length)] ?? 0;
      return { between: at(0.2), talking: at(0.9) };
    },
    1_000 * (TALKS_S + LISTENS_S + 1),
  );
}

async function choose(person: Person, choice: 'off' | 'strong'): Promise<void> {
  await person.menu();
  await person.page.getByTestId('menu-noise').selectOption(choice);
  await person.page.keyboard.press('Escape');
}

test('the strong noise suppression takes the noise and leaves the voice, in the call that goes on', async ({
  bring,
  server,
}) => {
  const surroundings = { talks: TALKS_S, listens: LISTENS_S, noise: 0.08 };
  const alice = await bring('alice', { switches: voice(join(server.folder, 'noisy.wav'), surroundings) });
  const bob = await bring('bob');
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  for (const person of [alice, bob]) await person.expectState('active');

  await choose(alice, 'off');
  const off = await listen(bob);
  expect(off.between).toBeGreaterThan(0.01);

  await choose(alice, 'strong');
  await expect
    .poll(async () => {
      const { between, talking } = await listen(bob);
      return { quiet: between < off.between / 4, voice: talking > off.talking / 4 };
    })
    .toEqual({ quiet: true, voice: true });
  await expect(alice.page.getByTestId('toast')).toHaveCount(0);
});
