// The inspector: what happens in a call is shown while it happens, and the saved report shows the same again.
import { readFile, writeFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { type Person, talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

const forced = { relayTransport: 'udp' } as const;

/** What comes before what in a call by the relay, for whoever has called. Ringing, paths and media go on beside each other. */
const CHAINS = [
  [
    'begin',
    'say-invite',
    'told-ringing',
    'peer-opened',
    'offer',
    'answer',
    'checking',
    'path-found',
    'secured',
  ],
  ['peer-opened', 'gathering', 'address', 'checking'],
  ['told-ringing', 'told-connecting', 'told-active'],
  ['secured', 'connected'],
  ['secured', 'first-picture'],
];

async function openDetails(person: Person): Promise<Locator> {
  await person.menu();
  await person.page.getByTestId('menu-details').click();
  const drawer = person.page.getByTestId('inspector');
  await expect(drawer).toBeFocused();
  return drawer;
}

async function goTo(report: Locator, tab: string): Promise<Locator> {
  await report.getByTestId(`tab-${tab}`).click();
  return report.getByTestId(`panel-${tab}`);
}

/** All that a report shows: the words of each part, and how many points are drawn. */
async function shown(report: Locator): Promise<Record<string, string | number[]>> {
  const parts: Record<string, string | number[]> = {};
  for (const tab of ['steps', 'network', 'media', 'graphs']) {
    parts[tab] = await (await goTo(report, tab)).innerText();
  }
  parts['points'] = await report
    .locator('.chart')
    .evaluateAll((charts) => charts.map((chart) => Number(chart.getAttribute('data-points'))));
  return parts;
}

async function save(page: Page, report: Locator, path: string): Promise<string> {
  const download = page.waitForEvent('download');
  await report.getByTestId('save-report').click();
  await (await download).saveAs(path);
  return readFile(path, 'utf8');
}

test('the steps, network, codecs and graphs of a call are there while it goes on, and its saved report shows them again', async ({
  bring,
}, info) => {
  const [alice, bob] = await Promise.all([bring('alice', { forced }), bring('bob', { forced })]);
  await talk(alice, bob);

  const drawer = await openDetails(alice);
  const steps = await goTo(drawer, 'steps');
  await expect(steps.locator('[data-what="told-active"]')).toBeVisible();
  await expect(steps.locator('[data-what="first-picture"]')).toBeVisible();
  const kinds = await steps
    .locator('.step')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-what')));
  for (const chain of CHAINS) {
    const first = chain.map((kind) => kinds.indexOf(kind));
    expect(first).not.toContain(-1);
    expect(first).toEqual([...first].sort((one, other) => one - other));
  }
  const times = (await steps.locator('.step-time').allInnerTexts()).map((text) => Number.parseFloat(text));
  expect(times).toEqual([...times].sort((one, other) => one - other));
  expect(times.at(-1)).toBeGreaterThan(0);

  const network = await goTo(drawer, 'network');
  await expect(network.getByTestId('route')).toContainText('through the relay (UDP)');
  await expect(network.locator('[data-selected="true"]')).toContainText('relay udp');
  const media = await goTo(drawer, 'media');
  await expect(media.locator('mark[data-mark="used"]').filter({ hasText: 'opus' }).first()).toBeVisible();
  await expect(media).not.toContainText('ice-pwd');
  const graphs = await goTo(drawer, 'graphs');
  // It is alive: figures come while one looks.
  const points = () => graphs.locator('.chart').first().getAttribute('data-points').then(Number);
  const before = await points();
  await expect.poll(points).toBeGreaterThan(before + 2);
  await expect(graphs.getByTestId('graph-bitrate')).toContainText('kbit/s');

  // Not modal: the call can be muted beside it. Esc closes it, and the focus goes back.
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSilence();
  await drawer.focus();
  await alice.page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(alice.page.getByTestId('call-more')).toBeFocused();

  await alice.hangUp();
  await alice.page.getByTestId('ended-details').click();
  const over = await shown(drawer);
  const file = info.outputPath('report.json');
  const plain = await save(alice.page, drawer, file);
  await drawer.getByTestId('save-personal').check();
  const personalFile = info.outputPath('personal.json');
  const personal = await save(alice.page, drawer, personalFile);
  for (const text of [plain, personal]) expect(text).not.toMatch(/ice-pwd|credential/);
  expect(personal).toContain('"bob"');
  expect(plain).not.toContain('"bob"');
  // Esc closes the drawer, and not the page beneath it.
  await alice.page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(alice.call).toBeVisible();
  await alice.closeEnded();

  await alice.page.getByTestId('nav-history').click();
  await alice.page.getByTestId('history-details').click();
  expect(await shown(drawer)).toEqual(over);
  await alice.page.getByTestId('inspector-close').click();

  await alice.page.getByTestId('nav-settings').click();
  await alice.page.getByTestId('open-report').click();
  const page = alice.page.getByTestId('report-page');
  await page.getByTestId('report-file').setInputFiles(personalFile);
  expect(await shown(page.getByTestId('report'))).toEqual(over);
  // Without names and addresses the same steps and graphs are there.
  await page.getByTestId('report-file').setInputFiles(file);
  const { network: hiddenNetwork, media: _, ...rest } = await shown(page.getByTestId('report'));
  expect(rest).toEqual({ steps: over['steps'], graphs: over['graphs'], points: over['points'] });
  expect(hiddenNetwork).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
});

test('a saved report is opened by whoever has it, signed in or not, and what is none is refused in words', async ({
  browser,
  server,
}, info) => {
  const context = await browser.newContext({ locale: 'en' });
  const page = await context.newPage();
  await page.goto(`${server.url}/#/report`);
  const file = page.getByTestId('report-file');
  const open = async (name: string, text: string) => {
    const path = info.outputPath(name);
    await writeFile(path, text);
    await file.setInputFiles(path);
  };
  const problem = page.getByTestId('report-problem');
  await open('holiday.json', 'not a report at all');
  await expect(problem).toHaveText('holiday.json is no report of a call.');
  await open('later.json', '{"format":"visavis-call-report","version":9}');
  await expect(problem).toContainText('was saved by a newer Visavis');
  await open('half.json', '{"format":"visavis-call-report","version":1,"madeAt":1}');
  await expect(problem).toHaveText('half.json is damaged (browser).');
  await context.close();
});
