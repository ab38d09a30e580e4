/** A name and the two ways to call it. */
import { useRef, useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import { found, type Known, nameOf } from '../model/names.ts';
import { t } from '../text/language.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';

interface Props {
  /** Offered while one types. */
  readonly known: readonly Known[];
  readonly send: Send;
}

/** Enter calls with video, the larger of the two buttons. Without a name, each button asks for one. */
export function DialField({ known, send }: Props) {
  const [to, setTo] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const dial = (video: boolean) => {
    if (to.trim() === '') {
      input.current?.focus();
      return;
    }
    send({ type: 'dial', to: nameOf(to, known), video });
    setTo('');
  };
  const choose = (name: string) => {
    setTo(name);
    input.current?.focus();
  };
  return (
    <div class="dialling">
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
      <Found people={found(to, known)} onChoose={choose} />
    </div>
  );
}

/** Who may be meant: a press fills the field in, so that nobody is called by mistake. */
function Found({ people, onChoose }: { people: readonly Known[]; onChoose: (name: string) => void }) {
  if (people.length === 0) return null;
  return (
    <ul class="found" aria-label={t('home.found')}>
      {people.map(({ name, display_name }) => (
        <li key={name}>
          <button
            type="button"
            class="found-person"
            data-testid="dial-found"
            data-peer={name}
            onClick={() => onChoose(name)}
          >
            <Avatar id={name} name={display_name} />
            <span class="found-name">{display_name}</span>
            {display_name !== name && <span class="found-id">{name}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
