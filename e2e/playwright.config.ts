// How the browser tests run: one at a time, never repeated, on the distribution's Chromium with fake devices.
import { defineConfig } from '@playwright/test';
import { chromium } from './bed/chromium.ts';

export default defineConfig({
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  outputDir: 'test-results',
  use: { launchOptions: chromium, screenshot: 'only-on-failure', locale: 'en' },
  projects: [
    { name: 'calls', testDir: 'specs' },
    { name: 'screens', testDir: 'screens' },
  ],
});
