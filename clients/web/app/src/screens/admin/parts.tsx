/** What the pages of the administration are made of. */
import type { ComponentChildren } from 'preact';
import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import { type AdminApi, adminApi } from '../../api/admin.ts';
import type { Answer } from '../../api/http.ts';
import { a } from '../../text/admin.ts';
import { formatDistance } from '../../text/ago.ts';
import { language, t } from '../../text/language.ts';

/** Who answers the pages: the server, or a story. */
export const AdminApiContext = createContext<AdminApi>(adminApi);

/** Who answers. */
export const useAdminApi = (): AdminApi => useContext(AdminApiContext);

/** Something that is asked of the server. */
export interface Asked<T> {
  readonly value: T | null;
  readonly failed: 'refused' | 'other' | null;
  /** Asks again; what is there stays until the answer comes. */
  reload(): void;
  /** Takes an answer that came another way. */
  set(value: T): void;
}

/** Asks when the page opens and when `ask` changes; and again every `everyMs`, if given. */
export function useAsked<T>(ask: () => Promise<Answer<T>>, everyMs: number | null = null): Asked<T> {
  const [value, set] = useState<T | null>(null);
  const [failed, setFailed] = useState<Asked<T>['failed']>(null);
  /** An answer to an older question does not replace that to a newer one. */
  const newest = useRef(0);
  const reload = useCallback(async () => {
    newest.current += 1;
    const question = newest.current;
    const answer = await ask();
    if (question !== newest.current) return;
    if (answer.type === 'ok') set(answer.value);
    setFailed(
      answer.type === 'ok' ? null : answer.type === 'refused' && answer.status === 403 ? 'refused' : 'other',
    );
  }, [ask]);
  useEffect(() => {
    void reload();
    if (everyMs === null) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && void reload(), everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  return { value, failed, reload: () => void reload(), set };
}

interface LoadedProps<T> {
  readonly asked: Asked<T>;
  readonly children: (value: T) => ComponentChildren;
}

/** What came, or that it comes, or that it did not. */
export function Loaded<T>({ asked, children }: LoadedProps<T>) {
  if (asked.failed === 'refused') {
    return (
      <p class="empty" role="alert" data-testid="admin-refused">
        {a('refused')}
      </p>
    );
  }
  if (asked.value !== null) return <>{children(asked.value)}</>;
  if (asked.failed === null) {
    return (
      <p class="empty" role="status">
        {t('loading')}
      </p>
    );
  }
  return (
    <div class="empty" role="alert">
      <p>{a('failed')}</p>
      <button type="button" class="button button-quiet" onClick={asked.reload}>
        {a('retry')}
      </button>
    </div>
  );
}

/** What has just been done, and perhaps how to undo it. */
export interface News {
  readonly text: string;
  readonly undo?: () => void;
}

interface NewsLineProps {
  readonly news: News | null;
  readonly testId?: string;
}

/** Read out when it appears. */
export function NewsLine({ news, testId = 'admin-news' }: NewsLineProps) {
  return (
    <div role="status" data-testid={testId}>
      {news && (
        <p class="card admin-news">
          <span>{news.text}</span>
          {news.undo && (
            <button
              type="button"
              class="button button-tight button-quiet"
              data-testid="admin-undo"
              onClick={news.undo}
            >
              {a('undo')}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** Rows of a list at first, as many as the server gives unasked, and how many each press brings. */
const ROWS = 200;
/** More than these it never gives. */
const MOST_ROWS = 2_000;

/** How much of a list is asked for: it begins with the newest. */
export interface Rows {
  readonly wanted: number;
  more(): void;
}

/** A list that grows when more of it is wanted. */
export function useRows(): Rows {
  const [wanted, setWanted] = useState(ROWS);
  return { wanted, more: () => setWanted(Math.min(wanted + ROWS, MOST_ROWS)) };
}

/** Below a list of which there is more. */
export function Older({ rows, more }: { readonly rows: Rows; readonly more: boolean }) {
  if (!more) return null;
  if (rows.wanted < MOST_ROWS) return <MoreButton onPress={rows.more} />;
  return <p class="section-hint">{a('rows.most', { count: MOST_ROWS })}</p>;
}

export function MoreButton({ onPress }: { readonly onPress: () => void }) {
  return (
    <button type="button" class="button button-quiet" data-testid="admin-more" onClick={onPress}>
      {a('rows.more')}
    </button>
  );
}

/** "3 hours ago". */
export const ago = (ms: number): string => formatDistance(-ms, language.value);

/** Why something was not done; `conflict` is what such an answer means there. */
export function notDone(
  answer: Exclude<Answer<unknown>, { type: 'ok' }>,
  conflict: 'last-admin' | 'not-done' = 'not-done',
): News {
  const isConflict = answer.type === 'refused' && answer.error.code === 'conflict';
  return { text: a(isConflict ? conflict : 'not-done') };
}
