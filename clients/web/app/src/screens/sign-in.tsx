/** Sign in with name and password. */
import { useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { Page } from '../model/model.ts';
import { t } from '../text/language.ts';
import { PasswordField, TextField } from '../ui/field.tsx';
import { AccountPage, UserCommand } from './account-page.tsx';
import { FormProblem } from './form-problem.tsx';

interface Props {
  readonly page: Extract<Page, { type: 'sign-in' }>;
  readonly send: Send;
}

/** The first page of somebody who has an account. */
export function SignIn({ page, send }: Props) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    send({ type: 'log-in', name: name.trim(), password });
  };
  return (
    <AccountPage>
      <form class="form" onSubmit={submit}>
        <h1>{t('login.title')}</h1>
        {page.ended && <p class="lead">{t('login.ended')}</p>}
        <TextField
          label={t('login.name')}
          name="username"
          value={name}
          onValue={setName}
          testId="login-name"
          autocomplete="username"
          maxLength={64}
        />
        <PasswordField
          label={t('login.password')}
          value={password}
          onValue={setPassword}
          testId="login-password"
          isNew={false}
        />
        <FormProblem form={page.form} />
        <button
          type="submit"
          class="button button-primary"
          data-testid="login-submit"
          disabled={page.form.type === 'sending'}
        >
          {t('login.submit')}
        </button>
        <p class="hint">
          {t('login.help')} <UserCommand verb="add" />
        </p>
        <p class="hint">
          {t('login.forgotten')} <UserCommand verb="link" />
        </p>
      </form>
    </AccountPage>
  );
}
