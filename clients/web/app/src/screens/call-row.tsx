/** A past call in a list, one press away from the next. */
import type { ComponentChildren } from 'preact';
import type { Send } from '../model/message.ts';
import type { PastCall } from '../model/model.ts';
import { pastCallKey } from '../text/history.ts';
import { language, t } from '../text/language.ts';
import { formatDuration, formatTime } from '../text/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon, type IconName } from '../ui/icons.tsx';

interface Props {
  readonly call: PastCall;
  readonly send: Send;
  /** A word about the person, behind the facts of the call. */
  readonly note?: string | undefined;
  /** Behind the two ways to call back. */
  readonly children?: ComponentChildren;
  /** Below the line. */
  readonly below?: ComponentChildren;
}

/** Guests cannot be called: they have no device here once they have left. */
export function CallRow({ call, send, note, children, below }: Props) {
  const video = call.media.includes('video');
  const answeredOn = call.direction === 'in' && call.outcome === 'answered' && call.device_name;
  return (
    <li
      class="call-item"
      data-testid="history-item"
      data-direction={call.direction}
      data-outcome={call.outcome}
      data-peer={call.peer}
    >
      <div class="call-row">
        <Avatar id={call.peer} name={call.peer_name} />
        <div class="call-text">
          <p class="call-name">{call.peer_name}</p>
          <p class="call-fact">
            <Icon name={arrowOf(call)} size={16} />
            <span>{factOf(call)}</span>
            <time dateTime={new Date(call.startedAt).toISOString()}>
              {formatTime(call.startedAt, language.value)}
            </time>
            {call.guest && <span class="call-device">{t('history.guest', { label: call.guest.label })}</span>}
            {call.quiet && <span class="call-device">{t('history.quiet')}</span>}
            {note !== undefined && <span class="call-device">{note}</span>}
            {answeredOn && <span class="call-device">{answeredOn}</span>}
          </p>
          {call.recordings?.map((recording) => (
            <p key={recording.started_ago_ms} class="call-fact" data-testid="history-recorded">
              <Icon name="record" size={16} />
              <span>
                {t(recording.by_you ? 'history.recorded.you' : 'history.recorded.peer', {
                  name: call.peer_name,
                  duration: formatDuration(recording.duration_ms),
                })}
              </span>
            </p>
          ))}
        </div>
        {!call.guest && (
          <>
            <CallBack call={call} video={false} send={send} first={!video} />
            <CallBack call={call} video send={send} first={video} />
          </>
        )}
        {children}
      </div>
      {below}
    </li>
  );
}

interface CallBackProps {
  readonly call: PastCall;
  readonly video: boolean;
  readonly send: Send;
  /** The way they spoke before; the other one makes room on a narrow screen. */
  readonly first: boolean;
}

function CallBack({ call, video, send, first }: CallBackProps) {
  const label = t(video ? 'home.call-back.video' : 'home.call-back.audio', { name: call.peer_name });
  return (
    <button
      type="button"
      class={first ? 'icon-button call-back' : 'icon-button call-back call-back-other'}
      onClick={() => send({ type: 'dial', to: call.peer, video })}
      aria-label={label}
      title={label}
    >
      <Icon name={video ? 'video' : 'phone'} size={22} />
    </button>
  );
}

function arrowOf(call: PastCall): IconName {
  if (call.direction === 'out') return 'arrow-out';
  return call.outcome === 'missed' ? 'arrow-missed' : 'arrow-in';
}

function factOf(call: PastCall): string {
  return call.outcome === 'answered' ? formatDuration(call.duration_ms) : t(pastCallKey(call));
}
