/** Who is there: what the server tells of contacts, and what we tell of ourselves. */
import type { Presence, Welcome } from '../protocol.ts';
import { type Turn, update } from './turn.ts';

/** `welcome` has the whole truth, and does not know yet whether this page is looked at. */
export function meetPeople(turn: Turn, { presence = [] }: Welcome): void {
  update(turn, { presence: Object.fromEntries(presence.map(({ user, status }) => [user, status])) });
  if (!turn.state.seen) tellPresence(turn);
}

/** A contact has come, gone or turned away. */
export function heardOf(turn: Turn, { user, status }: Presence): void {
  const { [user]: _, ...others } = turn.state.presence;
  update(turn, { presence: status === 'offline' ? others : { ...others, [user]: status } });
}

/** Somebody looks at this page, or does not any more. */
export function seen(turn: Turn, yes: boolean): void {
  if (turn.state.seen === yes) return;
  update(turn, { seen: yes });
  if (turn.state.link.type === 'online') tellPresence(turn);
}

function tellPresence(turn: Turn): void {
  const status = turn.state.seen ? 'online' : 'away';
  turn.outputs.push({ type: 'send', message: { type: 'presence', data: { status } } });
}
