// The bed proves itself: each probe is shown to fail where it must, so that its passing elsewhere means something.
import { type Browser, expect, type Page, test } from '@playwright/test';
import { dropUdp } from '../bed/filter.ts';
import { leftOpen, noteWhen, opened, whenSeen } from '../bed/leaks.ts';
import { loudness, MOVES, motion, SOUNDS, selectedPath, watchFrames } from '../bed/media.ts';
import { installProbes } from '../bed/probes.ts';

test.afterEach(async ({ browser }) => {
  for (const context of browser.contexts()) await context.close();
});

/** Two plain pages with one peer connection each; the test itself carries offer, answer and candidates. */
async function plainCall(browser: Browser): Promise<[Page, Page]> {
  const pages: Page[] = [];
  for (let index = 0; index < 2; index++) {
    const context = await browser.newContext();
    await installProbes(context);
    // Any secure origin will do: nothing is fetched.
    await context.route('http://localhost/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<video id="remote" autoplay playsinline></video>' }),
    );
    const page = await context.newPage();
    await page.goto('http://localhost/');
    await page.evaluate(async () => {
      const peer = new RTCPeerConnection();
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      for (const track of stream.getTracks()) peer.addTrack(track, stream);
      peer.addEventListener('track', ({ streams }) => {
        const video = document.querySelector('video');
        if (video) video.srcObject = streams[0] ?? null;
      });
      Object.assign(window, { peer, stream });
    });
    pages.push(page);
  }
  const [a, b] = pages as [Page, Page];
  const local = (page: Page, set: string): Promise<RTCSessionDescriptionInit> =>
    page.evaluate(async (set) => {
      const { peer } = window as unknown as { peer: RTCPeerConnection };
      if (set) await peer.setRemoteDescription(JSON.parse(set));
      await peer.setLocalDescription();
      await new Promise<void>((resolve) => {
        if (peer.iceGatheringState === 'complete') resolve();
        peer.addEventListener('icegatheringstatechange', () => {
          if (peer.iceGatheringState === 'complete') resolve();
        });
      });
      if (!peer.localDescription) throw new Error('no local description');
      return peer.localDescription.toJSON();
    }, set);
  const offer = await local(a, '');
  const answer = await local(b, JSON.stringify(offer));
  await a.evaluate(
    (answer) => (window as unknown as { peer: RTCPeerConnection }).peer.setRemoteDescription(answer),
    answer,
  );
  for (const page of pages) {
    await expect
      .poll(() => page.evaluate(() => document.querySelector('video')?.videoWidth ?? 0))
      .toBeGreaterThan(0);
  }
  return [a, b];
}

const tracks = (page: Page, kind: 'audio' | 'video', enabled: boolean): Promise<void> =>
  page.evaluate(
    ([kind, enabled]) => {
      const { stream } = window as unknown as { stream: MediaStream };
      for (const track of stream.getTracks()) if (track.kind === kind) track.enabled = enabled;
    },
    [kind, enabled] as const,
  );

test('a live video moves and a dead one does not', async ({ browser }) => {
  const [a, b] = await plainCall(browser);
  const remote = b.locator('#remote');
  await expect.poll(() => motion(remote)).toBeGreaterThan(MOVES);
  await tracks(a, 'video', false);
  await expect.poll(() => motion(remote)).toBe(0);
});

test('a microphone is heard and a muted one is silent', async ({ browser }) => {
  const [a, b] = await plainCall(browser);
  const remote = b.locator('#remote');
  await expect.poll(() => loudness(remote)).toBeGreaterThan(SOUNDS);
  await tracks(a, 'audio', false);
  await expect.poll(() => loudness(remote)).toBeLessThan(SOUNDS / 10);
});

test('a call of two pages in one network goes directly', async ({ browser }) => {
  const [a] = await plainCall(browser);
  await expect.poll(() => selectedPath(a)).toMatchObject({ local: 'host', relayProtocol: undefined });
});

test('a track left running and a peer connection left open are found', async ({ browser }) => {
  const [a, b] = await plainCall(browser);
  const before = await opened(a);
  expect(before.tracks.map((track) => track.kind).sort()).toEqual(['audio', 'audio', 'video', 'video']);
  expect(before.peers).toHaveLength(1);

  // A page that forgets its camera.
  await noteWhen(a, '.ended');
  await a.evaluate(() => {
    const { peer, stream } = window as unknown as { peer: RTCPeerConnection; stream: MediaStream };
    document.body.className = 'ended';
    peer.close();
    for (const track of stream.getAudioTracks()) track.stop();
  });
  const forgot = leftOpen(await opened(a), (await whenSeen(a)) ?? Number.NaN);
  expect(forgot.peers).toEqual([]);
  expect(forgot.tracks.map((track) => track.kind)).toEqual(['video']);

  // A page that is late.
  await noteWhen(b, '.ended');
  await b.evaluate(async () => {
    const { peer, stream } = window as unknown as { peer: RTCPeerConnection; stream: MediaStream };
    document.body.className = 'ended';
    for (const track of stream.getTracks()) track.stop();
    await new Promise((resolve) => setTimeout(resolve, 400));
    peer.close();
  });
  const late = leftOpen(await opened(b), (await whenSeen(b)) ?? Number.NaN);
  expect(late.peers).toHaveLength(1);
  // What came from the other side ends only with the peer connection.
  expect(late.tracks).toHaveLength(2);
});

test('a page that ends everything at once leaves nothing', async ({ browser }) => {
  const [a] = await plainCall(browser);
  await noteWhen(a, '.ended');
  await a.evaluate(() => {
    const { peer, stream } = window as unknown as { peer: RTCPeerConnection; stream: MediaStream };
    document.body.className = 'ended';
    for (const track of stream.getTracks()) track.stop();
    peer.close();
  });
  expect(leftOpen(await opened(a), (await whenSeen(a)) ?? Number.NaN)).toEqual({ tracks: [], peers: [] });
});

test('a pause of the media is seen as a window without frames', async ({ browser }) => {
  const [, b] = await plainCall(browser);
  await expect.poll(() => motion(b.locator('#remote'))).toBeGreaterThan(MOVES);
  const running = await watchFrames(b, 300);
  await b.waitForTimeout(2000);
  const before = await running.stop();
  expect(Math.min(...before)).toBeGreaterThan(0);

  const pausing = await watchFrames(b, 300);
  const lift = dropUdp();
  await b.waitForTimeout(1500);
  lift();
  expect(await pausing.stop()).toContain(0);
});
