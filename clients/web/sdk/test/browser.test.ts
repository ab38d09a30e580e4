/** The media of a call in the distribution's Chromium, with its fake microphone and camera. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import { readReport } from '../src/inspect/read.ts';
import { seriesOf } from '../src/inspect/series.ts';
import { PATIENCE } from './browser/chromium.ts';
import { eachTestOpensBed } from './browser/each-test.ts';
import type { Bed } from './browser/page.ts';

declare const bed: Bed;

let page: Page;

eachTestOpensBed((opened) => {
  page = opened;
});

/** Alice calls, Bob answers, and both are through. */
async function talk(choice: { audio?: boolean; video?: boolean }): Promise<void> {
  await page.evaluate(async (media) => {
    bed.bob.on('incoming', (call) => {
      bed.in = call;
      call.attach(Object.assign(bed.video(), { id: 'bob-sees' }));
      void call.accept(media);
    });
    bed.out = bed.alice.call('bob', media);
    bed.out.attach(Object.assign(bed.video(), { id: 'alice-sees' }));
    await bed.out.state.until((state) => state.type === 'active', { timeoutMs: 15_000 });
    await bed.in.state.until((state) => state.type === 'active', { timeoutMs: 15_000 });
  }, choice);
}

/** Waits until the picture in this element moves. One look may be unlucky: on a busy machine few frames come in half a second. */
async function seesMotion(id: string): Promise<void> {
  const look = (id: string) => bed.motion(document.getElementById(id) as HTMLVideoElement);
  await expect.poll(() => page.evaluate(look, id), PATIENCE).toBeGreaterThan(0.5);
}

describe('a call in a browser', { timeout: 60_000 }, () => {
  it('carries picture and sound both ways, and leaves nothing open behind it', async () => {
    await talk({ video: true });
    const states = await page.evaluate(() => [bed.out.state.value, bed.in.state.value]);
    expect(states).toMatchObject([
      { type: 'active', path: 'direct' },
      { type: 'active', path: 'direct' },
    ]);
    await page.waitForFunction(
      () => bed.out.remote.value.video && bed.in.remote.value.video,
      undefined,
      PATIENCE,
    );
    for (const id of ['alice-sees', 'bob-sees']) await seesMotion(id);
    expect(await page.evaluate(() => bed.peers.length)).toBe(2);
    for (const index of [0, 1]) {
      const hear = (index: number) => bed.level(bed.peers[index] as RTCPeerConnection);
      await expect.poll(() => page.evaluate(hear, index), PATIENCE).toBeGreaterThan(0.01);
    }

    const left = await page.evaluate(() => {
      bed.out.hangup();
      const here = [bed.peers[0]?.connectionState, bed.tracks.slice(0, 2).map((track) => track.readyState)];
      return bed.in.state
        .until((state) => state.type === 'ended')
        .then(() => ({
          here,
          peers: bed.peers.map((peer) => peer.connectionState),
          tracks: bed.tracks.map((track) => track.readyState),
          elements: [...document.querySelectorAll('video')].map((element) => element.srcObject),
        }));
    });
    expect(left).toEqual({
      here: ['closed', ['ended', 'ended']],
      peers: ['closed', 'closed'],
      tracks: ['ended', 'ended', 'ended', 'ended'],
      elements: [null, null],
    });
  });

  it('is noted step by step at both ends, without a password, and opened again as it was', async () => {
    await talk({ video: true });
    // Not before pictures have come: that is the last of the first steps.
    const isThere = () =>
      page.evaluate(async () => {
        const inspections = await Promise.all([bed.out.inspect(), bed.in.inspect()]);
        const reports = inspections.map((inspection) => inspection.report());
        return reports.every(
          ({ steps, figures }) =>
            steps.some(({ what }) => what === 'first-picture') && figures.rows.length >= 3,
        );
      });
    await expect.poll(isThere, PATIENCE).toBe(true);
    const { reports, dump } = await page.evaluate(async () => {
      bed.out.hangup();
      await bed.in.state.until((state) => state.type === 'ended');
      const inspections = await Promise.all([bed.out.inspect(), bed.in.inspect()]);
      return {
        reports: inspections.map((inspection) => inspection.report()),
        dump: await (await bed.out.dump({ personal: true })).text(),
      };
    });
    expect(dump).not.toMatch(/ice-pwd|credential/);
    const order = ['peer-opened', 'gathering', 'offer', 'answer', 'path-found', 'secured', 'first-picture'];
    for (const { steps, peers, figures } of reports) {
      const places = order.map((kind) => steps.findIndex(({ what }) => what === kind));
      // Descriptions and gathering go beside each other; what comes of them follows.
      expect(places).not.toContain(-1);
      expect(places.slice(-3)).toEqual([...places.slice(-3)].sort((one, other) => one - other));
      expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).sort((one, other) => one - other));
      const used = peers.find((peer) => peer.used);
      expect(used?.descriptions.map(({ type }) => type).slice(0, 2)).toEqual(['offer', 'answer']);
      expect(used?.codecs.map(({ mime }) => mime)).toContain('audio/opus');
      expect(used?.pairs.find(({ id }) => id === used.selected)?.state).toBe('succeeded');
      expect(figures.rows.at(-1)?.some((value) => value !== null)).toBe(true);
    }
    const [first] = reports;
    const opened = await readReport(new Blob([dump]));
    expect({ ...opened, madeAt: 0 }).toEqual({ ...first, madeAt: 0 });
    expect(first && seriesOf(opened)).toEqual(first && seriesOf(first));
    expect(opened.steps.at(-1)).toMatchObject({ what: 'ended', detail: 'hangup' });
  });

  it('that began with sound shows a picture as soon as a camera is turned on, without negotiating', async () => {
    await talk({ video: false });
    const before = await page.evaluate(
      () => bed.server.heard.filter(({ message }) => message.type === 'offer').length,
    );
    expect(await page.evaluate(() => bed.in.remote.value.video)).toBe(false);
    await page.evaluate(() => bed.out.local.camera(true));
    await page.waitForFunction(() => bed.in.remote.value.video, undefined, PATIENCE);
    await seesMotion('bob-sees');

    await page.evaluate(() => bed.out.local.camera(false));
    await page.waitForFunction(() => !bed.in.remote.value.video, undefined, PATIENCE);
    const camera = await page.evaluate(() => bed.tracks.find((track) => track.kind === 'video')?.readyState);
    expect(camera).toBe('ended');
    const after = await page.evaluate(
      () => bed.server.heard.filter(({ message }) => message.type === 'offer').length,
    );
    expect(after).toBe(before);
  });

  it('has the same four emoji on both sides, others in the next call, and then who was verified is', async () => {
    const safeties = () =>
      page.evaluate(async () => {
        const both = [bed.out, bed.in].map(({ safety }) =>
          safety.until((value) => value !== null, { timeoutMs: 15_000 }),
        );
        return (await Promise.all(both)).map((value) => ({ ...value }));
      });
    await talk({});
    const [alice, bob] = await safeties();
    expect(alice).toMatchObject({ code: { length: 4 }, status: 'unverified', lasting: true });
    expect(bob).toMatchObject({ code: alice?.code, status: 'unverified', lasting: true });
    const after = await page.evaluate(async () => {
      await bed.out.safety.value?.verify(bed.out.safety.value.code);
      const { value } = bed.out.safety;
      bed.out.hangup();
      await bed.in.state.until((state) => state.type === 'ended');
      return { ...value };
    });
    expect(after).toMatchObject({ code: alice?.code, status: 'verified', lasting: true });
    await talk({});
    const later = await safeties();
    expect(later.map((value) => value?.status)).toEqual(['verified', 'unverified']);
    expect(later[0]?.code).not.toEqual(alice?.code);
  });

  it('does not go on with another certificate that somebody puts into a description in the middle of it', async () => {
    await talk({});
    await page.evaluate(async () => {
      await bed.in.safety.until((value) => value !== null, { timeoutMs: 15_000 });
      bed.server.passOn = (message) => {
        if (message.type !== 'offer') return message;
        const sdp = message.data.sdp.replaceAll(
          /^(a=fingerprint:sha-256 ).*$/gm,
          `$1${Array(32).fill('AB').join(':')}`,
        );
        return { ...message, data: { ...message.data, sdp } };
      };
      dispatchEvent(new Event('online'));
      await bed.in.safety.until((value) => value === null, { timeoutMs: 15_000 });
    });
    const states = await page.evaluate(() => bed.peers.slice(0, 2).map((peer) => peer.connectionState));
    expect(states[1]).toBe('closed');
  });

  it('shares a screen with its sound, beside the camera, without negotiating', async () => {
    await talk({ video: true });
    await page.evaluate(() => {
      // A made-up screen: a picture that changes, and a tone.
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
      const paint = canvas.getContext('2d');
      let shade = 0;
      setInterval(() => {
        shade = (shade + 40) % 256;
        if (paint) paint.fillStyle = `rgb(${shade}, 0, 0)`;
        paint?.fillRect(0, 0, 640, 360);
      }, 100);
      const audio = new AudioContext();
      const tone = audio.createOscillator();
      const out = audio.createMediaStreamDestination();
      tone.connect(out);
      tone.start();
      navigator.mediaDevices.getDisplayMedia = () =>
        Promise.resolve(
          new MediaStream([...canvas.captureStream(10).getVideoTracks(), ...out.stream.getAudioTracks()]),
        );
    });
    const offers = () =>
      page.evaluate(() => bed.server.heard.filter(({ message }) => message.type === 'offer').length);
    const before = await offers();
    const kinds = await page.evaluate(async () => {
      const element = Object.assign(bed.video(), { id: 'bob-sees-screen' });
      bed.in.attach(element, 'screen');
      await bed.out.local.screen(true);
      await bed.in.remote.until(({ screen }) => screen, { timeoutMs: 15_000 });
      const stream = element.srcObject as MediaStream;
      const sound = new AudioContext();
      const analyser = sound.createAnalyser();
      sound.createMediaStreamSource(stream).connect(analyser);
      Object.assign(window, { analyser });
      return stream.getTracks().map(({ kind }) => kind);
    });
    expect(kinds.sort()).toEqual(['audio', 'video']);
    for (const id of ['bob-sees-screen', 'bob-sees']) await seesMotion(id);
    const hearsTone = () => {
      const { analyser } = window as unknown as { analyser: AnalyserNode };
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      return Math.max(...samples) > 0.05;
    };
    await page.waitForFunction(hearsTone, undefined, PATIENCE);
    await page.evaluate(async () => {
      await bed.out.local.screen(false);
      await bed.in.remote.until(({ screen }) => !screen, { timeoutMs: 15_000 });
    });
    expect(await offers()).toBe(before);
  });

  it('of a person who holds it lets go of the microphone and is silent both ways', async () => {
    await talk({ video: true });
    const seen = await page.evaluate(async () => {
      bed.out.hold(true);
      await bed.in.held.until(({ peer }) => peer, { timeoutMs: 15_000 });
      const held = bed.tracks.filter(({ readyState }) => readyState === 'live').length;
      const heard = (document.getElementById('alice-sees') as HTMLVideoElement).srcObject as MediaStream;
      const muted = heard.getTracks().map(({ enabled }) => enabled);
      bed.out.hold(false);
      await bed.in.held.until(({ peer }) => !peer, { timeoutMs: 15_000 });
      await bed.in.remote.until(({ audio, video }) => audio && video, { timeoutMs: 15_000 });
      return { held, muted, state: bed.out.state.value.type };
    });
    // What is left open is the other person's.
    expect(seen).toEqual({ held: 2, muted: [false, false], state: 'active' });
    await seesMotion('bob-sees');
  });

  it('says when the other person mutes', async () => {
    await talk({});
    await page.waitForFunction(() => bed.in.remote.value.audio, undefined, PATIENCE);
    await page.evaluate(() => bed.out.local.mic(false));
    await page.waitForFunction(() => !bed.in.remote.value.audio, undefined, PATIENCE);
    expect(await page.evaluate(() => bed.out.local.state.value)).toMatchObject({
      mic: 'muted',
      camera: 'off',
    });
    await page.evaluate(() => bed.out.local.mic(true));
    await page.waitForFunction(() => bed.in.remote.value.audio, undefined, PATIENCE);
  });

  it('measures the microphone only while somebody looks', async () => {
    await talk({});
    const seen = await page.evaluate(async () => {
      const { level } = bed.out.local;
      const before = level.value;
      const loud = await level.until((value) => value > 0.01, { timeoutMs: 10_000 });
      return { before, loud, after: level.value };
    });
    expect(seen).toEqual({ before: 0, loud: expect.any(Number), after: 0 });
  });

  it('of two people who call each other at once becomes one call', async () => {
    const result = await page.evaluate(async () => {
      const one = bed.alice.call('bob');
      const other = bed.bob.call('alice');
      await one.state.until((state) => state.type === 'active', { timeoutMs: 15_000 });
      await other.state.until((state) => state.type === 'active', { timeoutMs: 15_000 });
      return {
        same: one.id === other.id,
        open: bed.peers.filter((peer) => peer.connectionState !== 'closed').length,
      };
    });
    expect(result).toEqual({ same: true, open: 2 });
  });

  it('finds a new path after the old one is gone', async () => {
    await talk({});
    const seen = await page.evaluate(async () => {
      const states: string[] = [];
      bed.out.state.subscribe((state) => states.push(state.type));
      const offers = () => bed.server.heard.filter(({ message }) => message.type === 'offer').length;
      // The loss is made up, since a page cannot cut its own network; the restart is a real one.
      const [peer] = bed.peers;
      if (!peer) throw new Error('no peer connection');
      Object.defineProperty(peer, 'iceConnectionState', { value: 'failed', configurable: true });
      peer.dispatchEvent(new Event('iceconnectionstatechange'));
      while (offers() < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      Reflect.deleteProperty(peer, 'iceConnectionState');
      await bed.out.state.until((state) => state.type === 'active', { timeoutMs: 15_000 });
      return { states, offers: offers() };
    });
    expect(seen).toEqual({ states: ['active', 'recovering', 'active'], offers: 2 });
  });

  for (const who of ['caller', 'callee'] as const) {
    it(`goes on with a new peer connection when the browser of the ${who} gives DTLS up`, async () => {
      await talk({ video: true });
      await page.evaluate((index) => {
        const dead = bed.peers[index];
        const [sender] = dead?.getSenders() ?? [];
        if (!sender?.transport) throw new Error('no transport');
        // As Firefox does when it cannot send: ICE may well find another path, but DTLS stays dead.
        Object.defineProperty(sender.transport, 'state', { value: 'failed' });
        dead?.dispatchEvent(new Event('connectionstatechange'));
      }, ['caller', 'callee'].indexOf(who));
      await page.waitForFunction(() => bed.peers.length === 4, undefined, PATIENCE);
      await page.evaluate(async () => {
        for (const call of [bed.out, bed.in]) {
          await call.state.until((state) => state.type === 'active', { timeoutMs: 15_000 });
        }
      });
      for (const id of ['alice-sees', 'bob-sees']) await seesMotion(id);
      expect(await page.evaluate(() => bed.peers.map(({ signalingState }) => signalingState))).toEqual([
        'closed',
        'closed',
        'stable',
        'stable',
      ]);
    });
  }

  it('has other emoji on a new peer connection, the same on both sides, and whoever was verified stays so', async () => {
    await talk({});
    const shown = await page.evaluate(async () => {
      /** What both see once it is something else than this. */
      const both = (not = '') =>
        Promise.all(
          [bed.out, bed.in].map(async ({ safety }) => ({
            ...(await safety.until((value) => value !== null && value.code.join('') !== not, {
              timeoutMs: 15_000,
            })),
          })),
        );
      await both();
      await bed.out.safety.value?.verify(bed.out.safety.value.code);
      const before = await both();
      const [dead] = bed.peers;
      const transport = dead?.getSenders()[0]?.transport;
      if (!transport) throw new Error('no transport');
      Object.defineProperty(transport, 'state', { value: 'failed' });
      dead?.dispatchEvent(new Event('connectionstatechange'));
      return { before, after: await both(before[0]?.code?.join('')) };
    });
    const [alice, bob] = shown.after;
    expect(shown.before.map((safety) => safety.status)).toEqual(['verified', 'unverified']);
    expect([alice?.status, bob?.status]).toEqual(['verified', 'unverified']);
    expect(alice?.code).toEqual(bob?.code);
    expect(alice?.code).not.toEqual(shown.before[0]?.code);
  });

  it('goes on without a camera, and without any device', async () => {
    const states = await page.evaluate(async () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));
      bed.bob.on('incoming', (call) => void call.accept({ video: true }));
      bed.out = bed.alice.call('bob', { video: true });
      const states: string[] = [];
      bed.out.state.subscribe((state) => states.push(state.type));
      await bed.out.state.until((state) => state.type === 'active', { timeoutMs: 15_000 });
      const { mic, camera, micError, cameraError } = bed.out.local.state.value;
      const unmuting = await bed.out.local.mic(true).catch((error) => error.code);
      return { states, mic, camera, errors: [micError?.code, cameraError?.code], unmuting };
    });
    expect(states).toEqual({
      states: ['dialing', 'connecting', 'active'],
      mic: 'none',
      camera: 'none',
      errors: ['device-missing', 'device-missing'],
      unmuting: 'device-missing',
    });
  });

  it('tells no address before the other person has answered', async () => {
    const said = await page.evaluate(async () => {
      bed.out = bed.alice.call('bob');
      bed.bob.on('incoming', () => undefined);
      await bed.out.state.until((state) => state.type === 'ringing');
      while (bed.peers[0]?.iceGatheringState !== 'complete')
        await new Promise((resolve) => setTimeout(resolve, 5));
      const found = bed.peers[0].localDescription?.sdp.includes('a=candidate');
      return { found, types: bed.server.heard.map(({ message }) => message.type) };
    });
    expect(said).toEqual({ found: true, types: ['hello', 'hello', 'invite', 'ringing'] });
  });
});
