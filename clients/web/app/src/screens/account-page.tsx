/** The frame of the pages before one is signed in: the mark large on one side, the form on the other. */
import type { ComponentChildren } from 'preact';
import { t } from '../text/language.ts';
import { Mark, Wordmark } from '../ui/logo.tsx';
import { Preferences } from '../ui/preferences.tsx';

/** On a phone the mark is small and above the form. */
export function AccountPage({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="account">
      <aside class="account-side" aria-hidden="true">
        <Mark size={240} />
        <p>{t('app.tagline')}</p>
      </aside>
      <div class="account-main">
        <header class="account-top">
          <Wordmark />
          <div class="account-switches">
            <Preferences />
          </div>
        </header>
        <main class="account-form">{children}</main>
      </div>
    </div>
  );
}
