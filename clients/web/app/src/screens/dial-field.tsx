/** A name and the two ways to call it. */
import type { Contact } from '@visavis/client';
import { useId, useRef, useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';

interface Props {
  /** Offered while one types. */
  readonly contacts: readonly Contact[];
  readonly send: Send;
}

/** Enter calls with video, the larger of the two buttons. Without a name, each button asks for one. */
export function DialField({ contacts, send }: Props) {
  const [to, setTo] = useState('');
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const dial = (video: boolean) => {
    if (to.trim() === '') {
      input.current?.focus();
      return;
    }
    send({ type: 'dial', to: nameOf(to, contacts), video });
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
        list={id}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxLength={64}
        enterkeyhint="go"
      />
      <datalist id={id}>
        {contacts.map(({ name, display_name }) => (
          <option key={name} value={name} label={display_name} />
        ))}
      </datalist>
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

/** Somebody may be called by the name that is shown, too, if only one contact has it. */
export function nameOf(typed: string, contacts: readonly Contact[]): string {
  const sought = typed.trim().toLowerCase();
  if (contacts.some(({ name }) => name === sought)) return sought;
  const found = contacts.filter(({ display_name }) => display_name.toLowerCase() === sought);
  const [only] = found;
  return only && found.length === 1 ? only.name : typed;
}
