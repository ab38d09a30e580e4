/** Where this user is signed in. */
import type { LoginView } from '@visavis/client';
import { useState } from 'preact/hooks';
import type { Send } from '../../model/message.ts';
import type { Shelf } from '../../model/people.ts';
import { formatDistance } from '../../text/ago.ts';
import { language } from '../../text/language.ts';
import { p } from '../../text/pages.ts';
import { PageIcon } from '../../ui/page-icons.tsx';
import { SureButton } from '../../ui/sure-button.tsx';
import { SharedSetting } from './shared.tsx';
import { Waiting } from './waiting.tsx';

interface Props {
  readonly logins: Shelf<LoginView>;
  /** Several people use this browser. */
  readonly shared: boolean;
  readonly send: Send;
}

/** The one in use first, then the last used. */
export function DevicesSection({ logins, shared, send }: Props) {
  if (logins.items.length === 0) {
    return <Waiting status={logins.status === 'failed' ? 'failed' : 'loading'} what="devices" send={send} />;
  }
  const others = logins.items.filter(({ current }) => !current);
  const shown = distinctNames(logins.items);
  return (
    <>
      <ul class="card">
        {logins.items.map((login) => (
          <Login key={login.id} login={login} shown={shown.get(login.id) ?? login.name} send={send} />
        ))}
      </ul>
      {others.length > 1 && (
        <SureButton
          text={p('devices.sign-out-others')}
          question={p('devices.sign-out-others.sure', { count: others.length })}
          onSure={() => send({ type: 'sign-out-others' })}
          testId="sign-out-others"
        />
      )}
      <p class="section-hint">{p('devices.hint')}</p>
      <SharedSetting shared={shared} send={send} />
    </>
  );
}

/** `shown`: its name, told apart from others that are called the same. */
function Login({ login, shown, send }: { login: LoginView; shown: string; send: Send }) {
  const [renaming, setRenaming] = useState(false);
  const [name, setName] = useState(login.name);
  const isPhone = /Android|iOS/.test(login.name);
  const online = login.devices.length > 0;
  return (
    <li class="setting login" data-testid="login" data-current={login.current}>
      <span class="login-face" data-online={online}>
        <PageIcon name={isPhone ? 'phone' : 'laptop'} />
      </span>
      {renaming ? (
        <form
          class="rename"
          onSubmit={(event) => {
            event.preventDefault();
            send({ type: 'rename-login', id: login.id, name });
            setRenaming(false);
          }}
          onKeyDown={(event) => event.key === 'Escape' && setRenaming(false)}
        >
          <input
            ref={(input) => input?.focus()}
            class="input"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            aria-label={p('devices.name')}
            maxLength={64}
            data-testid="rename-input"
          />
          <button type="submit" class="button button-primary button-tight">
            {p('save')}
          </button>
        </form>
      ) : (
        <>
          <div class="setting-text">
            <p class="setting-label">{shown}</p>
            <p class="setting-hint">{factsOf(login).join(' · ')}</p>
          </div>
          <div class="login-tools">
            <button
              type="button"
              class="icon-button"
              aria-label={p('devices.rename', { name: shown })}
              title={p('devices.rename', { name: shown })}
              data-testid="login-rename"
              onClick={() => {
                setName(login.name);
                setRenaming(true);
              }}
            >
              <PageIcon name="pencil" size={20} />
            </button>
            {!login.current && (
              <SureButton
                text={p('devices.sign-out')}
                question={p('devices.sign-out.sure')}
                onSure={() => send({ type: 'sign-out-login', id: login.id })}
                testId="login-sign-out"
              />
            )}
          </div>
        </>
      )}
    </li>
  );
}

function factsOf(login: LoginView): string[] {
  const seen = formatDistance(-login.last_seen_ago_ms, language.value);
  const facts = [
    login.current
      ? p('devices.this')
      : login.devices.length > 0
        ? p('devices.online')
        : p('devices.seen', { when: seen }),
  ];
  if (login.push) facts.push(p('devices.push'));
  return facts;
}

/** By id. Browsers that are called alike are numbered in the order in which they signed in. */
export function distinctNames(logins: readonly LoginView[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const oldestFirst = [...logins].sort((one, other) => other.created_ago_ms - one.created_ago_ms);
  return new Map(
    oldestFirst.map(({ id, name }) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return [id, count === 1 ? name : `${name} (${count})`];
    }),
  );
}
