/** The distribution's Chromium with a fake microphone and camera, and pages for it that need no network. */
import { fileURLToPath } from 'node:url';

import { type Browser, chromium } from 'playwright-core';
import { build, type Plugin, type Rolldown } from 'vite';

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
export async function bundle(
  input: string,
  options: { plugins?: Plugin[]; minify?: boolean } = {},
): Promise<string> {
  const client = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  const output = (await build({
    configFile: false,
    logLevel: 'silent',
    plugins: options.plugins ?? [],
    resolve: { alias: { '@visavis/client': client } },
    build: {
      target: 'es2022',
      write: false,
      minify: options.minify ?? false,
      rollupOptions: { input, preserveEntrySignatures: 'strict' },
    },
  })) as Rolldown.RolldownOutput;
  return output.output[0].code;
}
