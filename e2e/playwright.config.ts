// How the browser tests run: one at a time, never repeated, on the distribution's Chromium with fake devices.
import { defineConfig } from '@playwright/test';
import { chromium } from './bed/chromium.ts';

export default defineConfig({
  workers: 1,
  retries: 0,
  forbidOnly: true,
  // For machines that are slow: nobody waits so long for what passes.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  outputDir: 'test-results',
  use: { launchOptions: chromium, screenshot: 'only-on-failure', locale: 'en' },
  projects: [
    { name: 'calls', testDir: 'specs' },
    { name: 'screens', testDir: 'screens' },
  ],
});
