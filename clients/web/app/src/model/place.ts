/** The pages of somebody who is signed in, and how an address names them. */

/** The parts of the settings. */
export const SECTIONS = [
  'check',
  'account',
  'calls',
  'quiet',
  'notifications',
  'devices',
  'links',
  'blocked',
  'appearance',
] as const;

/** One part of the settings. */
export type Section = (typeof SECTIONS)[number];

/** The parts of the administration. */
export const ADMIN_SECTIONS = ['users', 'calls', 'links', 'relay', 'failures'] as const;

/** One part of the administration. */
export type AdminSection = (typeof ADMIN_SECTIONS)[number];

/**
 * Where one is; `settings` and `admin` alone are the lists of their parts, `report` is where a saved report of a call is
 * opened.
 */
export type Place =
  | 'home'
  | 'contacts'
  | 'history'
  | 'report'
  | 'settings'
  | `settings/${Section}`
  | 'admin'
  | `admin/${AdminSection}`;

/** What an address asks for. */
export type Address =
  | { readonly type: 'join'; readonly token: string }
  | { readonly type: 'guest'; readonly token: string }
  /** The service worker opened this page for a notification that was pressed. What is wished, the address does not say. */
  | { readonly type: 'wish'; readonly nonce: string }
  | { readonly type: 'place'; readonly place: Place };

/** Reads what stands behind the address, `#` included. What is not known leads home. */
export function readAddress(hash: string): Address {
  const [, first = '', second = ''] = hash.split('/');
  switch (first) {
    case 'join':
      return { type: 'join', token: second };
    case 'guest':
      return { type: 'guest', token: second };
    case 'wish':
      return { type: 'wish', nonce: second };
    case 'contacts':
    case 'history':
    case 'report':
      return { type: 'place', place: first };
    case 'settings': {
      const section = SECTIONS.find((name) => name === second);
      return { type: 'place', place: section ? `settings/${section}` : 'settings' };
    }
    case 'admin': {
      const section = ADMIN_SECTIONS.find((name) => name === second);
      return { type: 'place', place: section ? `admin/${section}` : 'admin' };
    }
    default:
      return { type: 'place', place: 'home' };
  }
}

/** What stands behind the address for a place; nothing for home. */
export function hashOf(place: Place): string {
  return place === 'home' ? '' : `#/${place}`;
}

/** The place that an address names; home if it asks for something else. */
export function placeIn(hash: string): Place {
  const address = readAddress(hash);
  return address.type === 'place' ? address.place : 'home';
}
