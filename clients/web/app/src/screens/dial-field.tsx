/** A name and the two ways to call it. */
import { useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';

/** Enter calls with video, the larger of the two buttons. */
export function DialField({ send }: { readonly send: Send }) {
  const [to, setTo] = useState('');
  const empty = to.trim() === '';
  const dial = (video: boolean) => {
    if (empty) return;
    send({ type: 'dial', to, video });
    setTo('');
  };
  return (
    <form
      class="dial"
      onSubmit={(event) => {
        event.preventDefault();
        dial(true);
      }}
    >
      <input
        class="dial-input"
        data-testid="dial-input"
        value={to}
        onInput={(event) => setTo(event.currentTarget.value)}
        placeholder={t('home.dial')}
        aria-label={t('home.dial')}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxLength={64}
        enterkeyhint="go"
      />
      <button
        type="button"
        class="dial-button"
        data-testid="dial-audio"
        onClick={() => dial(false)}
        disabled={empty}
        aria-label={t('home.dial.audio')}
        title={t('home.dial.audio')}
      >
        <Icon name="phone" size={22} />
      </button>
      <button
        type="submit"
        class="dial-button dial-button-main"
        data-testid="dial-video"
        disabled={empty}
        aria-label={t('home.dial.video')}
        title={t('home.dial.video')}
      >
        <Icon name="video" />
      </button>
    </form>
  );
}
