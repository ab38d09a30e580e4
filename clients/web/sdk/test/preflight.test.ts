/** The checks before a call, in the distribution's Chromium; those of a relay that works are in `e2e/`. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import type { Check } from '../src/index.ts';
import { relaysBy } from '../src/preflight/relay.ts';
import { PATIENCE } from './browser/chromium.ts';
import { eachTestOpensBed } from './browser/each-test.ts';
import type { Bed } from './browser/page.ts';

declare const bed: Bed;

let page: Page;

eachTestOpensBed((opened) => {
  page = opened;
});

/** Everything that was opened is closed. */
async function expectNothingLeft(): Promise<void> {
  const left = await page.evaluate(() => ({
    peers: bed.peers.filter((peer) => peer.connectionState !== 'closed').length,
    tracks: bed.tracks.filter((track) => track.readyState !== 'ended').length,
  }));
  expect(left).toEqual({ peers: 0, tracks: 0 });
}

const verdict = (checks: readonly Pick<Check, 'name' | 'error'>[]) =>
  checks.map(({ name, error }) => [name, error?.code ?? 'works']);

describe('the checks before a call', { timeout: 60_000 }, () => {
  it('find the server, the devices and the speaker working, tell of each at once, and leave nothing open', async () => {
    const { checks, told, level } = await page.evaluate(async () => {
      const told: string[] = [];
      const checks = await bed.alice.preflight({ progress: ({ name }) => told.push(name) });
      const level = checks.find(({ name }) => name === 'mic')?.level ?? 0;
      return { checks: checks.map(({ name, error }) => ({ name, error })), told, level };
    });
    expect(verdict(checks as Check[])).toEqual([
      ['server', 'works'],
      ['mic', 'works'],
      ['camera', 'works'],
      ['speaker', 'works'],
    ]);
    expect(told.sort()).toEqual(['camera', 'mic', 'server', 'speaker']);
    expect(level).toBeGreaterThan(0.001);
    await expectNothingLeft();
  });

  it('say of a relay that refuses every connection that it is not reached, and of a server that is gone the same', async () => {
    const checks = await page.evaluate(async () => {
      const urls = ['turn:127.0.0.1:9?transport=tcp', 'turns:127.0.0.1:9?transport=tcp'];
      bed.server.ice = [{ urls, username: 'u', credential: 'c' }];
      const carol = bed.person('carol');
      await carol.link.until(({ type }) => type === 'online');
      bed.server.down = true;
      bed.server.cutAll();
      const found = await carol.preflight({ checks: ['server', 'relay-udp', 'relay-tcp', 'relay-tls'] });
      return found.map(({ name, error }) => [name, error?.code ?? 'works']);
    });
    expect(checks).toEqual([
      ['server', 'server-unreachable'],
      ['relay-tcp', 'server-unreachable'],
      ['relay-tls', 'server-unreachable'],
    ]);
    await expectNothingLeft();
  });

  it('tell what is wrong with a microphone that may not be used, and with one that is silent', async () => {
    const denied = await page.evaluate(async () => {
      const real = navigator.mediaDevices.getUserMedia;
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
      const [check] = await bed.alice.preflight({ checks: ['mic'] });
      navigator.mediaDevices.getUserMedia = real;
      return [check?.name, check?.error?.code, check?.error?.device];
    });
    expect(denied).toEqual(['mic', 'permission-denied', 'mic']);
    const silent = await page.evaluate(async () => {
      const context = new AudioContext();
      const destination = context.createMediaStreamDestination();
      navigator.mediaDevices.getUserMedia = () => Promise.resolve(destination.stream);
      const [check] = await bed.alice.preflight({ checks: ['mic'] });
      return [check?.error?.code, destination.stream.getTracks().map(({ readyState }) => readyState)];
    });
    expect(silent).toEqual(['device-silent', ['ended']]);
  });

  it('end at once when they are no longer wanted, even while the browser asks its user', async () => {
    const outcome = await page.evaluate(async () => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      let say = () => {};
      const asked = new Promise<void>((resolve) => {
        say = resolve;
      });
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        await asked;
        return real(constraints);
      };
      const stop = new AbortController();
      const checks = bed.alice.preflight({ signal: stop.signal });
      stop.abort();
      const code = await checks.then(
        () => 'done',
        (error) => error.code,
      );
      say();
      return code;
    });
    expect(outcome).toBe('aborted');
    await page.waitForFunction(
      () => bed.tracks.length > 0 && bed.tracks.every(({ readyState }) => readyState === 'ended'),
      undefined,
      PATIENCE,
    );
    await expectNothingLeft();
  });
});

it('each address of a relay is tried by itself, by the way that it names', () => {
  const ice = [
    { urls: ['stun:a:3478'] },
    {
      urls: ['turn:a:3478', 'turn:a:3478?transport=tcp', 'turns:a:443?transport=tcp', 'turn:b?transport=udp'],
      username: 'u',
      credential: 'c',
    },
  ];
  const addresses = (['udp', 'tcp', 'tls'] as const).map((way) =>
    relaysBy(way, ice).map(({ urls, username }) => [...urls, username]),
  );
  expect(addresses).toEqual([
    [
      ['turn:a:3478', 'u'],
      ['turn:b?transport=udp', 'u'],
    ],
    [['turn:a:3478?transport=tcp', 'u']],
    [['turns:a:443?transport=tcp', 'u']],
  ]);
});
