// Chromium as in the tests, but with a camera as quick as those that people have.
import type { LaunchOptions } from '@playwright/test';
import { LIVELY, chromium as tests } from '../../e2e/bed/chromium.ts';

export const chromium: LaunchOptions = {
  ...tests,
  args: [...(tests.args ?? []), LIVELY],
};
