/** The stories of the pages about people. */
import type { Model } from '../model/model.ts';
import type { People } from '../model/people.ts';
import type { Place } from '../model/place.ts';
import type { Language } from '../text/language.ts';
import { knownPeople, links, people } from './known-people.ts';
import { base, inCall, pastCall, type Story } from './story-models.ts';

const HOUR = 3_600_000;

function at(place: Place, change: (language: Language, now: number) => Partial<People> = () => ({})): Story {
  return (now, language) => {
    const model = base(now, language);
    return { ...model, place, people: { ...model.people, ...change(language, now) } };
  };
}

const TOKEN = 'Gq3b9sXw2LkVt0aZcYpR8nHfUe4mJ6dB';

function atDoor(change: Partial<Extract<Model['page'], { type: 'guest-door' }>> = {}): Story {
  return (now, language) => {
    const { alice } = people(language);
    const invitation = {
      host_name: alice.name,
      label: language === 'zh-CN' ? '周三面试' : 'Interview on Wednesday',
      video: true,
    };
    return base(now, language, {
      type: 'guest-door',
      token: TOKEN,
      link: { type: 'valid', invitation },
      me: null,
      form: { type: 'ready' },
      ...change,
    });
  };
}

function inside(over: boolean, asks = false): Story {
  return (now, language) => {
    const { alice, anna } = people(language);
    const guest = {
      host: alice.id,
      host_name: alice.name,
      label: 'Team',
      video: true,
      expires_in_ms: 12 * HOUR,
    };
    const me = { name: 'guest.k3fq', display_name: anna.name, guest };
    return base(now, language, { type: 'guest', me, guest, over, asks });
  };
}

/** On the tablet in the kitchen. */
function shared(place: Place, shared: Model['shared'], rings = false): Story {
  return (now, language) => {
    const incoming = inCall(() => ({
      direction: 'in',
      attended: false,
      state: { type: 'ringing', direction: 'in', until: undefined },
    }));
    return { ...(rings ? incoming : base)(now, language), place, shared };
  };
}

const preferences = (language: Language, change: Partial<NonNullable<People['preferences']>>) => {
  const { preferences } = knownPeople(language);
  return { preferences: preferences && { ...preferences, ...change } };
};

/** By name, as in the page's address. */
export const PEOPLE_STORIES: Readonly<Record<string, Story>> = {
  'home-busy': (now, language) => {
    const model = base(now, language);
    const stranger = { id: 'dave', name: language === 'zh-CN' ? '戴维' : 'Dave Marchetti' };
    const request = pastCall(now, 600_000, stranger, {
      direction: 'in',
      outcome: 'missed',
      reason: 'no_answer',
      quiet: true,
      request: true,
      unseen: true,
    });
    return {
      ...model,
      history: { ...model.history, calls: [request, ...model.history.calls] },
      people: {
        ...model.people,
        unseen: { missed: 2, requests: 1 },
        ...preferences(language, {
          quietUntil: now + HOUR,
          do_not_disturb: { on: true, schedule: [] },
        }),
      },
      toast: {
        id: 1,
        calm: true,
        message: { key: 'toast.blocked', params: { name: 'Mallory' } },
        action: { key: 'toast.undo', input: { type: 'unblock-person', name: 'mallory' } },
      },
    };
  },
  contacts: at('contacts'),
  'contacts-empty': at('contacts', () => ({ contacts: { status: 'ready', items: [] } })),
  history: at('history'),
  settings: at('settings'),
  'settings-check': at('settings/check'),
  'settings-account': at('settings/account', () => ({
    account: { name: { type: 'done' }, password: { type: 'refused', problem: { type: 'wrong' } } },
  })),
  'settings-calls': at('settings/calls'),
  'settings-quiet': at('settings/quiet', (language) =>
    preferences(language, {
      do_not_disturb: {
        on: false,
        zone: 'Europe/Berlin',
        schedule: [
          { days: ['mon', 'tue', 'wed', 'thu', 'sun'], from: '22:30', to: '07:00' },
          { days: ['sat'], from: '12:00', to: '14:00' },
        ],
      },
    }),
  ),
  'settings-quiet-now': at('settings/quiet', (language, now) =>
    preferences(language, { do_not_disturb: { on: true, schedule: [] }, quietUntil: now + HOUR }),
  ),
  'settings-notifications': at('settings/notifications', () => ({ push: 'on' })),
  'settings-notifications-denied': at('settings/notifications', () => ({ push: 'denied' })),
  'settings-devices': at('settings/devices'),
  'settings-links': at('settings/links'),
  'settings-link-made': at('settings/links', (language) => {
    const [link] = links(language);
    return link ? { newLink: { link, url: `https://calls.example.org/#/guest/${TOKEN}` } } : {};
  }),
  'settings-blocked': at('settings/blocked'),
  'settings-appearance': at('settings/appearance'),
  'guest-door': atDoor(),
  'guest-door-signed-in': atDoor({ me: { name: 'bob', display_name: 'Bob Keller' } }),
  'guest-closed': atDoor({ link: { type: 'closed' } }),
  guest: inside(false),
  'guest-over': inside(true),
  'guest-asks': inside(false, true),
  'shared-locked': shared('home', { open: false, asking: null }),
  'shared-settings': shared('settings', { open: false, asking: null }),
  'shared-open': shared('settings/devices', { open: true, asking: null }),
  'shared-incoming': shared('home', { open: false, asking: null }, true),
  'shared-asking': shared(
    'home',
    {
      open: false,
      asking: {
        wanted: { type: 'answer', video: true },
        form: { type: 'refused', problem: { type: 'wrong' } },
      },
    },
    true,
  ),
  'ended-unreachable': (now, language) =>
    inCall(() => ({ state: { type: 'ended', reason: 'unreachable', summary: { durationMs: 0 } } }))(
      now,
      language,
    ),
  'ended-relay-down': (now, language) =>
    inCall(() => ({
      state: {
        type: 'ended',
        reason: 'media-failed',
        summary: {
          durationMs: 0,
          diagnosis: {
            code: 'relay-unreachable-here',
            here: ['host'],
            there: ['host'],
            errors: ['unreachable'],
            reach: { udp: false, tcp: false },
          },
        },
      },
    }))(now, language),
  'ended-stranger': (now, language) => {
    const { dan } = people(language);
    return inCall(() => ({
      direction: 'in',
      peer: { ...dan, lost: false, contact: false },
      state: { type: 'ended', reason: 'remote-hangup', summary: { durationMs: 61_000 } },
    }))(now, language);
  },
  'incoming-knock': (now, language) => {
    const { anna } = people(language);
    return inCall(() => ({
      direction: 'in',
      attended: false,
      peer: {
        id: 'guest.k3fq',
        name: anna.name,
        lost: false,
        contact: false,
        guest: { label: language === 'zh-CN' ? '团队' : 'Team' },
      },
      state: { type: 'ringing', direction: 'in', until: undefined },
    }))(now, language);
  },
};
