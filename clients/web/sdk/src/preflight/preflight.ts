/**
 * The checks before a call: each by itself and all at once, within `LIMIT_MS`, and nothing is open afterwards. A page fetches
 * this when it is first wanted.
 */
import { ClientError } from '../client-error.ts';
import type { Driver } from '../driver.ts';
import type { MediaSettings } from '../media/call-media.ts';
import type { Captured, Constraints } from '../media/capture.ts';
import type { IceServer, ServerMessage } from '../protocol.ts';
import type { LinkState, Readable } from '../public.ts';
import { CHECKS, type Check, type CheckName, type Finding, type PreflightOptions } from './check.ts';
import { checkCamera, checkMic, checkSpeaker, open } from './devices.ts';
import { checkRelays, relaysBy, type Way } from './relay.ts';

/** What is checked of the client. */
export interface Checked {
  readonly link: Readable<LinkState>;
  /** What the server said last. */
  readonly heard: Readable<ServerMessage | null>;
  /** The relays, with credentials that are good now. */
  ice(): readonly IceServer[];
  /** Asks the server for a sign of life, or tries to reach it at once. */
  probe(): void;
  /** What to ask of microphone and camera. */
  constraints(): Constraints;
}

/** The parts of a client. */
export interface Parts extends Pick<Checked, 'heard'> {
  readonly driver: Pick<Driver, 'link' | 'ice' | 'probe'>;
  readonly settings: Pick<MediaSettings, 'audio' | 'video' | 'list'>;
}

/** For all of them, not counting the time in which the browser asks its user for microphone and camera. */
const LIMIT_MS = 8_000;
const SERVER_MS = 5_000;
const WAYS: readonly Way[] = ['udp', 'tcp', 'tls'];

/** The checks of a client. */
export function preflightOf(
  { driver, heard, settings }: Parts,
  options: PreflightOptions,
): Promise<readonly Check[]> {
  const { audio, video, list } = settings;
  const prefer = (role: 'mic' | 'camera') => {
    const id = list.chosen(role);
    return id === undefined ? {} : { deviceId: { ideal: id } };
  };
  const checked: Checked = {
    link: driver.link,
    heard,
    ice: () => driver.ice,
    probe: () => driver.probe(),
    constraints: () => ({ audio: { ...audio, ...prefer('mic') }, video: { ...video, ...prefer('camera') } }),
  };
  return preflight(checked, options);
}

export async function preflight(checked: Checked, options: PreflightOptions): Promise<readonly Check[]> {
  const { signal, progress } = options;
  const wanted = new Set<CheckName>(options.checks ?? CHECKS);
  const end = new AbortController();
  const abort = () => end.abort();
  const limit = setTimeout(abort, LIMIT_MS);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  const done: Check[] = [];
  const run = async (name: CheckName, look: () => Promise<Finding>) => {
    if (!wanted.has(name)) return;
    const check = await timed(name, look);
    if (signal?.aborted) return;
    done.push(check);
    progress?.(check);
  };
  try {
    await Promise.all([
      run('server', () => checkServer(checked, end.signal)),
      relays(checked, end.signal, run),
      devices(checked, wanted, signal, run),
      run('speaker', () => checkSpeaker(end.signal)),
    ]);
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener('abort', abort);
  }
  if (signal?.aborted) throw new ClientError('aborted', 'preflight: stopped', { cause: signal.reason });
  return done.sort((one, other) => CHECKS.indexOf(one.name) - CHECKS.indexOf(other.name));
}

type Run = (name: CheckName, look: () => Promise<Finding>) => Promise<void>;

async function timed(name: CheckName, look: () => Promise<Finding>): Promise<Check> {
  const begun = performance.now();
  const ms = () => performance.now() - begun;
  try {
    const finding = await look();
    return { name, ms: ms(), ...finding };
  } catch (cause) {
    const error =
      cause instanceof ClientError ? cause : new ClientError('unsupported-browser', String(cause), { cause });
    return { name, ms: ms(), error };
  }
}

async function checkServer({ link, heard, probe }: Checked, signal: AbortSignal): Promise<Finding> {
  const { value } = link;
  if (value.type === 'connecting') probe();
  try {
    await link.until(({ type }) => type !== 'connecting', { signal, timeoutMs: SERVER_MS });
    offline(link.value);
    const before = heard.value;
    const asked = performance.now();
    probe();
    const isAnswer = (message: ServerMessage | null) => message !== before && message?.type === 'pong';
    await heard.until(isAnswer, { signal, timeoutMs: SERVER_MS });
    return { ms: performance.now() - asked };
  } catch (cause) {
    if (cause instanceof ClientError && cause.code !== 'timeout' && cause.code !== 'aborted') throw cause;
    throw new ClientError('server-unreachable', 'the server does not answer', { cause });
  }
}

function offline(link: LinkState): void {
  if (link.type !== 'offline') return;
  const code =
    link.reason === 'closed' ? 'wrong-state' : link.reason === 'incompatible' ? 'protocol' : link.reason;
  throw new ClientError(code, `offline: ${link.reason}`);
}

/** By every way that the server offers. */
async function relays({ link, ice }: Checked, signal: AbortSignal, run: Run): Promise<void> {
  if (ice().length === 0) {
    // Only the server knows them, and that it is not there is told by the check of it.
    await link.until(({ type }) => type !== 'connecting', { signal }).catch(() => {});
  }
  await Promise.all(
    WAYS.map(async (way) => {
      const offered = relaysBy(way, ice());
      if (offered.length > 0) await run(`relay-${way}`, () => checkRelays(offered, signal));
    }),
  );
}

/** With one question to the user for both. */
async function devices(
  { constraints }: Checked,
  wanted: ReadonlySet<CheckName>,
  signal: AbortSignal | undefined,
  run: Run,
): Promise<void> {
  const both = { audio: wanted.has('mic'), video: wanted.has('camera') };
  if (!both.audio && !both.video) return;
  const stop = new AbortController();
  const opened = open(both, constraints());
  // Whoever answers the question after all of it was stopped must not leave anything on.
  void opened.then(({ mic, camera }) => stop.signal.aborted && release(mic, camera));
  const abort = () => stop.abort();
  signal?.addEventListener('abort', abort);
  const stopped = new Promise<null>((resolve) => {
    if (signal?.aborted) resolve(null);
    signal?.addEventListener('abort', () => resolve(null));
  });
  const captured = await Promise.race([opened, stopped]);
  if (captured) {
    const { mic, camera } = captured;
    await Promise.all([
      run('mic', () => working(mic, (track) => checkMic(track, stop.signal))),
      run('camera', () => working(camera, (track) => checkCamera(track, stop.signal))),
    ]);
    release(mic, camera);
  }
  stop.abort();
  signal?.removeEventListener('abort', abort);
}

function working(
  device: Captured['mic'],
  look: (track: MediaStreamTrack) => Promise<Finding>,
): Promise<Finding> {
  if (device instanceof ClientError) return Promise.reject(device);
  return device ? look(device) : Promise.resolve({});
}

function release(...devices: readonly Captured['mic'][]): void {
  for (const device of devices) if (device && !(device instanceof ClientError)) device.stop();
}
