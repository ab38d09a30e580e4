/** The stories of the administration, and what the server would answer there. */
import type { AdminRelay, AdminUser } from '@visavis/client';
import type { AdminApi } from '../api/admin.ts';
import type { Answer } from '../api/http.ts';
import { ADMIN_SECTIONS, type Place } from '../model/place.ts';
import type { Language } from '../text/language.ts';
import { people } from './known-people.ts';
import { base, type Story } from './story-models.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const at =
  (place: Place): Story =>
  (now, language) => {
    const { alice } = people(language);
    const me = { name: alice.id, display_name: alice.name, admin: true };
    return { ...base(now, language, { type: 'home', me }), place };
  };

/** The list, and each of its parts. */
export const ADMIN_STORIES: Readonly<Record<string, Story>> = {
  admin: at('admin'),
  'admin-user-open': at('admin/users'),
  ...Object.fromEntries(ADMIN_SECTIONS.map((name) => [`admin-${name}`, at(`admin/${name}`)])),
};

const ok = async <T>(value: T): Promise<Answer<T>> => ({ type: 'ok', value });

/** A small server with something of everything. */
export function drawnAdminApi(language: Language): AdminApi {
  const { alice, bob, carol, dan, anna } = people(language);
  const person = ({ id, name }: typeof alice) => ({ name: id, display_name: name });
  const user = (who: typeof alice, rest: Partial<AdminUser>): AdminUser => ({
    ...person(who),
    admin: false,
    disabled: false,
    signed_up: true,
    online: 0,
    added_ago_ms: 90 * DAY,
    ...rest,
  });
  const users = [
    user(alice, { admin: true, online: 2, last_seen_ago_ms: 0 }),
    user(bob, { last_seen_ago_ms: 3 * HOUR }),
    user(carol, { disabled: true }),
    user(dan, { signed_up: false }),
  ];
  const link = (label: string, used: number) => ({
    id: label,
    label,
    video: true,
    used,
    created_ago_ms: DAY,
  });
  const made = {
    name: bob.id,
    url: 'https://call.example.org/#/join/Gq3b9sXw2LkVt0aZcYpR8nHfUe4mJ6dB',
    expires_in_ms: 7 * DAY,
  };
  return {
    users: () => ok({ users, more: true }),
    addUser: () => ok(made),
    changeUser: () => ok(user(bob, {})),
    removeUser: () => ok({}),
    makeLink: () => ok(made),
    devices: () =>
      ok({
        logins: [
          {
            id: '0123456789abcdef',
            name: 'Firefox on Linux',
            created_ago_ms: 20 * DAY,
            last_seen_ago_ms: 5 * HOUR,
            current: false,
            push: true,
            devices: [],
          },
        ],
      }),
    signOut: () => ok({}),
    links: () =>
      ok({
        more: true,
        links: [
          { owner: person(bob), link: link('Team', 3) },
          { owner: person(carol), link: { ...link(anna.name, 1), uses_left: 0 } },
        ],
      }),
    revokeLink: () => ok({}),
    calls: () =>
      ok({
        count: 2,
        calls: [
          {
            id: 'c2',
            caller: person(bob),
            callee: person(carol),
            state: 'ringing',
            media: ['audio'],
            started_ago_ms: 9_000,
          },
          {
            id: 'c1',
            caller: person(dan),
            callee: person(alice),
            state: 'active',
            media: ['audio', 'video'],
            started_ago_ms: 12 * MINUTE,
            route: 'relay_udp',
          },
        ],
      }),
    endCall: () => ok({}),
    failures: () =>
      ok({
        more: false,
        failures: [
          {
            call: 'f1',
            caller: person(bob),
            callee: person(dan),
            reason: 'media_failed',
            diagnosis: 'no_path',
            started_ago_ms: 2 * HOUR,
            duration_ms: 0,
          },
          {
            call: 'f2',
            caller: person(carol),
            callee: person(bob),
            reason: 'connection_lost',
            diagnosis: 'device_gone',
            started_ago_ms: 3 * DAY,
            duration_ms: 60_000,
          },
        ],
      }),
    relay: () => ok(RELAY),
    testRelay: () => ok(RELAY),
  };
}

const RELAY: AdminRelay = {
  relay: {
    allocations: 4,
    allocations_opened: 1_284,
    tcp_connections: 1,
    bytes: 7_340_000_000,
    packets: 9_120_000,
  },
  test: {
    verdict: 'unsure',
    tested_ago_ms: 9 * MINUTE,
    ways: [
      { carrier: 'udp', place: 'here', host: '192.0.2.10', port: 3478 },
      { carrier: 'tcp', place: 'here', host: '192.0.2.10', port: 3478 },
      {
        carrier: 'udp',
        place: 'told',
        host: 'call.example.org',
        port: 3478,
        problem: 'silent',
        cause:
          'nothing comes back from UDP port 3478; forward it to this machine and open it in the firewall',
      },
    ],
  },
  networks: [
    {
      network: '203.0.113.0/24',
      udp: { reached: 0, missed: 7 },
      tcp: { reached: 6, missed: 1 },
      tls: { reached: 0, missed: 0 },
    },
    {
      network: '2001:db8:1::/48',
      udp: { reached: 41, missed: 0 },
      tcp: { reached: 40, missed: 1 },
      tls: { reached: 12, missed: 0 },
    },
  ],
};
