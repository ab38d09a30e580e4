/** The last calls by day, each one press from being called again. */
import { type Day, groupByDay } from '../api/history.ts';
import type { Send } from '../model/message.ts';
import type { History } from '../model/model.ts';
import { hashOf } from '../model/place.ts';
import { language, t } from '../text/language.ts';
import { formatDay } from '../text/time.ts';
import { useNow } from '../ui/now.ts';
import { UserCommand } from './account-page.tsx';
import { CallRow } from './call-row.tsx';

interface Props {
  readonly history: History;
  /** This user administers the server, and may invite by a page of it. */
  readonly admin: boolean;
  readonly send: Send;
}

/** "Today" stays true past midnight. */
const RENEW_MS = 60_000;
/** What one looks for on the first page; the rest is in the history. */
const RECENT = 8;

/** The list, or why there is none. */
export function Recents({ history, admin, send }: Props) {
  const now = useNow(RENEW_MS);
  return (
    <section class="recents" aria-labelledby="recents-title">
      <h2 id="recents-title" class="visually-hidden">
        {t('home.recents')}
      </h2>
      <div data-testid="history">
        {groupByDay(history.calls.slice(0, RECENT), now).map((day) => (
          <section key={day.daysAgo}>
            <h3 class="day">{dayTitle(day, now)}</h3>
            <ul class="calls">
              {day.calls.map((call) => (
                <CallRow key={call.call} call={call} send={send} />
              ))}
            </ul>
          </section>
        ))}
      </div>
      {history.calls.length > RECENT && (
        <a class="all-calls" href="#/history">
          {t('home.recents.all')}
        </a>
      )}
      {history.calls.length === 0 && <NoCalls history={history} admin={admin} send={send} />}
    </section>
  );
}

/** Why the list is empty. */
export function NoCalls({ history, admin, send }: Props) {
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
          {admin ? (
            <>
              <p>{t('home.empty.admin')}</p>
              <a class="all-calls" href={hashOf('admin/users')} data-testid="home-invite">
                {t('home.empty.invite')}
              </a>
            </>
          ) : (
            <>
              <p>{t('home.empty.text')}</p>
              <UserCommand verb="add" />
            </>
          )}
          <a class="all-calls" href={hashOf('settings/check')} data-testid="home-check">
            {t('home.check')}
          </a>
        </div>
      );
  }
}

/** How people call a day. */
export function dayTitle(day: Day, now: number): string {
  if (day.daysAgo === 0) return t('day.today');
  if (day.daysAgo === 1) return t('day.yesterday');
  return formatDay(day.calls[0]?.startedAt ?? now, now, language.value);
}
