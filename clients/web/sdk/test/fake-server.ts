/**
 * A small server in memory that speaks the protocol to drivers in the same process: one call at a time between two
 * people, first come first served. What the real server does is tested with the real server.
 */
import type { CallView, ClientMessage, EndReason, IceServer, Role, ServerMessage } from '../src/protocol.ts';
import type { Transport } from '../src/transport.ts';
import { WELCOME } from './desk.ts';

interface FakeCall {
  readonly id: string;
  readonly people: Record<Role, string>;
  /** `user/device`, once known. */
  readonly devices: Partial<Record<Role, string>>;
  readonly media: CallView['media'];
  gen: number;
  rev: number;
  state: CallView['state'];
  reason?: EndReason;
}

interface Line {
  readonly address: string;
  send(message: ServerMessage): void;
  cut(): void;
}

export class FakeServer {
  /** The relays that devices are told of when they are welcomed. */
  ice: readonly IceServer[] = [];
  /** Everything that devices have said, newest last. */
  readonly heard: { readonly from: string; readonly message: ClientMessage }[] = [];
  readonly #lines = new Map<string, Line>();
  readonly #calls = new Map<string, FakeCall>();
  /** What becomes of a payload on its way. */
  passOn: (message: ClientMessage) => ClientMessage = (message) => message;
  /** No connection can be made. */
  down = false;

  /** The way here for one person. */
  transport(user: string): Transport {
    return {
      open: (_, events) => {
        let live = true;
        let address = `${user}/?`;
        const later = (run: () => void) => void setTimeout(() => live && run(), 0);
        const close = () => {
          live = false;
          if (this.#lines.get(address)?.cut === cut) this.#lines.delete(address);
        };
        const cut = () => {
          if (!live) return;
          close();
          events.closed(1006);
        };
        if (this.down) {
          setTimeout(cut, 0);
          return { send: () => undefined, close };
        }
        later(() => events.opened());
        return {
          send: (text) => {
            // As on a wire: nothing is shared but text.
            const message: ClientMessage = JSON.parse(text);
            later(() => {
              if (message.type === 'hello') {
                address = `${user}/${message.data.device}`;
                this.#lines.set(address, {
                  address,
                  send: (reply) => later(() => events.message(JSON.stringify(reply))),
                  cut,
                });
              }
              this.#hear(address, message);
            });
          },
          close,
        };
      },
    };
  }

  /** Cuts every connection without a word. */
  cutAll(): void {
    for (const line of [...this.#lines.values()]) line.cut();
  }

  #hear(from: string, message: ClientMessage): void {
    this.heard.push({ from, message });
    const line = this.#lines.get(from);
    const [user = '', device = ''] = from.split('/');
    const ok = (data: { call?: string; merged?: boolean } = {}) => {
      if (message.id !== undefined) line?.send({ type: 'ok', data, re: message.id });
    };
    const call = message.call === undefined ? undefined : this.#calls.get(message.call);
    switch (message.type) {
      case 'hello': {
        const calls = [...this.#calls.values()]
          .filter(
            (live) => roleOf(live, user) && (live.state !== 'ended' || named(message.data.calls, live.id)),
          )
          .map((live) => viewFor(live, from));
        const re = message.id === undefined ? {} : { re: message.id };
        line?.send({
          type: 'welcome',
          data: { ...WELCOME, user, device, calls, ice: { servers: [...this.ice], ttl_ms: 1e8 } },
          ...re,
        });
        return;
      }
      case 'invite': {
        const glare = [...this.#calls.values()].find(
          (other) =>
            other.state !== 'ended' &&
            other.people.caller === message.data.to &&
            other.people.callee === user,
        );
        if (glare) {
          ok({ call: glare.id, merged: true });
          glare.devices.callee = from;
          return this.#move(glare, 'connecting');
        }
        const made: FakeCall = {
          id: message.call ?? '',
          people: { caller: user, callee: message.data.to },
          devices: { caller: from },
          media: message.data.media,
          gen: 0,
          rev: 0,
          state: 'inviting',
        };
        if (!this.#calls.has(made.id)) this.#calls.set(made.id, made);
        ok({ call: made.id });
        return this.#move(made, 'inviting');
      }
      case 'ringing':
        ok();
        if (call?.state === 'inviting') this.#move(call, 'ringing');
        return;
      case 'accept':
        ok();
        if (call && call.state !== 'ended') {
          call.devices.callee ??= from;
          this.#move(call, 'connecting');
        }
        return;
      case 'take': {
        ok();
        const role = call && roleOf(call, user);
        if (call?.state !== 'active' || !role || call.devices[role] === from) return;
        call.devices[role] = from;
        call.gen += 1;
        return this.#move(call, 'active');
      }
      case 'connected':
        ok();
        if (call?.state === 'connecting') this.#move(call, 'active');
        return;
      case 'hangup':
        ok();
        if (call && call.state !== 'ended') {
          const before = call.state === 'inviting' || call.state === 'ringing';
          const byCaller = roleOf(call, user) === 'caller';
          call.reason = message.data.reason ?? (before ? (byCaller ? 'cancelled' : 'rejected') : 'hangup');
          this.#move(call, 'ended');
        }
        return;
      case 'offer':
      case 'answer':
      case 'candidate':
      case 'media': {
        const role = call && roleOf(call, user);
        const to = call?.devices[role === 'caller' ? 'callee' : 'caller'];
        const { call: id = '', gen = 0, ...rest } = this.passOn(message);
        if (to) this.#lines.get(to)?.send({ ...rest, call: id, gen, from } as ServerMessage);
        return;
      }
      case 'ack':
        this.#lines.get(message.data.from)?.send({ type: 'ok', data: {}, re: message.data.id });
        return;
      case 'ping':
        line?.send({ type: 'pong', data: {} });
        return;
      case 'bye':
        return;
    }
  }

  #move(call: FakeCall, state: CallView['state']): void {
    call.rev += 1;
    call.state = state;
    for (const line of this.#lines.values()) {
      if (roleOf(call, line.address.split('/')[0] ?? '')) {
        line.send({ type: 'call', data: viewFor(call, line.address) });
      }
    }
  }
}

function named(calls: readonly { id: string }[] | undefined, id: string): boolean {
  return calls?.some((call) => call.id === id) ?? false;
}

function roleOf(call: FakeCall, user: string): Role | undefined {
  if (call.people.caller === user) return 'caller';
  return call.people.callee === user ? 'callee' : undefined;
}

function viewFor(call: FakeCall, address: string): CallView {
  const role = roleOf(call, address.split('/')[0] ?? '') ?? 'caller';
  const mine = call.devices[role];
  const other = call.people[role === 'caller' ? 'callee' : 'caller'];
  return {
    id: call.id,
    rev: call.rev,
    state: call.state,
    role,
    you: mine === undefined ? 'ringing' : mine === address ? 'active' : 'elsewhere',
    peer: { id: other, name: other },
    media: call.media,
    gen: call.gen,
    offerer: 'caller',
    ...(mine !== undefined && mine !== address ? { answered_on: mine } : {}),
    ...(call.reason ? { reason: call.reason } : {}),
  } as CallView;
}
