/** Somebody without an account: who invites, a name, a look in the mirror, and one button. */
import type { ClientError } from '@visavis/client';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { openCamera } from '../call/camera.ts';
import { keepOpen } from '../call/keep-open.ts';
import { type Meter, openMeter } from '../call/microphone.ts';
import type { Send } from '../model/message.ts';
import type { Model, Page } from '../model/model.ts';
import '../style/guest.css';
import { deviceMessage } from '../text/device.ts';
import { say, t } from '../text/language.ts';
import { p } from '../text/pages.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';
import { Wordmark } from '../ui/logo.tsx';
import { Preferences } from '../ui/preferences.tsx';
import { FormProblem } from './form-problem.tsx';
import { LinkStatus } from './link-status.tsx';

type PageOf<Type extends Page['type']> = Extract<Page, { type: Type }>;

/** What a guest was called last time, so that a second knock is one press. */
const NAME = 'visavis.guest-name';

/** Before the knock. */
export function GuestDoor({ page, send }: { readonly page: PageOf<'guest-door'>; readonly send: Send }) {
  const { link } = page;
  switch (link.type) {
    case 'checking':
      return (
        <GuestFrame>
          <p class="lead" role="status">
            {p('guest.checking')}
          </p>
        </GuestFrame>
      );
    case 'closed':
      return (
        <GuestFrame>
          <div class="guest-note" role="alert" data-testid="guest-closed">
            <h1>{p('guest.closed.title')}</h1>
            <p class="lead">{p('guest.closed.text')}</p>
            {page.me && (
              <button type="button" class="button button-quiet" onClick={() => send({ type: 'to-sign-in' })}>
                {p('guest.to-home')}
              </button>
            )}
          </div>
        </GuestFrame>
      );
    case 'valid':
      return <Door page={page} invitation={link.invitation} send={send} />;
  }
}

interface DoorProps {
  readonly page: PageOf<'guest-door'>;
  readonly invitation: { readonly host_name: string; readonly label: string; readonly video: boolean };
  readonly send: Send;
}

function Door({ page, invitation, send }: DoorProps) {
  const { host_name, label, video } = invitation;
  const [name, setName] = useState(localStorage.getItem(NAME) ?? '');
  const [camera, setCamera] = useState(video);
  const submit = (event: Event) => {
    event.preventDefault();
    const given = name.trim();
    if (given === '') return;
    localStorage.setItem(NAME, given);
    send({ type: 'knock', name: given, video: camera });
  };
  const account = page.me && !page.me.guest ? page.me : null;
  return (
    <GuestFrame>
      <form class="guest-door" onSubmit={submit} data-testid="guest-door">
        <div class="guest-host">
          <Avatar id={host_name} name={host_name} size="large" />
          <h1>{p('guest.title', { host: host_name })}</h1>
          {label !== '' && <p class="lead">{label}</p>}
        </div>
        <Mirror camera={camera} onCamera={setCamera} />
        <div class="field">
          <label for="guest-name">{p('guest.name')}</label>
          <input
            id="guest-name"
            class="input"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            autocomplete="name"
            maxLength={64}
            required
            data-testid="guest-name"
          />
        </div>
        <FormProblem form={page.form} />
        <button
          type="submit"
          class="button button-primary guest-knock"
          disabled={page.form.type === 'sending'}
          data-testid="guest-knock"
        >
          {p('guest.knock')}
        </button>
        <p class="hint">{p('guest.hint', { host: host_name })}</p>
        {account && (
          <p class="hint" role="note" data-testid="guest-account">
            {p('guest.account', { name: account.name })}{' '}
            <button type="button" class="text-button" onClick={() => send({ type: 'to-sign-in' })}>
              {p('guest.to-home')}
            </button>
          </p>
        )}
      </form>
    </GuestFrame>
  );
}

/** After the first knock: beneath the call, and between two. */
export function GuestInside({
  model,
  page,
  send,
}: {
  readonly model: Model;
  readonly page: PageOf<'guest'>;
  readonly send: Send;
}) {
  const { guest, me, over, asks } = page;
  const [camera, setCamera] = useState(guest.video);
  const busy = model.call !== null && model.call.state.type !== 'ended';
  if (over) {
    return (
      <GuestFrame>
        <div class="guest-note" role="status" data-testid="guest-over">
          <h1>{p('guest.over.title')}</h1>
          <p class="lead">{p('guest.over.text', { host: guest.host_name })}</p>
        </div>
      </GuestFrame>
    );
  }
  if (asks && !busy) {
    return (
      <GuestFrame>
        <div class="guest-door" data-testid="guest-asks">
          <div class="guest-host">
            <Avatar id={me.name} name={me.display_name} size="large" />
            <h1>{p('guest.you-are', { name: me.display_name })}</h1>
            <p class="lead">{p('guest.you-are.text', { name: me.display_name, host: guest.host_name })}</p>
          </div>
          <button
            type="button"
            class="button button-primary guest-knock"
            data-testid="guest-is-me"
            onClick={() => send({ type: 'guest-is-me' })}
          >
            {p('guest.you-are.yes')}
          </button>
          <button
            type="button"
            class="button button-quiet"
            data-testid="guest-not-me"
            onClick={() => {
              localStorage.removeItem(NAME);
              send({ type: 'leave-as-guest' });
            }}
          >
            {p('guest.you-are.no')}
          </button>
        </div>
      </GuestFrame>
    );
  }
  return (
    <GuestFrame status={<LinkStatus link={model.link} />}>
      <div class="guest-door" data-testid="guest-inside">
        <div class="guest-host">
          <Avatar id={guest.host_name} name={guest.host_name} size="large" />
          <h1>{p('guest.inside', { name: me.display_name })}</h1>
          <p class="lead">{p('guest.inside.text', { host: guest.host_name })}</p>
        </div>
        {!busy && <Mirror camera={camera} onCamera={setCamera} />}
        <button
          type="button"
          class="button button-primary guest-knock"
          data-testid="guest-again"
          onClick={() => send({ type: 'knock', name: me.display_name, video: camera })}
        >
          {p('guest.again')}
        </button>
        <button
          type="button"
          class="button button-quiet"
          data-testid="guest-leave"
          onClick={() => send({ type: 'leave-as-guest' })}
        >
          {p('guest.leave')}
        </button>
      </div>
    </GuestFrame>
  );
}

interface FrameProps {
  readonly status?: ComponentChildren;
  readonly children: ComponentChildren;
}

function GuestFrame({ status, children }: FrameProps) {
  return (
    <div class="guest">
      <header class="guest-top">
        <Wordmark />
        {status}
        <div class="guest-tools">
          <Preferences />
        </div>
      </header>
      <main class="guest-main">{children}</main>
    </div>
  );
}

interface MirrorProps {
  readonly camera: boolean;
  readonly onCamera: (on: boolean) => void;
}

/** What the host will see and hear. Nothing is opened before it is asked for, and all of it is closed on leaving. */
function Mirror({ camera, onCamera }: MirrorProps) {
  const [checking, setChecking] = useState(false);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [meter, setMeter] = useState<Meter | null>(null);
  const [problem, setProblem] = useState<ClientError | null>(null);
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    if (!checking || !camera) return;
    return keepOpen(openCamera, setStream, setProblem);
  }, [checking, camera]);
  useEffect(() => {
    if (!checking) return;
    return keepOpen(openMeter, setMeter, setProblem);
  }, [checking]);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);

  return (
    <section class="mirror" aria-label={p('mirror')}>
      {stream && <video ref={video} class="mirror-video" autoplay muted playsInline />}
      {!stream && (
        <p class="mirror-hint" role="status">
          {problem ? say(deviceMessage(problem, 'mic')) : p(camera ? 'mirror.hint' : 'mirror.voice')}
        </p>
      )}
      <div class="mirror-tools">
        <button
          type="button"
          class="mirror-button"
          aria-pressed={camera}
          data-testid="guest-camera"
          onClick={() => onCamera(!camera)}
        >
          <Icon name={camera ? 'video' : 'video-off'} size={20} />
          {t('call.camera')}
        </button>
        {checking ? (
          <Level meter={meter} />
        ) : (
          <button
            type="button"
            class="mirror-button"
            data-testid="guest-check"
            onClick={() => {
              setProblem(null);
              setChecking(true);
            }}
          >
            <Icon name="mic" size={20} />
            {p('mirror.check')}
          </button>
        )}
      </div>
    </section>
  );
}

/** A bar that moves with one's voice. */
function Level({ meter }: { readonly meter: Meter | null }) {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    if (!meter) return;
    const timer = setInterval(() => setLevel(meter.level()), 80);
    return () => clearInterval(timer);
  }, [meter]);
  return (
    <div class="mirror-level">
      <Icon name={meter ? 'mic' : 'mic-off'} size={20} />
      <meter min={0} max={1} value={level} aria-label={p('mirror.level')} data-testid="guest-level" />
    </div>
  );
}
