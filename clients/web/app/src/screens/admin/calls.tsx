/** Calls that go on, calls that went wrong, and links with which guests come. */
import type { AdminCall } from '@visavis/client';
import { useCallback, useState } from 'preact/hooks';
import { a } from '../../text/admin.ts';
import { Icon } from '../../ui/icons.tsx';
import { SureButton } from '../../ui/sure-button.tsx';
import {
  ago,
  Loaded,
  type News,
  NewsLine,
  notDone,
  Older,
  useAdminApi,
  useAsked,
  useRows,
} from './parts.tsx';

/** Who calls now is looked at this often. */
const LOOK_MS = 5_000;

interface Two {
  readonly caller: { readonly display_name: string };
  readonly callee: { readonly display_name: string };
}

const between = ({ caller, callee }: Two): string =>
  a('calls.between', { caller: caller.display_name, callee: callee.display_name });

/** Who, since when and how; never what. */
export function Calls() {
  const api = useAdminApi();
  const rows = useRows();
  const asked = useAsked(
    useCallback(() => api.calls(rows.wanted), [api, rows.wanted]),
    LOOK_MS,
  );
  const [news, setNews] = useState<News | null>(null);
  const end = async (id: string) => {
    const answer = await api.endCall(id);
    // One that has ended meanwhile is no longer in the list either.
    setNews(answer.type === 'ok' || isGone(answer) ? null : notDone(answer));
    asked.reload();
  };
  return (
    <>
      <NewsLine news={news} />
      <Loaded asked={asked}>
        {({ calls, count }) =>
          calls.length === 0 ? (
            <p class="empty" data-testid="admin-no-calls">
              {a('calls.none')}
            </p>
          ) : (
            <>
              <ul class="card">
                {calls.map((call) => (
                  <li key={call.id} class="setting" data-testid="admin-call">
                    <Icon name={call.media.includes('video') ? 'video' : 'phone'} size={22} />
                    <span class="setting-text">
                      <span class="setting-label">{between(call)}</span>
                      <span class="setting-hint">{factsOf(call).join(' · ')}</span>
                    </span>
                    <SureButton
                      text={a('calls.end')}
                      question={a('calls.end.sure')}
                      onSure={() => void end(call.id)}
                      testId="admin-call-end"
                    />
                  </li>
                ))}
              </ul>
              <Older rows={rows} more={count > calls.length} />
            </>
          )
        }
      </Loaded>
      <p class="section-hint">{a('calls.hint')}</p>
    </>
  );
}

function isGone(answer: { type: string; status?: number }): boolean {
  return answer.type === 'refused' && answer.status === 404;
}

function factsOf({ state, started_ago_ms, route }: AdminCall): string[] {
  const facts = [a(`state.${state}`), a('calls.since', { when: ago(started_ago_ms) })];
  if (route) facts.push(a(`route.${route}`));
  return facts;
}

/** With what is probably behind each. */
export function Failures() {
  const api = useAdminApi();
  const rows = useRows();
  const asked = useAsked(useCallback(() => api.failures(rows.wanted), [api, rows.wanted]));
  return (
    <Loaded asked={asked}>
      {({ failures, more }) =>
        failures.length === 0 ? (
          <p class="empty">{a('failures.none')}</p>
        ) : (
          <>
            <ul class="card">
              {failures.map((failure) => (
                <li key={failure.call} class="setting" data-testid="admin-failure">
                  <Icon name="warning" size={22} />
                  <span class="setting-text">
                    <span class="setting-label">{between(failure)}</span>
                    <span class="setting-hint">{ago(failure.started_ago_ms)}</span>
                    <span>{a(`diagnosis.${failure.diagnosis}`)}</span>
                  </span>
                </li>
              ))}
            </ul>
            <Older rows={rows} more={more} />
          </>
        )
      }
    </Loaded>
  );
}

/** Everybody's, the newest first. */
export function GuestLinks() {
  const api = useAdminApi();
  const rows = useRows();
  const asked = useAsked(useCallback(() => api.links(rows.wanted), [api, rows.wanted]));
  const [news, setNews] = useState<News | null>(null);
  const revoke = async (owner: string, id: string) => {
    const answer = await api.revokeLink(owner, id);
    setNews(answer.type === 'ok' ? null : notDone(answer));
    asked.reload();
  };
  return (
    <>
      <NewsLine news={news} />
      <Loaded asked={asked}>
        {({ links, more }) =>
          links.length === 0 ? (
            <p class="empty" data-testid="admin-no-links">
              {a('links.none')}
            </p>
          ) : (
            <>
              <ul class="card">
                {links.map(({ owner, link }) => (
                  <li key={`${owner.name}/${link.id}`} class="setting" data-testid="admin-link">
                    <Icon name="link" size={22} />
                    <span class="setting-text">
                      <span class="setting-label">{link.label}</span>
                      <span class="setting-hint">
                        {[
                          a('links.of', { name: owner.display_name }),
                          link.uses_left === 0 || link.expires_in_ms === 0
                            ? a('links.over')
                            : a('links.used', { count: link.used }),
                        ].join(' · ')}
                      </span>
                    </span>
                    <SureButton
                      text={a('links.revoke')}
                      question={a('links.revoke.sure')}
                      onSure={() => void revoke(owner.name, link.id)}
                      testId="admin-link-revoke"
                    />
                  </li>
                ))}
              </ul>
              <Older rows={rows} more={more} />
            </>
          )
        }
      </Loaded>
    </>
  );
}
