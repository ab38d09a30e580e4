/** Pages with nothing but a sentence: while the server is asked, and when it does not answer. */
import type { Send } from '../model/message.ts';
import { t } from '../text/language.ts';
import { Mark } from '../ui/logo.tsx';
import { useServerBack } from '../ui/server-back.ts';
import { AccountPage } from './account-page.tsx';

/** Usually gone before it is read. */
export function Loading() {
  return (
    <main class="loading">
      <Mark size={64} />
      <p class="visually-hidden" role="status">
        {t('loading')}
      </p>
    </main>
  );
}

/** Nothing of this page is kept, and the server may have a newer one by then. */
const openAnew = () => location.reload();

/** Goes on by itself when the server is back; until then the way out is to try again. */
export function Unreachable({ send }: { readonly send: Send }) {
  useServerBack(openAnew);
  return (
    <AccountPage>
      <div class="form" role="alert">
        <h1>{t('unreachable.title')}</h1>
        <p class="lead">{t('unreachable.text')}</p>
        <button type="button" class="button button-primary" onClick={() => send({ type: 'retry' })}>
          {t('unreachable.retry')}
        </button>
      </div>
    </AccountPage>
  );
}
