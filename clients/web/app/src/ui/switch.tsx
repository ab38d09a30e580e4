/** A setting that is on or off, with a word about what it does. */
import { useId } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly hint?: string;
  readonly on: boolean;
  readonly disabled?: boolean;
  readonly onChange: (on: boolean) => void;
  readonly testId: string;
}

/** The whole line is the button. */
export function Switch({ label, hint, on, disabled = false, onChange, testId }: Props) {
  const id = useId();
  return (
    <button
      type="button"
      class="setting switch-line"
      role="switch"
      aria-checked={on}
      aria-labelledby={id}
      aria-describedby={hint ? `${id}-hint` : undefined}
      disabled={disabled}
      onClick={() => onChange(!on)}
      data-testid={testId}
    >
      <span class="setting-text">
        <span id={id} class="setting-label">
          {label}
        </span>
        {hint && (
          <span id={`${id}-hint`} class="setting-hint">
            {hint}
          </span>
        )}
      </span>
      <span class="switch" aria-hidden="true" />
    </button>
  );
}
