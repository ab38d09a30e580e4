/** The other person, as the server tells them. */
import type { CallView } from '../protocol.ts';
import type { Peer } from '../public.ts';

/** With everything that was left out. */
export function peerOf({ id, name, lost = false, contact = false, guest }: CallView['peer']): Peer {
  return { id, name, lost, contact, ...(guest ? { guest } : {}) };
}
