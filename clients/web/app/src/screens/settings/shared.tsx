/** Whether several people use this browser, and the PIN by which its user is known among them. */
import { useState } from 'preact/hooks';
import type { Send } from '../../model/message.ts';
import { p } from '../../text/pages.ts';
import { Switch } from '../../ui/switch.tsx';

interface Props {
  readonly shared: boolean;
  readonly send: Send;
}

/** What the server takes. */
const PIN = '[0-9]{4,12}';

/** Turned on by choosing a PIN, turned off by whoever has just confirmed who they are. */
export function SharedSetting({ shared, send }: Props) {
  const [choosing, setChoosing] = useState(false);
  const [pin, setPin] = useState('');
  return (
    <>
      <div class="card">
        <Switch
          label={p('shared')}
          hint={p('shared.hint')}
          on={shared || choosing}
          onChange={(on) => {
            if (!on && shared) send({ type: 'share', pin: null });
            setChoosing(on && !shared);
          }}
          testId="shared-switch"
        />
      </div>
      {choosing && !shared && (
        <form
          class="rename"
          onSubmit={(event) => {
            event.preventDefault();
            setChoosing(false);
            setPin('');
            send({ type: 'share', pin });
          }}
        >
          <label class="field">
            <span>{p('shared.pin')}</span>
            <input
              ref={(input) => input?.focus()}
              class="input"
              inputMode="numeric"
              pattern={PIN}
              autocomplete="off"
              maxLength={12}
              required
              value={pin}
              onInput={({ currentTarget }) => setPin(currentTarget.value)}
              data-testid="shared-pin"
            />
          </label>
          <button type="submit" class="button button-primary button-tight" data-testid="shared-save">
            {p('save')}
          </button>
        </form>
      )}
    </>
  );
}
