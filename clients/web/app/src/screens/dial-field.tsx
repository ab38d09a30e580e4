/** A name and the two ways to call it. */
import { useRef, useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';

/** Enter calls with video, the larger of the two buttons. Without a name, each button asks for one. */
export function DialField({ send }: { readonly send: Send }) {
  const [to, setTo] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const dial = (video: boolean) => {
    if (to.trim() === '') {
      input.current?.focus();
      return;
    }
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
        ref={input}
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
        aria-label={t('home.dial.audio')}
        title={t('home.dial.audio')}
      >
        <Icon name="phone" size={22} />
      </button>
      <button
        type="submit"
        class="dial-button dial-button-main"
        data-testid="dial-video"
        aria-label={t('home.dial.video')}
        title={t('home.dial.video')}
      >
        <Icon name="video" />
      </button>
    </form>
  );
}
