/** One of several, each with a word about what it means. */
import { useId } from 'preact/hooks';

/** What can be chosen. */
export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly hint?: string;
}

interface Props<Value extends string> {
  readonly legend: string;
  readonly choices: readonly Choice<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly testId: string;
}

/** Arrow keys move, as in every group of radio buttons. */
export function Choices<Value extends string>({ legend, choices, value, onChange, testId }: Props<Value>) {
  const name = useId();
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class="setting choice" data-testid={`${testId}-${choice.value}`}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span class="setting-text">
            <span class="setting-label">{choice.label}</span>
            {choice.hint && <span class="setting-hint">{choice.hint}</span>}
          </span>
          <span class="radio" aria-hidden="true" />
        </label>
      ))}
    </fieldset>
  );
}
