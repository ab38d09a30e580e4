/** Fields of a form, each with its label above. */
import { useId, useState } from 'preact/hooks';
import { t } from '../text/language.ts';
import { Icon } from './icons.tsx';

interface TextProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly testId: string;
  readonly autocomplete: 'username' | 'name';
  readonly maxLength: number;
}

/** A name. */
export function TextField({ label, name, value, onValue, testId, autocomplete, maxLength }: TextProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        class="input"
        type="text"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        data-testid={testId}
        autocomplete={autocomplete}
        autocapitalize="none"
        spellcheck={false}
        maxLength={maxLength}
        required
      />
    </div>
  );
}

interface PasswordProps {
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly testId: string;
  readonly label: string;
  /** A new password has a rule, told below it. */
  readonly isNew: boolean;
  /** Shown as broken, with the rule in the colour of errors. */
  readonly invalid?: boolean;
}

/** A password that can be looked at. */
export function PasswordField({ value, onValue, testId, label, isNew, invalid = false }: PasswordProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const toggleLabel = t(shown ? 'password.hide' : 'password.show');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="input-with-button">
        <input
          id={id}
          name="password"
          class="input"
          {...(shown ? ({ type: 'text' } as const) : ({ type: 'password' } as const))}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
          data-testid={testId}
          autocomplete={isNew ? 'new-password' : 'current-password'}
          autocapitalize="none"
          spellcheck={false}
          maxLength={256}
          aria-describedby={isNew ? `${id}-hint` : undefined}
          aria-invalid={invalid}
          required
        />
        <button
          type="button"
          class="icon-button"
          onClick={() => setShown(!shown)}
          aria-label={toggleLabel}
          title={toggleLabel}
        >
          <Icon name={shown ? 'eye-off' : 'eye'} size={20} />
        </button>
      </div>
      {isNew && (
        <p
          id={`${id}-hint`}
          class={invalid ? 'hint hint-invalid' : 'hint'}
          role={invalid ? 'alert' : undefined}
        >
          {t(invalid ? 'join.password.short' : 'join.password.hint')}
        </p>
      )}
    </div>
  );
}
