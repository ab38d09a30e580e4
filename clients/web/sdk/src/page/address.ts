/** Where the server is, and how to get a ticket from it. */
import { ClientError } from '../client-error.ts';
import type { Ticket } from '../protocol.ts';

/** The WebSocket's address: as given, or `/ws` of a page's origin. */
export function socketUrl(url: string | URL | undefined): string {
  const given = new URL(url ?? location.href, typeof location === 'undefined' ? undefined : location.href);
  if (given.protocol === 'ws:' || given.protocol === 'wss:') return given.href;
  const socket = new URL('/ws', given);
  socket.protocol = given.protocol === 'https:' ? 'wss:' : 'ws:';
  return socket.href;
}

/** Asks for a ticket with the page's cookie. */
export async function fetchTicket(socket: string): Promise<string> {
  const address = new URL('/api/ticket', socket);
  address.protocol = address.protocol === 'wss:' ? 'https:' : 'http:';
  let response: Response;
  try {
    response = await fetch(address, { method: 'POST', credentials: 'include' });
  } catch (cause) {
    throw new ClientError('server-unreachable', 'no answer to POST /api/ticket', { cause });
  }
  if (response.status === 401)
    throw new ClientError('signed-out', 'sign in first: no ticket without a login');
  if (!response.ok)
    throw new ClientError('server-unreachable', `POST /api/ticket answered ${response.status}`);
  const body: Partial<Ticket> = await response.json();
  if (typeof body.ticket !== 'string')
    throw new ClientError('protocol', 'POST /api/ticket answered without a ticket');
  return body.ticket;
}
