// Bad networks: what is heard where packets are lost, and what is seen where few pass.
import { LIVELY } from '../bed/chromium.ts';
import { tellFigures } from '../bed/figures.ts';
import { arrivingWithin, sendsTwice } from '../bed/media.ts';
import { type Person, talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

/** Long enough for a share of the sound to be one. */
const HEARD_MS = 20_000;

/** What comes to each of them, at the same time. */
function arriving(people: readonly Person[], forMs: number) {
  return Promise.all(people.map(({ page }) => arrivingWithin(page, forMs)));
}

test('where a fifth of the packets is lost, sound that is sent twice has far fewer gaps', async ({
  bring,
  network,
}) => {
  test.setTimeout(300_000);
  const lossy = await network();
  /** How many percent of the sound are made up at the two. */
  const listen = async (withoutRed: boolean): Promise<number[]> => {
    const [alice, bob] = await Promise.all([
      bring('alice', { network: lossy, forced: { withoutRed } }),
      bring('bob', { forced: { withoutRed } }),
    ]);
    const people = [alice, bob];
    await alice.dial('bob', 'audio');
    await bob.answer('audio');
    for (const person of people) await person.expectSound();
    const lift = lossy.lose(20);
    for (const { page, name } of people) {
      await expect(page.getByTestId('quality'), `what ${name} is told`).toHaveAttribute(
        'data-level',
        /poor|bad/,
        { timeout: 60_000 },
      );
      await expect
        .poll(() => sendsTwice(page), { message: `${name} sends twice`, timeout: 60_000 })
        .toBe(!withoutRed);
    }
    const heard = await arriving(people, HEARD_MS);
    lift();
    await alice.hangUp();
    for (const { page, name } of people) {
      await expect(page.getByTestId('course'), `what ${name} is told in the end`).toContainText(
        'Packets were lost between you',
      );
    }
    for (const person of people) await person.leave();
    return heard.map(({ concealed }) => concealed);
  };

  const once = await listen(true);
  const twice = await listen(false);
  for (const [index, who] of ['alice', 'bob'].entries()) {
    tellFigures(`gaps that ${who} hears`, { once: once[index] ?? 0, twice: twice[index] ?? 0 }, '%', 1);
    expect(once[index], `${who} hears the loss`).toBeGreaterThan(5);
    expect(twice[index], `${who} hears little of it`).toBeLessThan((once[index] ?? 0) / 2);
  }
});

test('a microphone that gives nothing but silence is named to both when the call is over', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  // As of a headset with a switch of its own: the browser knows nothing of it.
  await alice.page.evaluate(() => {
    const silence = (): Promise<MediaStream> => {
      const context = new AudioContext();
      const out = context.createMediaStreamDestination();
      const tone = context.createOscillator();
      tone.connect(new GainNode(context, { gain: 0 })).connect(out);
      tone.start();
      return Promise.resolve(out.stream);
    };
    navigator.mediaDevices.getUserMedia = silence;
  });
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await alice.expectSound();
  await arriving([bob], 15_000);
  await bob.hangUp();
  await expect(alice.page.getByTestId('course')).toContainText('Your microphone sent nothing but silence');
  await expect(bob.page.getByTestId('course')).toContainText('alice’s microphone sent nothing but silence');
});

test('where 300 kbit/s pass the sound stays whole, and the picture gives way until more passes', async ({
  bring,
  network,
}) => {
  test.setTimeout(300_000);
  const mobile = await network();
  // Their pictures want more than a narrow network has.
  const [alice, bob] = await Promise.all([
    bring('alice', { network: mobile, switches: [LIVELY] }),
    bring('bob', { switches: [LIVELY] }),
  ]);
  const people = [alice, bob];
  await talk(alice, bob);
  const wide = await arriving(people, 5_000);

  const widen = mobile.narrow(300);
  const changing = await arriving(people, 5_000);
  const narrow = await arriving(people, HEARD_MS);
  for (const person of people) {
    await person.expectState('active');
    await person.expectPicture();
  }

  widen();
  for (const [index, { page, name }] of people.entries()) {
    const rate = async (): Promise<number> => (await arrivingWithin(page, 2_000)).kbps;
    const before = narrow[index]?.kbps ?? 0;
    await expect
      .poll(rate, { message: `what ${name} sees grows again`, timeout: 120_000 })
      .toBeGreaterThan(1.5 * before);
  }
  const again = await arriving(people, 5_000);

  for (const [index, { name }] of people.entries()) {
    const of = (figure: 'concealed' | 'kbps' | 'height' | 'fps') => ({
      'before it': wide[index]?.[figure] ?? 0,
      'as it comes': changing[index]?.[figure] ?? 0,
      'on 300 kbit/s': narrow[index]?.[figure] ?? 0,
      afterwards: again[index]?.[figure] ?? 0,
    });
    tellFigures(`gaps that ${name} hears`, of('concealed'), '%', 1);
    tellFigures(`picture that ${name} gets`, of('kbps'), 'kbit/s');
    tellFigures(`its height`, of('height'), 'px');
    tellFigures(`its pictures`, of('fps'), '/s');
    expect(narrow[index]?.concealed, `the sound of ${name} is whole`).toBeLessThan(1);
    expect(narrow[index]?.kbps, `the picture that ${name} gets is smaller`).toBeLessThan(300);
    expect(narrow[index]?.kbps).toBeLessThan((wide[index]?.kbps ?? 0) / 1.5);
  }
});
