/** A line of the call's menu that opens into a field for the name of somebody else. */
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Icon, type IconName } from '../ui/icons.tsx';

interface Props {
  /** Of the line and, with `-to` and `-go`, of its field and its button. */
  readonly testIds: { readonly line: string; readonly form: string };
  readonly icon: IconName;
  readonly title: string;
  readonly label: string;
  readonly go: string;
  readonly disabled?: boolean;
  readonly onGo: (to: string) => void;
  /** What else can be done with a name. */
  readonly others?: (to: string, disabled: boolean) => ComponentChildren;
}

export function MenuName(props: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class="menu-item"
        data-testid={props.testIds.line}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name={props.icon} size={22} />
        {props.title}
      </button>
      {open && <Form {...props} />}
    </>
  );
}

function Form({ testIds, label, go, disabled = false, onGo, others }: Props) {
  const [to, setTo] = useState('');
  const id = useId();
  const cannot = to.trim() === '' || disabled;
  return (
    <form
      class="menu-form"
      onSubmit={(event) => {
        event.preventDefault();
        onGo(to);
      }}
    >
      <label for={id}>{label}</label>
      <input
        id={id}
        data-testid={`${testIds.form}-to`}
        value={to}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxLength={64}
        autofocus
        onInput={({ currentTarget }) => setTo(currentTarget.value)}
      />
      <div class="menu-buttons">
        <button
          type="submit"
          class="button button-primary"
          data-testid={`${testIds.form}-go`}
          disabled={cannot}
        >
          {go}
        </button>
        {others?.(to, cannot)}
      </div>
    </form>
  );
}
