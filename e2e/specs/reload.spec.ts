// A page that is reloaded in the middle of a call, and one that is closed for good.
import { tellFigures } from '../bed/figures.ts';
import { firstFrame, noteFirstFrame } from '../bed/first-frame.ts';
import { type Person, talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

for (const who of ['caller', 'callee'] as const) {
  test(`the ${who} reloads the page, the call goes on, and the other side keeps its last picture`, async ({
    bring,
  }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await talk(alice, bob);
    const [leaver, stayer] = who === 'caller' ? [alice, bob] : [bob, alice];
    // What the other side sees meanwhile: a state that is no end, and a picture all the time.
    await stayer.page.evaluate(() => {
      const seen = { states: new Set<string>(), blank: 0 };
      const look = () => {
        seen.states.add(
          document.querySelector<HTMLElement>('[data-testid="call-screen"]')?.dataset['state'] ?? 'none',
        );
        const video = document.querySelector<HTMLVideoElement>('[data-testid="remote-video"]');
        if (!video || video.videoWidth === 0) seen.blank += 1;
      };
      setInterval(look, 50);
      Object.assign(window, { seen });
    });

    await leaver.page.reload();
    await each([leaver, stayer], async (person) => {
      await person.expectState('active');
      await person.expectPicture();
      await person.expectSound();
    });
    const seen = await stayer.page.evaluate(() => {
      const { states, blank } = (window as unknown as { seen: { states: Set<string>; blank: number } }).seen;
      return { states: [...states].sort(), blank };
    });
    expect(seen).toEqual({ states: ['active', 'recovering'], blank: 0 });

    await each([alice, bob], (person) => person.watchEnd());
    await leaver.hangUp();
    await stayer.expectEnded(`${leaver.name} hung up.`);
    for (const person of [alice, bob]) {
      await person.expectNothingLeft();
      await person.closeEnded();
    }
    await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
    await bob.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
  });
}

type Said = { type: string; gen?: number | undefined };

/** What a page says by WebSocket from now on, of resuming and of peer connections. */
function watchSaid({ page }: Person): Said[] {
  const said: Said[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const { type, gen } = JSON.parse(payload.toString()) as { type: string; gen?: number };
      if (['resume', 'offer', 'answer', 'candidate'].includes(type)) said.push({ type, gen });
    }),
  );
  return said;
}

for (const who of ['caller', 'callee'] as const) {
  test(`the ${who} reloads the page and sees the other side before camera and microphone are there, by one new peer connection`, async ({
    bring,
  }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await talk(alice, bob);
    const [leaver, stayer] = who === 'caller' ? [alice, bob] : [bob, alice];
    await noteFirstFrame(leaver.page.context());
    // A browser may ask its user, or the camera may take its time.
    await leaver.page.addInitScript(() => {
      const devices = navigator.mediaDevices;
      const open = devices.getUserMedia.bind(devices);
      const allowed = new Promise<void>((resolve) => Object.assign(window, { allowDevices: resolve }));
      devices.getUserMedia = async (constraints) => {
        await allowed;
        return open(constraints);
      };
    });
    const said = watchSaid(leaver);

    await leaver.page.reload();
    const ms = await firstFrame(leaver.page);
    tellFigures(who, { 'first frame after the navigation began': ms });
    await leaver.expectPicture();
    await leaver.expectSound();
    await leaver.page.evaluate(() => (window as unknown as { allowDevices: () => void }).allowDevices());
    await stayer.expectPicture();
    await stayer.expectSound();

    const resumes = said.filter(({ type }) => type === 'resume');
    expect(resumes).toHaveLength(1);
    const next = Number(resumes[0]?.gen) + 1;
    const descriptions = said.filter(({ type }) => type === 'offer' || type === 'answer');
    expect(descriptions).toHaveLength(1);
    expect(new Set(said.filter(({ type }) => type !== 'resume').map(({ gen }) => gen))).toEqual(
      new Set([next]),
    );
    expect(await leaver.page.evaluate(() => window.bed.peers.length)).toBe(1);
  });
}

test('a page that was muted when it was reloaded is muted afterwards', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await talk(alice, bob);
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSilence();

  await alice.page.reload();
  await alice.expectState('active');
  await alice.expectPicture();
  await bob.expectPicture();
  await bob.expectSilence();
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSound();
});
