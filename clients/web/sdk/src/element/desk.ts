/**
 * What the element does, without its looks: whom it calls, and by which connection.
 *
 *     idle ─ press ─► waiting ─► door ─ knock ─► waiting ─► call ─► ended ─ close ─► idle
 *                        └── somebody with a login needs no door ──┘
 */
import type { Call, Client } from '../public.ts';
import type { Face } from './face.ts';
import {
  checkLink,
  enter,
  fetchTicket,
  forget,
  GuestError,
  keep,
  keptPass,
  leave,
  type Pass,
} from './guest.ts';

/** What the page wants of the element, as it stands when it is needed. */
export interface Wish {
  readonly server: URL;
  /** The token of a guest link. */
  readonly link: string | undefined;
  /** Whom somebody with a login calls. */
  readonly to: string | undefined;
  /** With or without pictures; undefined: as the link says, else without. */
  readonly video: boolean | undefined;
  /** What a guest is called, if the page knows it: then nobody asks. */
  readonly name: string;
  /** Calls from others are shown. */
  readonly incoming: boolean;
  readonly ticket: (() => Promise<string>) | undefined;
  /** A connection of the page's own. */
  readonly client: Client | undefined;
}

/** A connection, and for whom it was made. */
interface Line {
  readonly client: Client;
  /** It is for us to close. */
  readonly isOwn: boolean;
  readonly server: string;
  /** The guest whose connection it is. */
  readonly pass: Pass | null;
  readonly unwatch: () => void;
  /** Hears no more of calls that ring. */
  deafen?: (() => void) | undefined;
}

/** Carries out what is pressed, and tells what to show. */
export class Desk {
  readonly #wish: () => Wish;
  readonly #show: (face: Face) => void;
  #face: Face = { type: 'idle' };
  #line: Line | undefined;
  #pass: Pass | null = null;
  /** Counts what was begun: an answer to something that was given up meanwhile is dropped. */
  #turn = 0;
  #aimed = '';
  #isOpening = false;
  /** What the page wants without a press is done once nothing else goes on. */
  #isPutOff = false;

  constructor(wish: () => Wish, show: (face: Face) => void) {
    this.#wish = wish;
    this.#show = show;
  }

  get face(): Face {
    return this.#face;
  }

  get #isBusy(): boolean {
    return this.#face.type === 'call' || this.#face.type === 'waiting' || this.#face.type === 'door';
  }

  /** Whose server it is, and by which link one comes to it. */
  get #aim(): string {
    const { server, link } = this.#wish();
    return `${server.origin} ${link}`;
  }

  /** The element is on a page: calls that ring are awaited, and a call of the page before goes on. It disturbs nothing that goes on. */
  open(): void {
    this.#aimed = this.#aim;
    this.#listen();
    this.#isPutOff = this.#isBusy || this.#isOpening;
    if (this.#isPutOff) return;
    this.#isOpening = true;
    void this.#try(async (isLate) => {
      const client = await this.#takeUp(isLate).finally(() => this.#opened());
      if (!client || !this.#pass) return;
      await client.link.until(({ type }) => type !== 'connecting');
      // The calls of the page before are told with the welcome, right after it.
      await Promise.resolve();
      if (!isLate() && this.#face.type === 'idle') this.reset();
    });
  }

  #opened(): void {
    this.#isOpening = false;
    if (this.#isPutOff) this.open();
  }

  /** What the page has set is another link or server. A call goes on; what would lead to one led to somebody else. */
  changed(): void {
    if (this.#aim === this.#aimed) return;
    if (this.#face.type !== 'call') {
      this.#turn += 1;
      if (this.#face.type !== 'idle' || this.#pass) this.reset();
    }
    this.open();
  }

  /** Somebody wants to call. */
  press(): void {
    if (this.#isBusy || this.prepare()) return;
    const { link, to, name } = this.#wish();
    if (link) return this.knock(name);
    if (to) return void this.#dial(to, to);
    this.#set({ type: 'problem', code: 'nobody', hint: 'give <visavis-call> a link, or a name in `to`' });
  }

  /** Asks a guest for a name, if that is what comes next; never calls. Says whether it asks. */
  prepare(): boolean {
    if (this.#isBusy) return false;
    this.#leaveOther();
    const { link, name } = this.#wish();
    if (!link || this.#pass || name !== '') return false;
    void this.#try((isLate) => this.#lookAt(link, isLate));
    return true;
  }

  /** A guest has said who they are. */
  knock(name: string): void {
    this.#leaveOther();
    const { link, server } = this.#wish();
    if (!link) return;
    void this.#try(async (isLate) => {
      this.#set({ type: 'waiting' });
      const pass = this.#pass ?? (await enter(server.origin, link, name));
      if (isLate()) return leave(pass);
      if (!this.#pass) keep(pass);
      this.#pass = pass;
      await this.#dial(pass.host, pass.hostName);
    });
  }

  /** Ends what there is: a call, or what leads to one. */
  hangup(): void {
    if (this.#face.type === 'call') this.#face.call.hangup();
    else this.reset();
  }

  /** Back to the button. A guest goes. */
  reset(): void {
    this.#turn += 1;
    if (!this.#wish().incoming) this.#hangUpLine();
    this.#leave();
    this.#set({ type: 'idle' });
  }

  /** The element is taken from the page. Calls of the page's own connection are the page's. */
  close(): void {
    if (this.#face.type === 'call' && this.#line?.isOwn) this.#face.call.hangup();
    this.#isPutOff = false;
    this.#hangUpLine();
    this.reset();
  }

  /**
   * The page goes, and perhaps another of this tab comes, on which a call goes on. Without one a guest has no reason to stay. (A guest
   * while nothing is shown is one of the page before, of whom it is not known yet whether they are in a call.)
   */
  leavePage(): void {
    if (this.#face.type !== 'call' && this.#face.type !== 'idle' && this.#pass) this.reset();
  }

  /** The guest goes, and with them their connection. */
  #leave(): void {
    if (!this.#pass) return;
    if (this.#line?.pass === this.#pass) this.#hangUpLine();
    leave(this.#pass);
    this.#pass = null;
  }

  /** Whoever came by another link, or to another server, goes. */
  #leaveOther(): void {
    const { link, server } = this.#wish();
    if (this.#pass?.link !== link || this.#pass?.server !== server.origin) this.#leave();
  }

  /** The connection that is wanted before anybody presses, if one is. */
  async #takeUp(isLate: () => boolean): Promise<Client | undefined> {
    this.#leaveOther();
    const { server, link, incoming, client } = this.#wish();
    if (link && !this.#pass) {
      const kept = await keptPass(server.origin, link);
      if (kept && isLate()) leave(kept);
      if (isLate()) return undefined;
      this.#pass = kept;
    }
    return incoming || client || this.#pass ? this.#online(isLate) : undefined;
  }

  async #lookAt(link: string, isLate: () => boolean): Promise<void> {
    this.#set({ type: 'waiting' });
    const invitation = await checkLink(this.#wish().server.origin, link);
    if (!isLate()) this.#set({ type: 'door', invitation });
  }

  #dial(to: string, name: string): Promise<void> {
    return this.#try(async (isLate) => {
      this.#set({ type: 'waiting' });
      const client = await this.#online(isLate);
      if (!client) return;
      const video = this.#wish().video ?? this.#pass?.video ?? false;
      this.#follow(client.call(to, { audio: true, video }), name);
    });
  }

  /** Does something that may fail or come too late. */
  async #try(step: (isLate: () => boolean) => Promise<void>): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const isLate = () => turn !== this.#turn;
    try {
      await step(isLate);
    } catch (error) {
      if (isLate()) return;
      const code = error instanceof GuestError ? error.code : 'unreachable';
      const hint = error instanceof Error ? error.message : String(error);
      this.#set({ type: 'problem', code, hint });
    }
  }

  /** The connection for what is wanted now; nothing if it is not wanted any more. */
  async #online(isLate: () => boolean): Promise<Client | undefined> {
    const { server, client: given } = this.#wish();
    const pass = given ? null : this.#pass;
    const isWanted = ({ client, isOwn, ...line }: Line) =>
      given ? client === given : isOwn && line.pass === pass && line.server === server.origin;
    if (this.#line && isWanted(this.#line)) return this.#line.client;
    this.#hangUpLine();
    const make = given ? () => given : await this.#maker();
    if (isLate()) return undefined;
    const client = make();
    const unwatch = [
      client.current.subscribe((call) => call && this.#follow(call, pass?.hostName)),
      client.link.subscribe((link) => {
        if (link.type === 'offline' && link.reason !== 'closed') this.#lost(link.reason, pass);
      }),
    ];
    this.#line = {
      client,
      isOwn: !given,
      server: server.origin,
      pass,
      unwatch() {
        for (const stop of unwatch) stop();
      },
    };
    this.#listen();
    return client;
  }

  /** A call from others rings here, and the caller is told so, where it is shown. */
  #listen(): void {
    const line = this.#line;
    if (!line) return;
    const { current } = line.client;
    if (this.#wish().incoming)
      line.deafen ??= line.client.on('incoming', () => current.value && this.#follow(current.value));
    else {
      line.deafen?.();
      line.deafen = undefined;
    }
  }

  /** What makes a connection of our own, fetched when the first one is wanted. */
  async #maker(): Promise<() => Client> {
    const { server, ticket } = this.#wish();
    const shown = this.#pass;
    const { ClientError, connect } = await import('../index.ts');
    if (!shown) return () => connect({ url: server, ...(ticket && { ticket }) });
    const show = () =>
      fetchTicket(shown).catch((error: unknown) => {
        const isOver = error instanceof GuestError && error.code === 'unauthenticated';
        throw isOver ? new ClientError('signed-out', error.message) : error;
      });
    return () => connect({ url: server, ticket: show });
  }

  /** The connection is gone for good, and whoever was a guest by it. A call has its own end. */
  #lost(reason: string, pass: Pass | null): void {
    this.#hangUpLine();
    if (pass) {
      forget(pass);
      this.#pass = null;
    }
    if (this.#face.type === 'ended') return;
    this.#turn += 1;
    // A guest of the page before: nobody has asked for anything on this one.
    if (pass && this.#face.type === 'idle') return;
    const code = pass ? 'over' : reason;
    this.#set({ type: 'problem', code, hint: `the connection to the server is over: ${reason}` });
  }

  #hangUpLine(): void {
    this.#line?.unwatch();
    this.#line?.deafen?.();
    if (this.#line?.isOwn) this.#line.client.close();
    this.#line = undefined;
  }

  /** Shows a call until its end; what rings comes after what goes on. */
  #follow(call: Call, name = call.peer.value.name): void {
    if (this.#face.type === 'call' && this.#face.call === call) return;
    if (call.direction === 'in' && !this.#wish().incoming) return;
    this.#turn += 1;
    this.#set({ type: 'call', call, name });
    call.state.subscribe((state) => {
      if (state.type !== 'ended' || this.#face.type !== 'call' || this.#face.call !== call) return;
      const { reason, summary } = state;
      const peer = call.peer.value;
      this.#set({ type: 'ended', name: peer.name === peer.id ? name : peer.name, reason, summary });
    });
  }

  #set(face: Face): void {
    this.#face = face;
    this.#show(face);
    if (this.#isPutOff && !this.#isBusy) this.open();
  }
}
