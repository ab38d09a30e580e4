/** One choice among a few in the menu of a call. */
interface Props<T extends string> {
  readonly label: string;
  readonly testId: string;
  readonly value: T | undefined;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

export function MenuField<T extends string>({ label, testId, value, options, onChange }: Props<T>) {
  return (
    <label class="menu-field">
      <span>{label}</span>
      <select
        data-testid={testId}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
