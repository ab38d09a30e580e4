/** Whether the next call will work: checked by itself, with a look in the mirror, a voice that moves a bar, and a sound. */
import { type Check, type CheckName, ClientError, type RelayState } from '@visavis/client';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { openCamera } from '../../call/camera.ts';
import { keepOpen } from '../../call/keep-open.ts';
import { type Meter, openMeter } from '../../call/microphone.ts';
import { ding } from '../../sound/player.ts';
import '../../style/check.css';
import '../../style/doctor.css';
import { c, checkReport, nameOf, resultOf, sayVerdict, verdictOf } from '../../text/check.ts';
import { d } from '../../text/doctor.ts';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { PageIcon } from '../../ui/page-icons.tsx';
import { PicturesContext } from '../../ui/pictures.ts';
import { useRelayState } from '../../ui/relay-state.ts';
import { CopyReport } from '../copy-report.tsx';

const NETWORK: readonly CheckName[] = ['server', 'relay-udp', 'relay-tcp', 'relay-tls'];
const DEVICES: readonly CheckName[] = ['mic', 'camera', 'speaker'];

interface Props {
  /** A call has the devices. */
  readonly busy: boolean;
}

export function CheckSection({ busy }: Props) {
  const { preflight } = useContext(PicturesContext);
  const [round, setRound] = useState(0);
  const [found, setFound] = useState<readonly Check[]>([]);
  const [done, setDone] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    setFound([]);
    setDone(false);
    preflight({
      checks: busy ? NETWORK : [...NETWORK, ...DEVICES],
      signal,
      progress: (check) => setFound((before) => [...before, check]),
    }).then(
      () => !signal.aborted && setDone(true),
      () => {
        // A part of the page could not be fetched.
        if (signal.aborted) return;
        setFound([{ name: 'server', ms: 0, error: new ClientError('server-unreachable') }]);
        setDone(true);
      },
    );
    return () => stop.abort();
  }, [round, busy]);

  // From here a relay that is down looks like one that is blocked.
  const relay = useRelayState(done && verdictOf(found).key === 'check.relay-down');
  const works = (name: CheckName) => found.some((check) => check.name === name && !check.error);
  return (
    <div class="check">
      <p class="section-hint">{c('check.lead')}</p>
      <Result found={done ? found : null} relay={relay} />
      <Mirror
        key={round}
        busy={busy}
        camera={!busy && works('camera')}
        mic={!busy && works('mic')}
        waiting={!done}
      />
      <ul class="card" aria-label={c('check.list')}>
        {[...NETWORK, ...DEVICES].map((name) => (
          <Row
            key={name}
            name={name}
            check={found.find((check) => check.name === name)}
            done={done}
            skipped={busy && DEVICES.includes(name)}
          />
        ))}
      </ul>
      <div class="check-tools">
        <a class="button button-primary" href="#/" data-testid="check-call">
          <Icon name="phone" size={20} />
          {c('check.call')}
        </a>
        <button
          type="button"
          class="button button-quiet"
          data-testid="check-again"
          disabled={!done}
          onClick={() => setRound(round + 1)}
        >
          {c('check.again')}
        </button>
        {done && <CopyReport report={() => checkReport(found, new Date(), navigator.userAgent, relay)} />}
      </div>
    </div>
  );
}

interface ResultProps {
  readonly found: readonly Check[] | null;
  readonly relay: RelayState | undefined;
}

/** One sentence, and what the administrator can do. */
function Result({ found, relay }: ResultProps) {
  const verdict = found && verdictOf(found, relay);
  return (
    <div class="check-result" role="status" data-tone={verdict?.tone ?? 'running'} data-testid="check-result">
      {verdict && <Icon name={verdict.tone === 'good' ? 'verified' : 'warning'} size={24} />}
      <div>
        <p class="check-verdict" data-testid="check-verdict">
          {verdict ? sayVerdict(verdict) : c('check.running')}
        </p>
        {verdict?.fix && (
          <p class="doctor-fix" data-testid="check-fix">
            <strong>{d('doctor.admin')}</strong> {d(verdict.fix)}
          </p>
        )}
      </div>
    </div>
  );
}

const ICONS: Readonly<Record<CheckName, IconName>> = {
  server: 'link',
  'relay-udp': 'swap',
  'relay-tcp': 'swap',
  'relay-tls': 'lock',
  mic: 'mic',
  camera: 'video',
  speaker: 'sound',
};

interface RowProps {
  readonly name: CheckName;
  readonly check: Check | undefined;
  readonly done: boolean;
  readonly skipped: boolean;
}

function Row({ name, check, done, skipped }: RowProps) {
  const state = check ? (check.error ? 'bad' : 'good') : done || skipped ? 'absent' : 'running';
  // A way may not be offered; a device is missing here where the checks themselves could not be had.
  const missing = DEVICES.includes(name) ? 'check.unchecked' : 'check.absent';
  const said = check ? resultOf(check) : c(skipped ? 'check.skipped' : done ? missing : 'check.running');
  return (
    <li class="setting" data-testid={`check-${name}`} data-state={state}>
      <Icon name={ICONS[name]} size={22} />
      <div class="setting-text">
        <p class="setting-label">{nameOf(name)}</p>
        <p class="setting-hint">{said}</p>
      </div>
      {name === 'speaker' && !skipped && (
        <button type="button" class="button button-quiet check-ding" onClick={() => void ding()}>
          {c('check.ding')}
        </button>
      )}
      {check && (
        <span class="check-mark" role="img" aria-label={c(check.error ? 'check.fails' : 'check.works')}>
          {check.error ? <Icon name="close" size={20} /> : <PageIcon name="check" size={20} />}
        </span>
      )}
    </li>
  );
}

interface MirrorProps {
  readonly busy: boolean;
  /** They work: then they are opened to be looked at, until the page is left. */
  readonly camera: boolean;
  readonly mic: boolean;
  readonly waiting: boolean;
}

function Mirror({ busy, camera, mic, waiting }: MirrorProps) {
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [meter, setMeter] = useState<Meter | null>(null);
  const video = useRef<HTMLVideoElement>(null);
  // What could not be opened is said by its check.
  const refuse = () => undefined;
  useEffect(() => (camera ? keepOpen(openCamera, setStream, refuse) : undefined), [camera]);
  useEffect(() => (mic ? keepOpen(openMeter, setMeter, refuse) : undefined), [mic]);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return (
    <section class="check-mirror" aria-label={c('check.mirror')}>
      {stream ? (
        <video ref={video} class="check-video" autoplay muted playsInline data-testid="check-video" />
      ) : (
        <p class="check-mirror-hint">
          {c(busy ? 'check.mirror.busy' : waiting ? 'check.mirror.wait' : 'check.mirror.none')}
        </p>
      )}
      {meter && <Level meter={meter} />}
    </section>
  );
}

function Level({ meter }: { readonly meter: Meter }) {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setLevel(meter.level()), 80);
    return () => clearInterval(timer);
  }, [meter]);
  return (
    <div class="check-level">
      <Icon name="mic" size={20} />
      <meter min={0} max={1} value={level} aria-label={c('check.level')} data-testid="check-level" />
    </div>
  );
}
