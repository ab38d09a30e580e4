// How Chromium is started: the distribution's, without a screen, with a fake camera and microphone that are allowed.
import type { LaunchOptions } from '@playwright/test';

/** For a camera as quick as those that people have; the last such switch counts. */
export const LIVELY = '--use-fake-device-for-media-stream=fps=30';

export const chromium: LaunchOptions = {
  executablePath: process.env['VISAVIS_CHROMIUM'] ?? '/usr/bin/chromium',
  headless: true,
  args: [
    // The tests may run as the superuser of their own namespace, where Chromium's sandbox refuses to start.
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Ten pictures per second show that a camera is alive, and leave the machine to everything else.
    '--use-fake-device-for-media-stream=fps=10',
    '--use-fake-ui-for-media-stream',
    // Of the screens there are, whichever comes first: nobody is there to choose.
    '--auto-select-desktop-capture-source=x',
    // Two people sit in one browser; without these the page that is not in front would be slowed down.
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
  ],
};
