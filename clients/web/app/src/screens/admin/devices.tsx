/** The browsers in which somebody is signed in. */
import type { LoginView } from '@visavis/client';
import { useCallback, useState } from 'preact/hooks';
import { a } from '../../text/admin.ts';
import { SureButton } from '../../ui/sure-button.tsx';
import { ago, Loaded, type News, NewsLine, notDone, useAdminApi, useAsked } from './parts.tsx';

/** The last used first. */
export function Devices({ name }: { readonly name: string }) {
  const api = useAdminApi();
  const asked = useAsked(useCallback(() => api.devices(name), [api, name]));
  const [news, setNews] = useState<News | null>(null);
  const signOut = async (id: string) => {
    const answer = await api.signOut(name, id);
    setNews(answer.type === 'ok' ? null : notDone(answer));
    asked.reload();
  };
  return (
    <>
      <NewsLine news={news} testId="admin-device-news" />
      <Loaded asked={asked}>
        {({ logins }) =>
          logins.length === 0 ? (
            <p class="section-hint">{a('devices.none')}</p>
          ) : (
            <ul>
              {logins.map((login) => (
                <li key={login.id} class="setting" data-testid="admin-device">
                  <span class="setting-text">
                    <span class="setting-label">{login.name}</span>
                    <span class="setting-hint">{factOf(login)}</span>
                  </span>
                  <SureButton
                    text={a('devices.sign-out')}
                    question={a('devices.sign-out.sure')}
                    onSure={() => void signOut(login.id)}
                    testId="admin-device-sign-out"
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}

function factOf({ devices, last_seen_ago_ms }: LoginView): string {
  return devices.length > 0 ? a('fact.online') : a('fact.seen', { when: ago(last_seen_ago_ms) });
}
