/** The people this user knows, whether they are there, and how to add one. */
import type { Contact } from '@visavis/client';
import { useEffect, useId, useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { Model } from '../model/model.ts';
import { requestsOf } from '../model/people.ts';
import '../style/people.css';
import { t } from '../text/language.ts';
import { p } from '../text/pages.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';
import { PageIcon } from '../ui/page-icons.tsx';
import { PresenceDot, presenceOf } from '../ui/presence.tsx';
import { lookForVerified, VerifiedMark } from '../ui/verified.tsx';
import { PageTop } from './page-top.tsx';
import { MoreButton, PersonActions } from './person-actions.tsx';
import { Request } from './request.tsx';

interface Props {
  readonly model: Model;
  readonly send: Send;
}

/** One field finds those who are here and adds those who are not. */
export function Contacts({ model, send }: Props) {
  const { people, history, page } = model;
  const { contacts } = people;
  const [sought, setSought] = useState('');
  // Kept here, because a person who becomes a favourite moves to another list.
  const [open, setOpen] = useState<string | null>(null);
  const me = page.type === 'home' ? page.me.name : '';
  useEffect(() => void lookForVerified(me), [me]);
  const toggle = (name: string) => setOpen(open === name ? null : name);
  const name = sought.trim().toLowerCase();
  const found = contacts.items.filter((contact) => matches(contact, name));
  const isNew = name !== '' && !contacts.items.some((contact) => contact.name === name);
  const add = () => {
    send({ type: 'put-contact', name, change: {} });
    setSought('');
  };
  return (
    <main class="page-column">
      <PageTop title={t('nav.contacts')} />
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (isNew) add();
        }}
      >
        <PageIcon name="search" />
        <input
          class="search-input"
          value={sought}
          onInput={(event) => setSought(event.currentTarget.value)}
          placeholder={p('contacts.search')}
          aria-label={p('contacts.search')}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={64}
          data-testid="contact-search"
        />
      </form>
      {isNew && (
        <button type="button" class="add-person" data-testid="contact-add" onClick={add}>
          <span class="add-face">
            <PageIcon name="add" />
          </span>
          {p('contacts.add', { name })}
        </button>
      )}
      {requestsOf(people, history.calls).map((call) => (
        <Request key={call.peer} call={call} send={send} />
      ))}
      <Group
        title={p('contacts.favourites')}
        contacts={found.filter(isFavourite)}
        open={open}
        onToggle={toggle}
        model={model}
        send={send}
      />
      <Group
        title={p('contacts.all')}
        contacts={found.filter((contact) => !contact.favourite)}
        open={open}
        onToggle={toggle}
        model={model}
        send={send}
      />
      {contacts.items.length === 0 && !isNew && <Nobody model={model} send={send} />}
    </main>
  );
}

function isFavourite(contact: Contact): boolean {
  return contact.favourite;
}

function matches({ name, display_name, chosen_name }: Contact, sought: string): boolean {
  return [name, display_name, chosen_name].some((text) => text.toLowerCase().includes(sought));
}

interface GroupProps extends Props {
  readonly title: string;
  readonly contacts: readonly Contact[];
  readonly open: string | null;
  readonly onToggle: (name: string) => void;
}

function Group({ title, contacts, open, onToggle, model, send }: GroupProps) {
  const id = useId();
  if (contacts.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 class="day" id={id}>
        {title}
      </h2>
      <ul class="people">
        {contacts.map((contact) => (
          <Person
            key={contact.name}
            contact={contact}
            open={open === contact.name}
            onToggle={() => onToggle(contact.name)}
            model={model}
            send={send}
          />
        ))}
      </ul>
    </section>
  );
}

interface PersonProps extends Props {
  readonly contact: Contact;
  readonly open: boolean;
  readonly onToggle: () => void;
}

function Person({ contact, open, onToggle, model, send }: PersonProps) {
  const { people } = model;
  const { name, display_name } = contact;
  const panel = useId();
  const status = presenceOf(people, name);
  return (
    <li class="call-item" data-testid="contact" data-peer={name} data-status={status}>
      <div class="call-row">
        <span class="with-dot">
          <Avatar id={name} name={display_name} />
          <PresenceDot status={status} />
        </span>
        <div class="call-text">
          <p class="call-name">
            {display_name}
            <VerifiedMark name={name} displayName={display_name} />
          </p>
          <p class="call-fact" aria-hidden={status !== 'offline'}>
            {status === 'offline' ? name : t(`presence.${status}`)}
          </p>
        </div>
        <CallButton name={name} displayName={display_name} video={false} send={send} />
        <CallButton name={name} displayName={display_name} video send={send} />
        <MoreButton panel={panel} open={open} name={display_name} onPress={onToggle} />
      </div>
      {open && (
        <PersonActions panel={panel} name={name} displayName={display_name} people={people} send={send} />
      )}
    </li>
  );
}

interface CallButtonProps {
  readonly name: string;
  readonly displayName: string;
  readonly video: boolean;
  readonly send: Send;
}

function CallButton({ name, displayName, video, send }: CallButtonProps) {
  const label = t(video ? 'home.call-back.video' : 'home.call-back.audio', { name: displayName });
  return (
    <button
      type="button"
      class="icon-button call-back"
      data-testid={video ? 'contact-video' : 'contact-audio'}
      onClick={() => send({ type: 'dial', to: name, video })}
      aria-label={label}
      title={label}
    >
      <Icon name={video ? 'video' : 'phone'} size={22} />
    </button>
  );
}

function Nobody({ model, send }: Props) {
  switch (model.people.contacts.status) {
    case 'loading':
      return (
        <p class="empty" role="status">
          {t('loading')}
        </p>
      );
    case 'failed':
      return (
        <div class="empty" role="alert">
          <p>{p('failed')}</p>
          <button
            type="button"
            class="button button-quiet"
            onClick={() => send({ type: 'reload', what: 'contacts' })}
          >
            {p('retry')}
          </button>
        </div>
      );
    case 'ready':
      return (
        <div class="empty">
          <h2>{p('contacts.empty.title')}</h2>
          <p>{p('contacts.empty.text')}</p>
        </div>
      );
  }
}
