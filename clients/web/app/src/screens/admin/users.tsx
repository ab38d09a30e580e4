/** Who has an account, and what an administrator does about it. */
import type { AdminUser, AdminUserList, ChangeUser, NewSignUpLink } from '@visavis/client';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { a } from '../../text/admin.ts';
import { formatDistance } from '../../text/ago.ts';
import { language } from '../../text/language.ts';
import { PageIcon } from '../../ui/page-icons.tsx';
import { SureButton } from '../../ui/sure-button.tsx';
import { Switch } from '../../ui/switch.tsx';
import { Devices } from './devices.tsx';
import { Loaded, MoreButton, type News, NewsLine, notDone, useAdminApi, useAsked } from './parts.tsx';
import { UserTable } from './user-table.tsx';

/** Typing is over when no key was pressed for so long. */
const TYPED_MS = 250;

/** `me`: whoever looks, who cannot shut out himself. */
export function Users({ me }: { readonly me: string }) {
  const api = useAdminApi();
  const [search, setSearch] = useState('');
  const [wanted, setWanted] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setWanted(search), TYPED_MS);
    return () => clearTimeout(timer);
  }, [search]);
  const asked = useAsked(useCallback(() => api.users(wanted, null), [api, wanted]));
  const [open, setOpen] = useState<string | null>(null);
  const [link, setLink] = useState<NewSignUpLink | null>(null);
  const [news, setNews] = useState<News | null>(null);

  /** In its place, so that a long list and what is open in it stay. */
  const replace = (name: string, by: AdminUser | null) => {
    const list = asked.value;
    if (!list) return;
    const users = list.users.flatMap((user) => (user.name === name ? (by ?? []) : user));
    asked.set({ ...list, users });
  };
  const change = async (user: AdminUser, wish: ChangeUser, undone = false) => {
    const answer = await api.changeUser(user.name, wish);
    if (answer.type !== 'ok') return setNews(notDone(answer, 'last-admin'));
    replace(user.name, answer.value);
    const back = wish.disabled === undefined ? { admin: user.admin } : { disabled: user.disabled };
    const text = a(said(wish), { name: user.display_name });
    // Whoever administers no longer cannot take that back.
    const mayUndo = !undone && user.name !== me;
    setNews(mayUndo ? { text, undo: () => void change(answer.value, back, true) } : { text });
  };
  const more = async (list: AdminUserList) => {
    const answer = await api.users(wanted, list.users.at(-1)?.name ?? null);
    if (answer.type !== 'ok') return setNews(notDone(answer));
    asked.set({ users: [...list.users, ...answer.value.users], more: answer.value.more });
  };
  const invite = async (name: string) => {
    const answer = await api.makeLink(name);
    if (answer.type === 'ok') setLink(answer.value);
    else setNews(notDone(answer));
  };
  const signOut = async (user: AdminUser) => {
    const answer = await api.signOut(user.name, null);
    if (answer.type !== 'ok') return setNews(notDone(answer));
    replace(user.name, { ...user, online: 0 });
    setNews({ text: a('user.signed-out', { name: user.display_name }) });
  };
  const remove = async ({ name, display_name }: AdminUser) => {
    const answer = await api.removeUser(name);
    if (answer.type !== 'ok') return setNews(notDone(answer, 'last-admin'));
    replace(name, null);
    setNews({ text: a('user.removed', { name: display_name }) });
  };

  // Nor does a field help whom the server does not let in.
  if (asked.failed === 'refused') return <Loaded asked={asked}>{() => null}</Loaded>;
  return (
    <>
      {link ? (
        <SignUpLink link={link} done={() => setLink(null)} />
      ) : (
        <AddUser
          added={(made) => {
            setLink(made);
            asked.reload();
          }}
        />
      )}
      <NewsLine news={news} />
      <input
        class="input"
        type="search"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
        placeholder={a('users.search')}
        aria-label={a('users.search')}
        data-testid="admin-search"
      />
      <Loaded asked={asked}>
        {(list) => (
          <>
            {list.users.length === 0 && <p class="empty">{a('users.none')}</p>}
            {list.users.length > 0 && (
              <UserTable users={list.users} open={open} onOpen={setOpen}>
                {(user) => (
                  <div class="admin-open">
                    <Switch
                      label={a('user.admin')}
                      hint={a('user.admin.hint')}
                      on={user.admin}
                      onChange={(admin) => void change(user, { admin })}
                      testId="admin-appoint"
                    />
                    <Switch
                      label={a('user.disabled')}
                      hint={a('user.disabled.hint')}
                      on={user.disabled}
                      disabled={user.name === me}
                      onChange={(disabled) => void change(user, { disabled })}
                      testId="admin-shut"
                    />
                    <Devices name={user.name} />
                    <div class="admin-buttons">
                      {!user.disabled && (
                        <button
                          type="button"
                          class="button button-tight button-quiet"
                          onClick={() => void invite(user.name)}
                          data-testid="admin-new-link"
                        >
                          {a('user.reset')}
                        </button>
                      )}
                      <SureButton
                        text={a('user.sign-out')}
                        question={a('user.sign-out.sure')}
                        onSure={() => void signOut(user)}
                        testId="admin-sign-out"
                      />
                      <SureButton
                        text={a('user.remove')}
                        question={a('user.remove.sure')}
                        onSure={() => void remove(user)}
                        testId="admin-remove"
                      />
                    </div>
                  </div>
                )}
              </UserTable>
            )}
            {list.more && <MoreButton onPress={() => void more(list)} />}
          </>
        )}
      </Loaded>
    </>
  );
}

function said({ admin, disabled }: ChangeUser) {
  if (disabled !== undefined) return disabled ? 'user.shut' : 'user.opened';
  return admin ? 'user.appointed' : 'user.dismissed';
}

function AddUser({ added }: { readonly added: (made: NewSignUpLink) => void }) {
  const api = useAdminApi();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const answer = await api.addUser(name);
    if (answer.type === 'ok') return added(answer.value);
    const code = answer.type === 'refused' ? answer.error.code : null;
    setProblem(
      a(code === 'conflict' ? 'users.taken' : code === 'bad_message' ? 'users.bad-name' : 'not-done'),
    );
  };
  return (
    <form class="card link-form" onSubmit={(event) => void submit(event)}>
      <h2 class="setting-label">{a('users.add')}</h2>
      <div class="field">
        <label for="admin-name">{a('users.name')}</label>
        <div class="copy-line">
          <input
            id="admin-name"
            class="input"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            maxLength={64}
            required
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="admin-name-problem"
            data-testid="admin-add-name"
          />
          <button type="submit" class="button button-primary button-tight" data-testid="admin-add">
            {a('users.add.go')}
          </button>
        </div>
        <p id="admin-name-problem" class="hint hint-invalid" role="alert">
          {problem}
        </p>
      </div>
    </form>
  );
}

function SignUpLink({ link, done }: { readonly link: NewSignUpLink; readonly done: () => void }) {
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(link.url);
      setCopied(true);
    } catch {
      // The text is selected: it can be copied by hand.
    }
  };
  const when = formatDistance(link.expires_in_ms, language.value);
  return (
    <section class="card link-form" aria-label={a('users.link', { name: link.name })}>
      <h2 class="setting-label">{a('users.link', { name: link.name })}</h2>
      <div class="copy-line">
        <input
          ref={field}
          class="input"
          value={link.url}
          readOnly
          aria-label={a('users.link', { name: link.name })}
          onFocus={(event) => event.currentTarget.select()}
          data-testid="admin-link-url"
        />
        <button type="button" class="button button-primary button-tight" onClick={() => void copy()}>
          <PageIcon name={copied ? 'check' : 'copy'} size={20} />
          <span aria-live="polite">{a(copied ? 'users.link.copied' : 'users.link.copy')}</span>
        </button>
      </div>
      <p class="setting-hint">{a('users.link.hint', { name: link.name, when })}</p>
      <button type="button" class="button button-quiet" data-testid="admin-link-done" onClick={done}>
        {a('users.link.done')}
      </button>
    </section>
  );
}
