/** A call that has the whole screen, from dialling to its end. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import type { Around } from '../text/status.ts';
import { later } from '../ui/later.tsx';
import { Beside } from './beside.tsx';
import { Controls } from './controls.tsx';
import { EndedScreen } from './ended.tsx';
import { Identity } from './identity.tsx';
import { useQuietControls } from './quiet-controls.ts';
import { RemotePicture, RemoteScreen } from './remote-picture.tsx';
import { SelfPicture } from './self-picture.tsx';

/** Fetched when a call begins, so that it is there when the server is not. */
const CallMenu = later(async () => (await import('./call-menu.tsx')).CallMenu);

interface Props {
  readonly call: CallModel;
  /** Those on hold beside it. */
  readonly beside: readonly CallModel[];
  /** Another device of this user carries it. */
  readonly goesOn: boolean;
  readonly around: Around;
  readonly send: Send;
}

/** The stage is dark in both themes: the picture is what one looks at. */
export function CallScreen({ call, beside, goesOn, around, send }: Props) {
  if (call.state.type === 'ended') {
    return <EndedScreen call={call} ended={call.state} goesOn={goesOn} send={send} />;
  }
  return <Stage call={call} beside={beside} around={around} send={send} />;
}

function Stage({ call, beside, around, send }: Omit<Props, 'goesOn'>) {
  const stage = useRef<HTMLDivElement>(null);
  const [menuOpen, setMenuOpen] = useState(false);
  const closeMenu = useCallback(() => setMenuOpen(false), []);
  const picture = showsPicture(call);
  const screen = picture && call.remote.screen;
  const { shown, handlers } = useQuietControls(stage, picture && call.state.type === 'active' && !menuOpen);
  // Whoever called by keyboard goes on by keyboard from here.
  useEffect(() => stage.current?.focus(), []);
  useEffect(() => CallMenu.fetch(), []);
  return (
    <main
      ref={stage}
      class="stage"
      data-testid="call-screen"
      data-state={call.state.type}
      data-held={heldBy(call)}
      data-picture={picture}
      data-controls={shown ? 'shown' : 'hidden'}
      tabIndex={-1}
      {...handlers}
    >
      {screen && <RemoteScreen call={call} />}
      <RemotePicture call={call} shown={picture && call.remote.video} small={screen} />
      {call.local.camera === 'on' && <SelfPicture serial={call.serial} full={isWaiting(call)} />}
      <div class="stage-shade" />
      <Identity call={call} place={placeOf(call, picture)} around={around} send={send} />
      <div class="stage-notes">
        {call.local.screen === 'on' && <Sharing send={send} />}
        {beside.length > 0 && <Beside calls={beside} send={send} />}
      </div>
      {menuOpen && <CallMenu call={call} beside={beside} send={send} onClose={closeMenu} />}
      <Controls call={call} send={send} menuOpen={menuOpen} onMenu={() => setMenuOpen(!menuOpen)} />
    </main>
  );
}

/** So that nobody forgets what others see. */
function Sharing({ send }: Pick<Props, 'send'>) {
  return (
    <p class="sharing" data-testid="sharing">
      <span>{t('call.sharing')}</span>
      <button
        type="button"
        class="button button-danger"
        data-testid="sharing-stop"
        onClick={() => send({ type: 'screen', on: false })}
      >
        {t('call.sharing.stop')}
      </button>
    </p>
  );
}

function isWaiting(call: CallModel): boolean {
  const { type } = call.state;
  return type === 'dialing' || type === 'ringing' || type === 'connecting';
}

function heldBy({ held }: CallModel): 'nobody' | 'me' | 'peer' | 'both' {
  if (held.me) return held.peer ? 'both' : 'me';
  return held.peer ? 'peer' : 'nobody';
}

function placeOf(call: CallModel, picture: boolean): 'middle' | 'above' | 'line' {
  if (isWaiting(call) && call.local.camera === 'on') return 'above';
  return picture && call.state.type === 'active' ? 'line' : 'middle';
}

/** The last picture stays while a lost path is being mended. On hold there is none. */
function showsPicture(call: CallModel): boolean {
  const { type } = call.state;
  const flows = type === 'active' || type === 'recovering';
  return flows && heldBy(call) === 'nobody' && (call.remote.video || call.remote.screen);
}
