/** What became of a call: one sentence, and the way on. */
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel, Ended } from '../model/model.ts';
import { canCallAgain, diagnosisMessage, isForServer } from '../text/after-call.ts';
import { isFault } from '../text/doctor.ts';
import { endedMessage } from '../text/ended.ts';
import { say, t } from '../text/language.ts';
import { formatDuration } from '../text/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';
import { later } from '../ui/later.tsx';
import { useRelayState } from '../ui/relay-state.ts';
import { ReportsContext } from '../ui/reports.ts';
import { AfterCall } from './after-call.tsx';
import { useChat } from './chat-news.ts';
import { Doctor } from './doctor.tsx';
import { MoveHere } from './elsewhere.tsx';
import { CourseStrip } from './quality.tsx';

const ChatPanel = later(async () => (await import('./chat.tsx')).ChatPanel);
const Drawer = later(async () => (await import('../inspector/drawer.tsx')).Drawer);

interface Props {
  readonly call: CallModel;
  readonly ended: Ended;
  /** Another device of this user carries it. */
  readonly goesOn: boolean;
  readonly send: Send;
}

/** The whole stage after a conversation; only a card if nobody answered here. Esc closes it. */
export function EndedScreen({ call, ended, goesOn, send }: Props) {
  const screen = useRef<HTMLElement>(null);
  const details = useRef<HTMLButtonElement>(null);
  const { attended } = call;
  const inspectable = useContext(ReportsContext).of(call.serial) !== undefined;
  const [chatOpen, setChatOpen] = useState(false);
  const closeChat = useCallback(() => setChatOpen(false), []);
  const { chat, state: said } = useChat(call.serial, chatOpen);
  const [inspected, setInspected] = useState(false);
  const closeDrawer = useCallback(() => {
    setInspected(false);
    details.current?.focus();
  }, []);
  useEffect(() => {
    if (attended) screen.current?.focus();
  }, [attended]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') send({ type: 'close-call' });
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [send]);
  const { durationMs, course } = ended.summary;
  const relay = useRelayState(isForServer(ended));
  const diagnosis = diagnosisMessage(call, ended, relay);
  // One cause is enough, and that of the end is the surer one.
  const told = course && diagnosis ? { ...course, cause: undefined } : course;
  const { broughtBy } = call;
  const Frame = attended ? 'main' : 'section';
  return (
    <>
      <Frame
        ref={screen}
        class={attended ? 'stage ended' : 'incoming ended-card'}
        aria-labelledby="ended-name"
        tabIndex={-1}
        data-testid="call-screen"
        data-state="ended"
      >
        <div class="ended-text">
          <Avatar id={call.peer.id} name={call.peer.name} size="large" />
          <h1 id="ended-name" class="identity-name">
            {call.peer.name}
          </h1>
          <p class="ended-reason" data-testid="ended-reason">
            {say(endedMessage(call, ended))}
          </p>
          {diagnosis && (
            <p class="ended-diagnosis" data-testid="ended-diagnosis">
              {say(diagnosis)}
            </p>
          )}
          {durationMs > 0 && (
            <p class="ended-duration" data-testid="ended-duration">
              {t('ended.duration', { duration: formatDuration(durationMs) })}
            </p>
          )}
          {told && <CourseStrip course={told} name={call.peer.name} />}
          {isFault(ended) && <Doctor call={call} ended={ended} relay={relay} send={send} />}
        </div>
        <div class="ended-actions">
          {goesOn && <MoveHere id={call.id} send={send} />}
          {broughtBy && (
            <button
              type="button"
              class="button button-primary"
              data-testid="ended-back"
              onClick={() => send({ type: 'dial', to: broughtBy.id, video: false })}
            >
              <Icon name="phone" size={20} />
              {t('ended.back.to', { name: broughtBy.name })}
            </button>
          )}
          {canCallAgain(ended.reason) && (
            <button
              type="button"
              class={broughtBy ? 'button button-quiet' : 'button button-primary'}
              data-testid="ended-again"
              onClick={() => send({ type: 'call-again' })}
            >
              <Icon name={call.media.video ? 'video' : 'phone'} size={20} />
              {t(call.direction === 'in' && !attended ? 'ended.back' : 'ended.again')}
            </button>
          )}
          <button
            type="button"
            class="button button-quiet"
            data-testid="ended-close"
            onClick={() => send({ type: 'close-call' })}
          >
            {t('ended.close')}
          </button>
          <AfterCall call={call} ended={ended} send={send} />
          {attended && said.entries.length > 0 && (
            <div class="after-call">
              <button
                type="button"
                class="after-button"
                data-testid="ended-chat"
                aria-expanded={chatOpen}
                onClick={() => setChatOpen(!chatOpen)}
              >
                <Icon name="chat" size={20} />
                {t('call.chat.files')}
              </button>
            </div>
          )}
          {attended && inspectable && (
            <div class="after-call">
              <button
                ref={details}
                type="button"
                class="after-button"
                data-testid="ended-details"
                onClick={() => setInspected(true)}
              >
                <Icon name="eye" size={20} />
                {t('call.details')}
              </button>
            </div>
          )}
        </div>
      </Frame>
      {chatOpen && chat && <ChatPanel chat={chat} state={said} name={call.peer.name} onClose={closeChat} />}
      {inspected && <Drawer call={call.serial} name={call.peer.name} onClose={closeDrawer} />}
    </>
  );
}
