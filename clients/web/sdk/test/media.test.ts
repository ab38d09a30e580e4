import { afterEach, describe, expect, it, vi } from 'vitest';

import { ClientError } from '../src/client-error.ts';
import { CandidateBatch, EarlyCandidates } from '../src/media/candidates.ts';
import { capture } from '../src/media/capture.ts';
import { explain } from '../src/media/refusal.ts';
import { fetchTicket, socketUrl } from '../src/page/address.ts';
import { browserName } from '../src/page/device.ts';

const CONSTRAINTS = { audio: {}, video: {} };

afterEach(() => vi.unstubAllGlobals());

function failure(name: string, message = ''): Error {
  return Object.assign(new Error(message), { name });
}

function track(kind: string): { kind: string } {
  return { kind };
}

/** A browser whose devices answer so; an error is a refusal. */
function devices(answers: {
  readonly audio: unknown;
  readonly video: unknown;
  readonly both?: unknown;
}): string[] {
  const asked: string[] = [];
  const getUserMedia = (wanted: { audio?: object; video?: object }) => {
    const what = wanted.audio && wanted.video ? 'both' : wanted.audio ? 'audio' : 'video';
    asked.push(what);
    const answer = answers[what];
    if (answer instanceof Error) return Promise.reject(answer);
    const tracks = what === 'both' ? [track('audio'), track('video')] : [track(what)];
    const of = (kind: string) => tracks.filter((one) => one.kind === kind);
    return Promise.resolve({
      getTracks: () => tracks,
      getAudioTracks: () => of('audio'),
      getVideoTracks: () => of('video'),
    });
  };
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
  return asked;
}

describe('capturing', () => {
  it('asks once for microphone and camera', async () => {
    const asked = devices({ audio: true, video: true });
    expect(await capture({ audio: true, video: true }, CONSTRAINTS)).toEqual({
      mic: track('audio'),
      camera: track('video'),
    });
    expect(asked).toEqual(['both']);
  });

  it('goes on with sound alone when there is no camera', async () => {
    const missing = failure('NotFoundError');
    devices({ audio: true, video: missing, both: missing });
    const { mic, camera } = await capture({ audio: true, video: true }, CONSTRAINTS);
    expect(mic).toEqual(track('audio'));
    expect(camera).toMatchObject({ code: 'device-missing', device: 'camera', retryable: true });
  });

  it('does not ask again after a refusal', async () => {
    const denied = failure('NotAllowedError', 'Permission denied');
    const asked = devices({ audio: denied, video: denied, both: denied });
    const { mic, camera } = await capture({ audio: true, video: true }, CONSTRAINTS);
    expect([mic, camera]).toMatchObject([
      { code: 'permission-denied', device: 'mic' },
      { code: 'permission-denied', device: 'camera' },
    ]);
    expect(asked).toEqual(['both']);
  });

  it('names an insecure page', async () => {
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('isSecureContext', false);
    const { mic } = await capture({ audio: true, video: false }, CONSTRAINTS);
    expect(mic).toMatchObject({ code: 'insecure-context', device: 'mic' });
  });

  it.each([
    ['NotAllowedError', 'Permission denied', 'permission-denied'],
    ['NotAllowedError', 'Permission dismissed', 'permission-dismissed'],
    ['SecurityError', '', 'permission-denied'],
    ['NotFoundError', '', 'device-missing'],
    ['OverconstrainedError', '', 'device-missing'],
    ['NotReadableError', '', 'device-busy'],
    ['AbortError', '', 'device-busy'],
    ['TypeError', '', 'device-busy'],
  ])('explains %s "%s" as %s', (name, message, code) => {
    const cause = failure(name, message);
    const error = explain(cause, 'mic');
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code, device: 'mic', cause });
  });
});

describe('candidates', () => {
  const found = (candidate: string) =>
    ({ candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }) as RTCIceCandidate;

  it('on their way out wait for their description and then go in small batches', () => {
    vi.useFakeTimers();
    const told: unknown[] = [];
    const batch = new CandidateBatch((candidates) =>
      told.push(candidates?.map(({ candidate }) => candidate) ?? null),
    );
    batch.push(found('a'));
    batch.flow(false);
    batch.push(found('b'));
    batch.push(found('c'));
    batch.push(found(''));
    vi.advanceTimersByTime(29);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    batch.push(found('d'));
    batch.push(null);
    expect(told).toEqual([['b', 'c'], ['d'], null]);
    vi.useRealTimers();
  });

  it('that were all found before the description was told are over at once', () => {
    const told: unknown[] = [];
    const batch = new CandidateBatch((candidates) => told.push(candidates));
    batch.push(found('a'));
    batch.push(null);
    batch.flow(true);
    expect(told).toEqual([null]);
  });

  it('on their way in wait for the description they belong to', () => {
    const early = new EarlyCandidates();
    const old = { candidate: 'a', usernameFragment: 'old' };
    const next = { candidate: 'b', usernameFragment: 'next' };
    const any = { candidate: 'c' };
    early.push([old, next, any]);
    expect(early.take('v=0\r\na=ice-ufrag:old\r\n')).toEqual([old, any]);
    expect(early.take('v=0\r\na=ice-ufrag:next\r\n')).toEqual([next]);
  });
});

describe('the server', () => {
  it.each([
    ['https://calls.example.org/app/?x=1', 'wss://calls.example.org/ws'],
    ['http://localhost:8080', 'ws://localhost:8080/ws'],
    ['wss://calls.example.org/elsewhere', 'wss://calls.example.org/elsewhere'],
  ])('given as %s has its socket at %s', (given, socket) => {
    expect(socketUrl(given)).toBe(socket);
  });

  it('gives a ticket to whoever is signed in', async () => {
    const asked: [string, string | undefined][] = [];
    const answer = (status: number, body: unknown) =>
      vi.stubGlobal('fetch', (address: URL, { method }: RequestInit) => {
        asked.push([address.href, method]);
        return Promise.resolve(new Response(JSON.stringify(body), { status }));
      });
    answer(200, { ticket: 'tkt', expires_in_ms: 30_000 });
    expect(await fetchTicket('wss://calls.example.org/ws')).toBe('tkt');
    expect(asked).toEqual([['https://calls.example.org/api/ticket', 'POST']]);
    answer(401, {});
    await expect(fetchTicket('wss://calls.example.org/ws')).rejects.toMatchObject({ code: 'signed-out' });
    answer(503, {});
    await expect(fetchTicket('wss://calls.example.org/ws')).rejects.toMatchObject({
      code: 'server-unreachable',
    });
    answer(200, {});
    await expect(fetchTicket('wss://calls.example.org/ws')).rejects.toMatchObject({ code: 'protocol' });
  });
});

describe('the device', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36',
      'Chrome on Linux',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0',
      'Edge on Windows',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605 Version/26.0 Safari/604',
      'Safari on iOS',
    ],
    [
      'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    ['curl/8', 'Browser'],
  ])('%s is called %s', (userAgent, name) => {
    expect(browserName(userAgent)).toBe(name);
  });
});
