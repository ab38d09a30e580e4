/** Home: whom to call, and whom one has spoken to. */
import type { Send } from '../model/message.ts';
import type { Model, Page } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';
import { Wordmark } from '../ui/logo.tsx';
import { Preferences } from '../ui/preferences.tsx';
import { DialField } from './dial-field.tsx';
import { LinkStatus } from './link-status.tsx';
import { Preview } from './preview.tsx';
import { Recents } from './recents.tsx';

interface Props {
  readonly model: Model;
  readonly me: Extract<Page, { type: 'home' }>['me'];
  readonly send: Send;
}

/** One column on a phone; on a desk the camera has a place beside it. */
export function Home({ model, me, send }: Props) {
  return (
    <div class="home">
      <header class="home-top">
        <Wordmark />
        <LinkStatus link={model.link} />
        <div class="home-tools">
          <Preferences />
          <button
            type="button"
            class="icon-button"
            data-testid="sign-out"
            onClick={() => send({ type: 'sign-out' })}
            aria-label={t('home.sign-out')}
            title={t('home.sign-out')}
          >
            <Icon name="sign-out" size={20} />
          </button>
        </div>
      </header>
      <main class="home-main">
        <Notice model={model} send={send} />
        <h1 class="home-title">{t('home.title')}</h1>
        <DialField send={send} />
        <p class="home-me">
          <strong>{me.name}</strong> <span>· {t('home.me')}</span>
        </p>
        <Recents history={model.history} send={send} />
      </main>
      <aside class="home-side">
        <Preview me={me} busy={model.call !== null && model.call.state.type !== 'ended'} />
      </aside>
    </div>
  );
}

/** What keeps calls from working, with the way out. */
function Notice({ model, send }: { readonly model: Model; readonly send: Send }) {
  if (!model.secure) {
    return (
      <p class="notice" role="alert">
        <Icon name="warning" size={20} />
        <span>{t('home.insecure')}</span>
      </p>
    );
  }
  if (model.link.type !== 'offline') return null;
  switch (model.link.reason) {
    case 'closed':
    case 'signed-out':
      return null;
    case 'replaced':
      return (
        <p class="notice" role="alert">
          <span>{t('link.replaced')}</span>
          <button type="button" class="button button-small" onClick={() => send({ type: 'connect-here' })}>
            {t('link.use-here')}
          </button>
        </p>
      );
    case 'incompatible':
      return (
        <p class="notice" role="alert">
          <span>{t('link.incompatible')}</span>
          <button type="button" class="button button-small" onClick={() => location.reload()}>
            {t('link.reload')}
          </button>
        </p>
      );
  }
}
