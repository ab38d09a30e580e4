/** A call that has the whole screen, from dialling to its end. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useComforts } from '../comfort/comforts.ts';
import { usePictureInPicture } from '../comfort/picture-in-picture.tsx';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { comparable } from '../text/safety.ts';
import { w } from '../text/small-window.ts';
import type { Around } from '../text/status.ts';
import { later } from '../ui/later.tsx';
import { Beside } from './beside.tsx';
import { hasChat, useChat } from './chat-news.ts';
import { Controls } from './controls.tsx';
import { EndedScreen } from './ended.tsx';
import { Identity } from './identity.tsx';
import { QualityBars, QualityPanel } from './quality.tsx';
import { useQuietControls } from './quiet-controls.ts';
import { RecordingNotes } from './recording.tsx';
import { RemotePicture, RemoteScreen } from './remote-picture.tsx';
import { SafetyMark, SafetyNote, SafetyPanel } from './safety.tsx';
import { SelfPicture } from './self-picture.tsx';

/** Fetched when a call begins, so that it is there when the server is not. */
const CallMenu = later(async () => (await import('./call-menu.tsx')).CallMenu);
const ChatPanel = later(async () => (await import('./chat.tsx')).ChatPanel);
const ChatNote = later(async () => (await import('./chat.tsx')).ChatNote);
const Drawer = later(async () => (await import('../inspector/drawer.tsx')).Drawer);

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
  const [figures, setFigures] = useState(false);
  const closeFigures = useCallback(() => setFigures(false), []);
  const closeMenu = useCallback(() => setMenuOpen(false), []);
  // Whoever compares has these before their eyes: with others, or another name, they begin again.
  const [compared, setCompared] = useState('');
  const comparing = compared !== '' && compared === comparable(call);
  const compare = () => setCompared(comparable(call));
  const stopComparing = useCallback(() => setCompared(''), []);
  const [inspected, setInspected] = useState(false);
  const closeDrawer = useCallback(() => {
    setInspected(false);
    // It was opened from the menu, which is behind this button.
    stage.current?.querySelector<HTMLElement>('[data-testid="call-more"]')?.focus();
  }, []);
  useComforts(call, send);
  const small = usePictureInPicture(call, around, send, stage);
  const [chatOpen, setChatOpen] = useState(false);
  const closeChat = useCallback(() => setChatOpen(false), []);
  const news = useChat(call.serial, chatOpen);
  const openChat = () => setChatOpen(true);
  const latest = news.unread.at(-1);
  const picture = showsPicture(call) && !small.away;
  const screen = picture && call.remote.screen;
  const quality = call.state.type === 'active' && !call.held.me ? call.quality : null;
  const opened = menuOpen || chatOpen || comparing || inspected || figures;
  const mayHide = picture && call.state.type === 'active' && !opened;
  const { shown, handlers } = useQuietControls(stage, mayHide);
  // Whoever called by keyboard goes on by keyboard from here.
  useEffect(() => stage.current?.focus(), []);
  useEffect(() => {
    CallMenu.fetch();
    ChatPanel.fetch();
    ChatNote.fetch();
  }, []);
  return (
    <>
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
        <Identity
          call={call}
          place={placeOf(call, picture)}
          around={around}
          bars={
            quality && <QualityBars quality={quality} open={figures} onPress={() => setFigures(!figures)} />
          }
          send={send}
        >
          <SafetyMark call={call} open={comparing} onPress={comparing ? stopComparing : compare} />
        </Identity>
        <div class="stage-notes">
          <RecordingNotes call={call} send={send} />
          <SafetyNote call={call} send={send} onCompare={compare} />
          {latest && <ChatNote entry={latest} name={call.peer.name} onOpen={openChat} />}
          {call.local.screen === 'on' && <Sharing send={send} />}
          {small.away && <Elsewhere onBack={small.toggle} />}
          {beside.length > 0 && <Beside calls={beside} send={send} />}
        </div>
        {comparing && <SafetyPanel call={call} send={send} onClose={stopComparing} />}
        {quality && figures && (
          <QualityPanel call={call} quality={quality} online={around.online} onClose={closeFigures} />
        )}
        {menuOpen && (
          <CallMenu
            call={call}
            beside={beside}
            guest={around.guest}
            send={send}
            small={small}
            onInspect={() => setInspected(true)}
            onChat={hasChat(news) ? openChat : null}
            onClose={closeMenu}
          />
        )}
        <Controls
          call={call}
          send={send}
          menuOpen={menuOpen}
          onMenu={() => setMenuOpen(!menuOpen)}
          chat={
            hasChat(news)
              ? { open: chatOpen, unread: news.unread.length, onPress: () => setChatOpen(!chatOpen) }
              : null
          }
        />
      </main>
      {chatOpen && news.chat && (
        <ChatPanel chat={news.chat} state={news.state} name={call.peer.name} onClose={closeChat} />
      )}
      {inspected && <Drawer call={call.serial} name={call.peer.name} onClose={closeDrawer} />}
    </>
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

/** So that nobody looks for the picture. */
function Elsewhere({ onBack }: { readonly onBack: () => void }) {
  return (
    <p class="sharing" data-testid="small-away">
      <span>{w('small.away')}</span>
      <button type="button" class="button button-quiet" data-testid="small-back" onClick={onBack}>
        {w('small.back')}
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
