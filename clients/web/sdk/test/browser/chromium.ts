/** The distribution's Chromium with a fake microphone and camera, and pages for it that need no network. */
import { fileURLToPath } from 'node:url';

import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type InlineConfig, type Plugin, type Rolldown } from 'vite';

import type { Bed } from './page.ts';

declare const bed: Bed;

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Pages that are not in front must not be slowed down.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  // The machine may have no network at all.
  '--allow-loopback-in-peer-connection',
];

/** Answered from memory; only the scheme matters, since capturing needs a secure context. */
export const PAGE = 'https://visavis.test/';
export const PATIENCE = { timeout: 20_000 };

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['VISAVIS_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ARGS,
  });
}

/** One script of a module and all it imports; `@visavis/client` is the sources. `plugins`: where the module comes from. */
export async function bundle(input: string, { plugins = [] }: { plugins?: Plugin[] } = {}): Promise<string> {
  const [script] = await scripts({
    plugins,
    build: { minify: false, rollupOptions: { input, output: { codeSplitting: false } } },
  });
  return script?.code ?? '';
}

/** The scripts of a module as in the package, minified and without what a page's bundler adds for what is fetched later. */
export function published(input: string): Promise<Rolldown.OutputChunk[]> {
  return scripts({
    ssr: { noExternal: true },
    build: {
      minify: true,
      ssr: true,
      rollupOptions: {
        input,
        preserveEntrySignatures: 'strict',
        output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
      },
    },
  });
}

async function scripts(config: InlineConfig): Promise<Rolldown.OutputChunk[]> {
  const client = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  const { output } = (await build({
    configFile: false,
    logLevel: 'silent',
    ...config,
    resolve: { alias: { '@visavis/client': client } },
    build: { target: 'es2022', write: false, ...config.build },
  })) as Rolldown.RolldownOutput;
  return output.filter((file) => file.type === 'chunk');
}

/** The script of `page.ts`. */
export function bundleBed(): Promise<string> {
  return bundle(fileURLToPath(new URL('page.ts', import.meta.url)));
}

/** A page of its own with that script, in which both people are online. */
export async function openBed(browser: Browser, script: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.route(PAGE, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><body>' }),
  );
  await page.goto(PAGE);
  await page.addScriptTag({ content: script, type: 'module' });
  const online = () => 'bed' in window && bed.alice.link.value.type === 'online';
  await page.waitForFunction(online, undefined, PATIENCE);
  return page;
}
