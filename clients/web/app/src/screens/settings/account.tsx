/** One's own account: how others see one, and the password. */
import type { Me } from '@visavis/client';
import { useState } from 'preact/hooks';
import type { Change, OwnAccount } from '../../model/account.ts';
import type { Send } from '../../model/message.ts';
import { isTooShort } from '../../model/password.ts';
import { p } from '../../text/pages.ts';
import { PasswordField, TextField } from '../../ui/field.tsx';
import { FormProblem } from '../form-problem.tsx';

interface Props {
  readonly me: Me;
  readonly account: OwnAccount;
  readonly send: Send;
}

/** Two forms, since one is changed without the other. */
export function AccountSection({ me, account, send }: Props) {
  return (
    <>
      <NameForm me={me} change={account.name} send={send} />
      {/* Empty again once it has been changed. */}
      <PasswordForm key={account.password.type === 'done'} change={account.password} send={send} />
    </>
  );
}

function NameForm({ me, change, send }: { me: Me; change: Change; send: Send }) {
  const [name, setName] = useState(me.display_name);
  return (
    <form
      class="card own-account"
      onSubmit={(event) => {
        event.preventDefault();
        send({ type: 'change-own-name', displayName: name });
      }}
    >
      <TextField
        label={p('account.name')}
        name="display-name"
        value={name}
        onValue={setName}
        testId="account-name"
        autocomplete="name"
        maxLength={64}
      />
      <p class="hint">{p('account.name.hint', { name: me.name })}</p>
      <Outcome change={change} done={p('account.name.done')} />
      <button
        type="submit"
        class="button button-primary"
        data-testid="account-name-save"
        disabled={change.type === 'sending' || name.trim() === me.display_name}
      >
        {p('save')}
      </button>
    </form>
  );
}

function PasswordForm({ change, send }: { change: Change; send: Send }) {
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  const [short, setShort] = useState(false);
  return (
    <form
      class="card own-account"
      onSubmit={(event) => {
        event.preventDefault();
        const isShort = isTooShort(password);
        setShort(isShort);
        if (!isShort) send({ type: 'change-password', old, password });
      }}
    >
      <PasswordField
        label={p('account.password.old')}
        value={old}
        onValue={setOld}
        testId="account-old"
        isNew={false}
      />
      <PasswordField
        label={p('account.password.new')}
        value={password}
        onValue={setPassword}
        testId="account-new"
        isNew
        invalid={short}
      />
      <p class="hint">{p('account.password.hint')}</p>
      <Outcome change={change} done={p('account.password.done')} />
      <button
        type="submit"
        class="button button-primary"
        data-testid="account-password-save"
        disabled={change.type === 'sending'}
      >
        {p('account.password.save')}
      </button>
    </form>
  );
}

function Outcome({ change, done }: { change: Change; done: string }) {
  if (change.type === 'done') {
    return (
      <p class="form-done" role="status">
        {done}
      </p>
    );
  }
  // The only thing that can be wrong is the old password: who is signed in has a name.
  const isWrong = change.type === 'refused' && change.problem.type === 'wrong';
  return isWrong ? (
    <p class="form-problem" role="alert">
      {p('account.password.wrong')}
    </p>
  ) : (
    <FormProblem form={change} />
  );
}
