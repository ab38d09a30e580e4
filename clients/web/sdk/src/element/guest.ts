/**
 * Somebody without an account, on a page of any site: `/api/embed` of the server. No cookie is needed, since browsers keep
 * them from such pages; what a guest shows instead is kept in this tab.
 */
import type { EmbeddedGuest, GuestInvitation, Ticket } from '../protocol.ts';

const KEY = 'visavis.guest';
/** How long an answer may take. */
const TIMEOUT_MS = 15_000;

/** A guest who has come. */
export interface Pass {
  /** The origin of the server that knows them: nobody else is shown the pass. */
  readonly server: string;
  /** The token of the link they came with. */
  readonly link: string;
  readonly pass: string;
  /** What the server calls them, which is no secret. */
  readonly guest: string;
  /** Whom they may call, and how that person is shown. */
  readonly host: string;
  readonly hostName: string;
  /** Guests of this link are asked for their camera. */
  readonly video: boolean;
}

/** Why the server would not, or could not be asked. `code` is that of the server's `ApiError`. */
export class GuestError extends Error {
  override readonly name = 'GuestError';
  readonly code: string;

  constructor(code: string, hint: string, cause?: unknown) {
    super(hint, { cause });
    this.code = code;
  }
}

/** Whose link it is. */
export function checkLink(server: string, token: string): Promise<GuestInvitation> {
  return ask(server, 'check', { body: { token } });
}

/** Comes in under a name. */
export async function enter(server: string, token: string, name: string): Promise<Pass> {
  const { pass, me } = await ask<EmbeddedGuest>(server, 'guest', { body: { token, name } });
  if (!me.guest) throw new GuestError('not_found', 'the link was revoked in this moment');
  const { host, host_name: hostName, video } = me.guest;
  return { server, link: token, pass, guest: me.name, host, hostName, video };
}

/** What opens one connection. */
export async function fetchTicket({ server, pass }: Pass): Promise<string> {
  const { ticket } = await ask<Ticket>(server, 'ticket', { pass });
  return ticket;
}

/** Goes, so that others find a place. The page may be gone before the answer is here. */
export function leave(pass: Pass): void {
  forget(pass);
  ask(pass.server, 'leave', pass).catch(() => {});
}

/**
 * Who has come with this link, on a page of this tab before this one. Another element of the page may have the same link, and a
 * duplicated tab the same storage: the first to ask is the guest, and for the others there is none.
 */
export async function keptPass(server: string, link: string): Promise<Pass | null> {
  const kept = read();
  return kept?.link === link && kept.server === server && (await isOurs(kept)) ? kept : null;
}

/** The next page of this tab will know them. */
export function keep(pass: Pass): void {
  void isOurs(pass);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(pass));
  } catch {
    // A browser may forbid storage, above all to framed pages. Then a call does not outlive its page.
    return;
  }
}

/** No page will know them any more. */
export function forget({ pass }: Pass): void {
  if (read()?.pass === pass) sessionStorage.removeItem(KEY);
}

function read(): Pass | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    return typeof kept?.pass === 'string' ? kept : null;
  } catch {
    return null;
  }
}

/** Whether nobody else holds them; from now on nobody else will. */
async function isOurs({ guest }: Pass): Promise<boolean> {
  try {
    const { hold } = await import('../page/hold.ts');
    return await hold(`${KEY}.${guest}`);
  } catch {
    return true;
  }
}

async function ask<T>(
  server: string,
  path: string,
  { body, pass }: { readonly body?: object; readonly pass?: string },
): Promise<T> {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (pass) headers.set('authorization', `Bearer ${pass}`);
  const address = new URL(`/api/embed/${path}`, server);
  const response = await fetch(address, {
    method: 'POST',
    headers,
    credentials: 'omit',
    cache: 'no-store',
    keepalive: path === 'leave',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new GuestError('unreachable', `${server} does not answer`, cause);
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new GuestError(
    answer.code ?? 'unreachable',
    answer.message ?? `${address} answered ${response.status}`,
  );
}
