/** Home: whom to call, and whom one has spoken to. */
import type { Send } from '../model/message.ts';
import type { Model, Page } from '../model/model.ts';
import { knownOf } from '../model/names.ts';
import { requestsOf } from '../model/people.ts';
import { t } from '../text/language.ts';
import { later, laterWithCalls } from '../ui/later.tsx';
import { Wordmark } from '../ui/logo.tsx';
import { DialField } from './dial-field.tsx';
import { Favourites } from './favourites.tsx';
import { LinkStatus } from './link-status.tsx';
import { QuietSwitch } from './quiet-switch.tsx';
import { Recents } from './recents.tsx';
import { Request } from './request.tsx';

/** Beside what one comes for, and only on a desk, or seldom. */
const Preview = laterWithCalls(async () => (await import('./preview.tsx')).Preview);
const Elsewhere = later(async () => (await import('./elsewhere.tsx')).Elsewhere);
const Locked = later<{ name: string; send: Send }>(async () => (await import('./confirm.tsx')).Locked);

interface Props {
  readonly model: Model;
  readonly me: Extract<Page, { type: 'home' }>['me'];
  readonly send: Send;
}

/** One column on a phone; on a desk the camera has a place beside it. */
export function Home({ model, me, send }: Props) {
  const { people, history } = model;
  const locked = model.shared !== null && !model.shared.open;
  return (
    <div class="home">
      <header class="home-top">
        <Wordmark />
        <LinkStatus link={model.link} />
        <QuietSwitch preferences={people.preferences} send={send} />
      </header>
      <main class="home-main">
        {model.elsewhere.length > 0 && (
          <Elsewhere calls={model.elsewhere} locked={locked ? me : null} send={send} />
        )}
        <h1 class="home-title">{t('home.title')}</h1>
        <DialField known={knownOf(model)} send={send} />
        <p class="home-me">
          <strong>{me.name}</strong> <span>· {t('home.me')}</span>
        </p>
        {requestsOf(people, history.calls)
          .slice(0, 3)
          .map((call) => (
            <Request key={call.peer} call={call} send={send} />
          ))}
        <Favourites people={people} send={send} />
        {locked ? (
          <Locked name={me.display_name} send={send} />
        ) : (
          <Recents history={history} admin={me.admin === true} send={send} />
        )}
      </main>
      <aside class="home-side">
        <Preview me={me} busy={model.call !== null && model.call.state.type !== 'ended'} />
      </aside>
    </div>
  );
}
