/** What becomes of the model when something about people is told: `(model, input) → (model, outputs)`. */
import type { ChangedThing, Contact, GuestLink, LoginView, PutContact, UserId } from '@visavis/client';
import type { Message } from '../text/language.ts';
import { UNCHANGED } from './account.ts';
import type { Input, Output } from './message.ts';
import type { Model, Toast } from './model.ts';
import {
  contactOf,
  type NotDone,
  type OwnPreferences,
  type People,
  type PeopleInput,
  type PeopleOutput,
  type Shelf,
  type Thing,
} from './people.ts';
import type { Place } from './place.ts';
import type { Step } from './update.ts';

/** More faces than this are no favourites. */
const AWAITED_LIMIT = 20;

/** What is asked for when somebody has signed in; the rest when its page is opened. */
export const AT_HOME: readonly PeopleOutput[] = [
  { type: 'load', what: 'contacts' },
  { type: 'load', what: 'blocks' },
  { type: 'load', what: 'preferences' },
  { type: 'ask-push' },
];

/** Takes one input about people. */
export function updatePeople(model: Model, input: PeopleInput): Step {
  const { people } = model;
  switch (input.type) {
    case 'go':
      return go(model, input.place);
    case 'contacts':
      return [{ ...model, people: { ...people, contacts: ready(input.contacts) } }, []];
    case 'blocks':
      return [{ ...model, people: { ...people, blocks: ready(input.blocks) } }, []];
    case 'logins':
      return [{ ...model, people: { ...people, logins: ready(input.logins) } }, []];
    case 'links':
      return [{ ...model, people: { ...people, links: ready(input.links) } }, []];
    case 'preferences': {
      const { ends_in_ms } = input.preferences.do_not_disturb;
      const quietUntil = ends_in_ms === undefined ? null : input.now + ends_in_ms;
      return [{ ...model, people: { ...people, preferences: { ...input.preferences, quietUntil } } }, []];
    }
    case 'load-failed':
      return [failed(model, input.what), []];
    case 'reload':
      return [model, [{ type: 'load', what: input.what }]];
    case 'changed':
      return [model, input.what.flatMap((what) => reloadOf(model, what))];
    case 'presence':
      return presence(model, input.presence);
    case 'unseen':
      return seeHistory({
        ...model,
        people: { ...people, unseen: { missed: input.missed, requests: input.requests } },
      });
    case 'more-history': {
      const last = model.history.calls.at(-1);
      if (people.older !== 'maybe' || !last) return [model, []];
      return [
        { ...model, people: { ...people, older: 'loading' } },
        [{ type: 'load-older-history', before: last.call }],
      ];
    }
    case 'older-history': {
      const calls = [...model.history.calls, ...input.calls];
      const older = input.end ? 'none' : 'maybe';
      return [{ ...model, history: { ...model.history, calls }, people: { ...people, older } }, []];
    }
    case 'older-history-failed':
      return [{ ...model, people: { ...people, older: 'maybe' } }, []];
    case 'put-contact':
      return putContact(model, input.name, input.change);
    case 'remove-contact':
      return removeContact(model, input.name);
    case 'block':
      return block(model, input.name, input.displayName);
    case 'unblock-person': {
      const items = people.blocks.items.filter(({ name }) => name !== input.name);
      return [
        { ...model, people: { ...people, blocks: { ...people.blocks, items } } },
        [{ type: 'delete-block', name: input.name }],
      ];
    }
    case 'set-preferences':
      return [
        { ...model, people: { ...people, preferences: input.preferences } },
        [{ type: 'send-preferences', preferences: input.preferences }],
      ];
    case 'rename-login': {
      const name = input.name.trim();
      const logins = onShelf(people.logins, input.id, (login) => ({ ...login, name: name || login.name }));
      return [{ ...model, people: { ...people, logins } }, [{ type: 'send-login-name', id: input.id, name }]];
    }
    case 'sign-out-login':
      return [
        { ...model, people: { ...people, logins: without(people.logins, (login) => login.id === input.id) } },
        [{ type: 'delete-login', id: input.id }],
      ];
    case 'sign-out-others':
      return [
        { ...model, people: { ...people, logins: without(people.logins, (login) => !login.current) } },
        [{ type: 'delete-other-logins' }],
      ];
    case 'make-link':
      return [model, [{ type: 'send-link', link: input.link }]];
    case 'link-made': {
      const links: Shelf<GuestLink> = { status: 'ready', items: [input.made.link, ...people.links.items] };
      return [{ ...model, people: { ...people, newLink: input.made, links } }, []];
    }
    case 'forget-new-link':
      return [{ ...model, people: { ...people, newLink: null } }, []];
    case 'revoke-link': {
      const newLink = people.newLink?.link.id === input.id ? null : people.newLink;
      const links = without(people.links, (link) => link.id === input.id);
      return [{ ...model, people: { ...people, links, newLink } }, [{ type: 'delete-link', id: input.id }]];
    }
    case 'await': {
      const { person } = input;
      const others = people.awaited.filter(({ id }) => id !== person.id).slice(-AWAITED_LIMIT + 1);
      return [
        withNews(
          { ...model, people: { ...people, awaited: [...others, person] } },
          {
            key: 'toast.awaited',
            params: { name: person.name },
          },
        ),
        [],
      ];
    }
    case 'awaited-before':
      return [{ ...model, people: { ...people, awaited: input.people.slice(-AWAITED_LIMIT) } }, []];
    case 'await-no-more': {
      const awaited = people.awaited.filter(({ id }) => id !== input.id);
      return [{ ...model, people: { ...people, awaited } }, []];
    }
    case 'set-push':
      return [{ ...model, people: { ...people, push: 'unknown' } }, [{ type: 'turn-push', on: input.on }]];
    case 'push':
      return [{ ...model, people: { ...people, push: input.status } }, []];
    case 'push-failed':
      return [withWarning(model, { key: 'toast.push-failed' }), []];
    case 'test-notification':
      return [model, [{ type: 'show-test-notification' }]];
    case 'not-done':
      return [withWarning(model, notDone(input.why)), [{ type: 'load', what: input.what }]];
    case 'looked-at':
      return seeHistory(model);
    default:
      return input satisfies never;
  }
}

function go(model: Model, place: Place): Step {
  const moved = { ...model, place, people: { ...model.people, newLink: null, account: UNCHANGED } };
  if (model.page.type !== 'home') return [moved, []];
  const loads: Output[] = place === model.place ? [] : [{ type: 'show-address', place }];
  loads.push(...neededAt(place));
  const [seen, outputs] = seeHistory(moved);
  return [seen, [...loads, ...outputs]];
}

/** What a page shows that is not kept up to date all the time. */
export function neededAt(place: Place): readonly PeopleOutput[] {
  switch (place) {
    case 'settings':
      return [
        { type: 'load', what: 'devices' },
        { type: 'load', what: 'links' },
      ];
    case 'settings/devices':
      return [{ type: 'load', what: 'devices' }];
    case 'settings/links':
      return [{ type: 'load', what: 'links' }];
    case 'home':
    case 'contacts':
    case 'history':
    case 'report':
    case 'settings/check':
    case 'settings/account':
    case 'settings/calls':
    case 'settings/quiet':
    case 'settings/notifications':
    case 'settings/blocked':
    case 'settings/appearance':
    case 'admin':
    case 'admin/users':
    case 'admin/calls':
    case 'admin/links':
    case 'admin/relay':
    case 'admin/failures':
      return [];
  }
}

function reloadOf(model: Model, what: ChangedThing): readonly Output[] {
  switch (what) {
    case 'history':
      return [{ type: 'load-history', afterCall: false }];
    case 'contacts':
    case 'blocks':
    case 'preferences':
      return [{ type: 'load', what }];
    case 'devices':
    case 'links':
      return neededAt(model.place).filter((load) => load.type === 'load' && load.what === what);
  }
}

/** The number beside the name of the app and on its icon; null: what stands there is not to be touched yet. */
export function unseenCount({ page, people: { unseen } }: Model): number | null {
  // Nobody is here who could have missed anything.
  if (page.type === 'sign-in') return 0;
  return unseen && unseen.missed + unseen.requests;
}

/** Missed calls count as seen once the page that lists them is open. */
function seeHistory(model: Model): Step {
  const [newest] = model.history.calls;
  if (model.place !== 'history' || model.hidden || !newest || !unseenCount(model)) return [model, []];
  const people: People = { ...model.people, unseen: { missed: 0, requests: 0 } };
  return [{ ...model, people }, [{ type: 'mark-seen', call: newest.call }]];
}

function presence(model: Model, now: People['presence']): Step {
  const { awaited } = model.people;
  const came = awaited.filter(({ id }) => now[id] === 'online');
  const people = { ...model.people, presence: now, awaited: awaited.filter((one) => !came.includes(one)) };
  let after: Model = { ...model, people };
  for (const { id, name } of came) {
    after = withNews(
      after,
      { key: 'toast.online', params: { name } },
      { key: 'toast.call', input: { type: 'dial', to: id, video: false } },
    );
  }
  return [after, came.map((person) => ({ type: 'notify-online', person }))];
}

function putContact(model: Model, name: UserId, change: PutContact): Step {
  const { people } = model;
  const known = contactOf(people, name);
  const outputs: Output[] = [{ type: 'send-contact', name, change }];
  // Of somebody new the server knows the name that is shown.
  if (!known) return [model, outputs];
  const items = people.contacts.items.map((contact) =>
    contact === known ? changed(known, change) : contact,
  );
  return [{ ...model, people: { ...people, contacts: { ...people.contacts, items } } }, outputs];
}

function changed(contact: Contact, { favourite, display_name }: PutContact): Contact {
  return {
    ...contact,
    favourite: favourite ?? contact.favourite,
    display_name: display_name === '' ? contact.chosen_name : (display_name ?? contact.display_name),
  };
}

function removeContact(model: Model, name: UserId): Step {
  const { people } = model;
  const contact = contactOf(people, name);
  if (!contact) return [model, []];
  const contacts = without(people.contacts, (one) => one === contact);
  return [
    withNews(
      { ...model, people: { ...people, contacts } },
      { key: 'toast.contact-removed', params: { name: contact.display_name } },
      { key: 'toast.undo', input: putBack(contact) },
    ),
    [{ type: 'delete-contact', name }],
  ];
}

function block(model: Model, name: UserId, displayName: string): Step {
  const { people } = model;
  const contact = contactOf(people, name);
  const blocked = { name, display_name: displayName, blocked_ago_ms: 0 };
  const blocks = without(people.blocks, (one) => one.name === name);
  const after: Model = {
    ...model,
    people: {
      ...people,
      // Who is blocked is no contact any more.
      contacts: without(people.contacts, (one) => one === contact),
      blocks: { ...blocks, items: [blocked, ...blocks.items] },
    },
  };
  const back: Input[] = [{ type: 'unblock-person', name }];
  if (contact) back.push(putBack(contact));
  return [
    withNews(
      after,
      { key: 'toast.blocked', params: { name: displayName } },
      { key: 'toast.undo', input: { type: 'all', inputs: back } },
    ),
    [{ type: 'send-block', name }],
  ];
}

function putBack({ name, favourite, display_name, chosen_name }: Contact): Input {
  const given = display_name === chosen_name ? {} : { display_name };
  return { type: 'put-contact', name, change: { favourite, ...given } };
}

function notDone(why: NotDone): Message {
  switch (why.type) {
    case 'nobody':
      return { key: 'ended.not-found', params: { name: why.name } };
    case 'full':
      return { key: 'toast.full' };
    case 'other':
      return { key: 'toast.not-done' };
  }
}

function failed(model: Model, what: Thing): Model {
  const { people } = model;
  const fail = <T>(shelf: Shelf<T>): Shelf<T> => ({ ...shelf, status: 'failed' });
  switch (what) {
    case 'contacts':
      return { ...model, people: { ...people, contacts: fail(people.contacts) } };
    case 'blocks':
      return { ...model, people: { ...people, blocks: fail(people.blocks) } };
    case 'devices':
      return { ...model, people: { ...people, logins: fail(people.logins) } };
    case 'links':
      return { ...model, people: { ...people, links: fail(people.links) } };
    case 'preferences':
      // The settings say that they are loading, and are asked for again when the way to the server is back.
      return model;
  }
}

/** Whether nothing rings now because the user said so by hand. */
export function isQuiet(preferences: OwnPreferences | null, now: number): boolean {
  if (!preferences?.do_not_disturb.on) return false;
  return preferences.quietUntil === null || preferences.quietUntil > now;
}

function ready<T>(items: readonly T[]): Shelf<T> {
  return { status: 'ready', items };
}

function without<T>(shelf: Shelf<T>, gone: (item: T) => boolean): Shelf<T> {
  return { ...shelf, items: shelf.items.filter((item) => !gone(item)) };
}

function onShelf(
  shelf: Shelf<LoginView>,
  id: string,
  change: (login: LoginView) => LoginView,
): Shelf<LoginView> {
  return { ...shelf, items: shelf.items.map((login) => (login.id === id ? change(login) : login)) };
}

function withNews(model: Model, message: Message, action?: Toast['action']): Model {
  const toast: Toast = { id: nextToast(model), message, calm: true, ...(action ? { action } : {}) };
  return { ...model, toast };
}

function withWarning(model: Model, message: Message): Model {
  return { ...model, toast: { id: nextToast(model), message } };
}

function nextToast(model: Model): number {
  return (model.toast?.id ?? 0) + 1;
}
