/** What became of a call: one sentence, and the way on. */
import { useEffect, useRef } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel, Ended } from '../model/model.ts';
import { canCallAgain, diagnosisMessage, endedMessage } from '../text/ended.ts';
import { say, t } from '../text/language.ts';
import { formatDuration } from '../text/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';
import { AfterCall } from './after-call.tsx';
import { MoveHere } from './elsewhere.tsx';

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
  const { attended } = call;
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
  const { durationMs } = ended.summary;
  const diagnosis = diagnosisMessage(call, ended);
  const Frame = attended ? 'main' : 'section';
  return (
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
      </div>
      <div class="ended-actions">
        {goesOn && <MoveHere id={call.id} send={send} />}
        {canCallAgain(ended.reason) && (
          <button
            type="button"
            class="button button-primary"
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
      </div>
    </Frame>
  );
}
