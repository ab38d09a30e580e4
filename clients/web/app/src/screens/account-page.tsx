/** The frame of the pages before one is signed in: the mark on a dark panel, and the form. */
import type { ComponentChildren } from 'preact';
import { t } from '../text/language.ts';
import { Mark, Wordmark } from '../ui/logo.tsx';
import { Preferences } from '../ui/preferences.tsx';

/** On a phone the panel lies above the form, on a desk beside it. */
export function AccountPage({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="account">
      <header class="account-top">
        <Wordmark />
        <div class="account-switches">
          <Preferences />
        </div>
      </header>
      <aside class="account-side" aria-hidden="true">
        <Mark />
        <p>{t('app.tagline')}</p>
      </aside>
      <main class="account-form">{children}</main>
    </div>
  );
}

interface CommandProps {
  /** `add`: invites somebody new · `link`: a new link for somebody who has been invited before. */
  readonly verb: 'add' | 'link';
}

/** What the administrator runs; in one piece, to be copied. */
export function UserCommand({ verb }: CommandProps) {
  return <code class="command">visavis user {verb} NAME</code>;
}
