/** The people of the stories: whom Alice knows, who blocks whom, and what belongs to her. */
import type { Contact, GuestLink, LoginView } from '@visavis/client';
import { NOBODY, type People } from '../model/people.ts';
import type { Language } from '../text/language.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Somebody in a story. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** With names that suit the language. */
export function people(
  language: Language,
): Readonly<Record<'alice' | 'bob' | 'carol' | 'dan' | 'eve' | 'anna', Person>> {
  const zh = language === 'zh-CN';
  return {
    alice: { id: 'alice', name: zh ? '林晓雯' : 'Alice Martin' },
    bob: { id: 'bob', name: zh ? '陈博' : 'Bob Keller' },
    carol: { id: 'carol', name: zh ? '周可' : 'Carol' },
    dan: { id: 'dan', name: zh ? '王大安' : 'Dan Oyelaran-Whitfield' },
    eve: { id: 'eve', name: zh ? '何宜' : 'Eve' },
    anna: { id: 'anna', name: zh ? '安娜' : 'Anna' },
  };
}

/** Everything that Alice's pages show about people. */
export function knownPeople(language: Language): People {
  const { bob, carol, dan, eve, anna } = people(language);
  const contact = ({ id, name }: Person, favourite = false): Contact => ({
    name: id,
    display_name: name,
    chosen_name: name,
    favourite,
  });
  return {
    ...NOBODY,
    contacts: {
      status: 'ready',
      items: [contact(bob, true), contact(carol, true), contact(eve, true), contact(anna), contact(dan)],
    },
    blocks: { status: 'ready', items: [{ name: 'mallory', display_name: 'Mallory', blocked_ago_ms: DAY }] },
    presence: { bob: 'online', carol: 'away', dan: 'online' },
    preferences: {
      callers: 'everyone',
      call_waiting: true,
      favourites_ring_through: true,
      hide_address: false,
      do_not_disturb: { on: false, schedule: [] },
      quietUntil: null,
    },
    logins: { status: 'ready', items: LOGINS },
    links: { status: 'ready', items: links(language) },
    push: 'off',
  };
}

const LOGINS: readonly LoginView[] = [
  {
    id: '1',
    name: 'Firefox on Linux',
    created_ago_ms: 40 * DAY,
    last_seen_ago_ms: 0,
    current: true,
    push: true,
    devices: [{ device: 'tab-1', name: 'Firefox on Linux', status: 'online' }],
  },
  {
    id: '2',
    name: 'Chrome on Android',
    created_ago_ms: 12 * DAY,
    last_seen_ago_ms: HOUR,
    current: false,
    push: true,
    devices: [{ device: 'tab-2', name: 'Chrome on Android', status: 'away' }],
  },
  {
    id: '3',
    name: 'Safari on macOS',
    created_ago_ms: 90 * DAY,
    last_seen_ago_ms: 9 * DAY,
    current: false,
    push: false,
    devices: [],
  },
];

/** One that is fresh, one that is used up. */
export function links(language: Language): readonly GuestLink[] {
  const zh = language === 'zh-CN';
  return [
    {
      id: 'a',
      label: zh ? '团队' : 'Team',
      video: true,
      uses_left: 3,
      used: 2,
      expires_in_ms: 5 * DAY,
      created_ago_ms: 2 * DAY,
    },
    {
      id: 'b',
      label: zh ? '牙医' : 'Dentist',
      video: false,
      uses_left: 0,
      used: 1,
      created_ago_ms: 20 * DAY,
    },
  ];
}
