/** Redeem a sign-up link: one password, and the account is there. */
import { useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { Page } from '../model/model.ts';
import { isTooShort } from '../model/password.ts';
import { t } from '../text/language.ts';
import { PasswordField, TextField } from '../ui/field.tsx';
import { AccountPage, UserCommand } from './account-page.tsx';
import { FormProblem } from './form-problem.tsx';

type JoinPage = Extract<Page, { type: 'join' }>;

interface Props {
  readonly page: JoinPage;
  readonly send: Send;
}

/** What the link's state calls for. */
export function Join({ page, send }: Props) {
  const { invitation } = page;
  switch (invitation.type) {
    case 'checking':
      return (
        <AccountPage>
          <p class="lead" role="status">
            {t('join.checking')}
          </p>
        </AccountPage>
      );
    case 'invalid':
      return <Invalid send={send} />;
    case 'valid':
      return <JoinForm name={invitation.name} page={page} send={send} />;
  }
}

function Invalid({ send }: { readonly send: Send }) {
  return (
    <AccountPage>
      <div class="form" role="alert">
        <h1>{t('join.invalid.title')}</h1>
        <p class="lead">
          {t('join.invalid.text')} <UserCommand verb="link" />
        </p>
        <button type="button" class="button button-quiet" onClick={() => send({ type: 'to-sign-in' })}>
          {t('join.invalid.sign-in')}
        </button>
      </div>
    </AccountPage>
  );
}

function JoinForm({ name, page, send }: Props & { readonly name: string }) {
  const [displayName, setDisplayName] = useState(name);
  const [password, setPassword] = useState('');
  const [tooShort, setTooShort] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const short = isTooShort(password);
    setTooShort(short);
    if (!short) send({ type: 'sign-up', displayName: displayName.trim(), password });
  };
  return (
    <AccountPage>
      <form class="form" onSubmit={submit} noValidate>
        <h1>{t('join.title', { name })}</h1>
        <p class="lead">{t('join.lead', { name })}</p>
        {/* Password managers keep the password under this name. */}
        <input type="text" name="username" value={name} autocomplete="username" readOnly hidden />
        <TextField
          label={t('join.name')}
          name="display-name"
          value={displayName}
          onValue={setDisplayName}
          testId="join-name"
          autocomplete="name"
          maxLength={64}
        />
        <PasswordField
          label={t('join.password')}
          value={password}
          onValue={setPassword}
          testId="join-password"
          isNew
          invalid={tooShort}
        />
        <FormProblem form={page.form} />
        <button
          type="submit"
          class="button button-primary"
          data-testid="join-submit"
          disabled={page.form.type === 'sending'}
        >
          {t('join.submit')}
        </button>
      </form>
    </AccountPage>
  );
}
