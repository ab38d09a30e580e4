/** Past calls by day, each one tap from being called again. */
import { type Day, groupByDay } from '../api/history.ts';
import type { Send } from '../model/message.ts';
import type { History, PastCall } from '../model/model.ts';
import { pastCallKey } from '../text/history.ts';
import { language, t } from '../text/language.ts';
import { formatDay, formatDuration, formatTime } from '../text/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon, type IconName } from '../ui/icons.tsx';
import { useNow } from '../ui/now.ts';
import { UserCommand } from './account-page.tsx';

interface Props {
  readonly history: History;
  readonly send: Send;
}

/** "Today" stays true past midnight. */
const RENEW_MS = 60_000;

/** The list, or why there is none. */
export function Recents({ history, send }: Props) {
  const now = useNow(RENEW_MS);
  return (
    <section class="recents" aria-labelledby="recents-title">
      <h2 id="recents-title" class="visually-hidden">
        {t('home.recents')}
      </h2>
      <div data-testid="history">
        {groupByDay(history.calls, now).map((day) => (
          <section key={day.daysAgo}>
            <h3 class="day">{dayTitle(day, now)}</h3>
            <ul class="calls">
              {day.calls.map((call) => (
                <Row key={call.call} call={call} send={send} />
              ))}
            </ul>
          </section>
        ))}
      </div>
      {history.calls.length === 0 && <Nothing history={history} send={send} />}
    </section>
  );
}

function Row({ call, send }: { readonly call: PastCall; readonly send: Send }) {
  const video = call.media.includes('video');
  const answeredOn = call.direction === 'in' && call.outcome === 'answered' && call.device_name;
  return (
    <li
      class="call-row"
      data-testid="history-item"
      data-direction={call.direction}
      data-outcome={call.outcome}
      data-peer={call.peer}
    >
      <Avatar id={call.peer} name={call.peer_name} />
      <div class="call-text">
        <p class="call-name">{call.peer_name}</p>
        <p class="call-fact">
          <Icon name={arrowOf(call)} size={16} />
          <span>{factOf(call)}</span>
          <time dateTime={new Date(call.startedAt).toISOString()}>
            {formatTime(call.startedAt, language.value)}
          </time>
          {answeredOn && <span class="call-device">{answeredOn}</span>}
        </p>
      </div>
      <CallBack call={call} video={!video} send={send} />
      <CallBack call={call} video={video} send={send} first />
    </li>
  );
}

interface CallBackProps {
  readonly call: PastCall;
  readonly video: boolean;
  readonly send: Send;
  /** The way they spoke before; the other one makes room on a narrow screen. */
  readonly first?: boolean;
}

function CallBack({ call, video, send, first = false }: CallBackProps) {
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

function Nothing({ history, send }: Props) {
  switch (history.status) {
    case 'loading':
      return (
        <p class="empty" role="status">
          {t('home.recents.loading')}
        </p>
      );
    case 'failed':
      return (
        <div class="empty" role="alert">
          <p>{t('home.recents.failed')}</p>
          <button type="button" class="button button-quiet" onClick={() => send({ type: 'reload-history' })}>
            {t('home.recents.retry')}
          </button>
        </div>
      );
    case 'ready':
      return (
        <div class="empty">
          <h3>{t('home.empty.title')}</h3>
          <p>{t('home.empty.text')}</p>
          <UserCommand verb="add" />
        </div>
      );
  }
}

function arrowOf(call: PastCall): IconName {
  if (call.direction === 'out') return 'arrow-out';
  return call.outcome === 'missed' ? 'arrow-missed' : 'arrow-in';
}

function factOf(call: PastCall): string {
  return call.outcome === 'answered' ? formatDuration(call.duration_ms) : t(pastCallKey(call));
}

function dayTitle(day: Day, now: number): string {
  if (day.daysAgo === 0) return t('day.today');
  if (day.daysAgo === 1) return t('day.yesterday');
  return formatDay(day.calls[0]?.startedAt ?? now, now, language.value);
}
