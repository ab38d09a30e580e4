/**
 * Whom somebody means who types a name: people are dialled by their name on the server, and remembered by the one that is
 * shown.
 */
import type { UserId } from '@visavis/client';
import type { Model } from './model.ts';

/** Somebody this user knows or has spoken to. */
export interface Known {
  readonly name: UserId;
  readonly display_name: string;
}

/** As many as are seen at one look. */
const FOUND_LIMIT = 4;

/** Contacts first, then who was called or has called, newest first. */
export function knownOf({ people, history }: Pick<Model, 'people' | 'history'>): readonly Known[] {
  const known = new Map<UserId, Known>();
  for (const { name, display_name } of people.contacts.items) known.set(name, { name, display_name });
  for (const { peer, peer_name, guest } of history.calls) {
    // Guests can be called by nobody.
    if (!guest && !known.has(peer)) known.set(peer, { name: peer, display_name: peer_name });
  }
  return [...known.values()];
}

/**
 * The name to dial. What is typed may be the name that is shown, if only one person has it, or the beginning of one, if it
 * has a space and so can be no name on the server.
 */
export function nameOf(typed: string, known: readonly Known[]): UserId {
  const sought = typed.trim().toLowerCase();
  if (known.some(({ name }) => name === sought)) return sought;
  const shown = known.filter(({ display_name }) => display_name.toLowerCase() === sought);
  const found = shown.length === 0 && /\s/.test(sought) ? known.filter(fits(sought)) : shown;
  const [only] = found;
  return only && found.length === 1 ? only.name : typed;
}

/** Who may be meant, while one still types. Nobody once it is clear. */
export function found(typed: string, known: readonly Known[]): readonly Known[] {
  const sought = typed.trim().toLowerCase();
  if (sought === '' || known.some(({ name }) => name === sought)) return [];
  return known.filter(fits(sought)).slice(0, FOUND_LIMIT);
}

/** Names that begin so, or have a word that does; Chinese has no spaces between its words. */
function fits(sought: string): (known: Known) => boolean {
  const anywhere = /\P{ASCII}/u.test(sought);
  return ({ name, display_name }) => {
    const shown = display_name.toLowerCase();
    return name.startsWith(sought) || ` ${shown}`.includes(anywhere ? sought : ` ${sought}`);
  };
}
