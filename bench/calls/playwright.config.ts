// How the set-up of calls is measured: by Playwright's runner, because it starts the browsers and reads TypeScript; it
// judges nothing.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testMatch: '*.bench.ts',
  workers: 1,
  retries: 0,
  timeout: 600_000,
  // A machine that is slow is measured as slow.
  expect: { timeout: 30_000 },
  reporter: 'line',
  outputDir: '../test-results',
});
