/** The pages of somebody who is signed in, and how an address names them. */

/** The parts of the settings. */
export const SECTIONS = [
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

/** Where one is; `settings` alone is the list of its parts. */
export type Place = 'home' | 'contacts' | 'history' | 'settings' | `settings/${Section}`;

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
      return { type: 'place', place: first };
    case 'settings': {
      const section = SECTIONS.find((name) => name === second);
      return { type: 'place', place: section ? `settings/${section}` : 'settings' };
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
