/** The pure store on a desk: virtual time, and a pen for what the server says. */
import { type CallRecord, type Input, initialState, type Output, type State } from '../src/core/state.ts';
import { nextTimeout, step } from '../src/core/store.ts';
import type { CallView, ClientMessage, ErrorCode, ServerMessage, Welcome } from '../src/protocol.ts';

export const CALL = '0192d5f0-7a10-7cc3-98c4-dc0c0c07398f';
export const OTHER = '0192d5f0-7a10-7cc3-98c4-dc0c0c073990';
export const BOTH = { audio: true, video: true };
export const SOUND = { audio: true, video: false };
const TICKET = 'tkt_1';

export class Desk {
  now = 1_000_000;
  state: State = initialState('p', 7);
  /** What has been put out since the last `take`. */
  outputs: Output[] = [];

  tell(input: Input): this {
    const { state, outputs } = step(this.state, this.now, input);
    this.state = state;
    this.outputs.push(...outputs);
    return this;
  }

  hear(message: ServerMessage): this {
    return this.tell({ type: 'hear', message });
  }

  /** Lets time pass, with every timeout on the way. */
  pass(ms: number): this {
    const end = this.now + ms;
    while (nextTimeout(this.state) <= end) {
      this.now = Math.max(this.now, nextTimeout(this.state));
      this.tell({ type: 'timeout' });
    }
    this.now = end;
    return this;
  }

  start(): this {
    return this.tell({ type: 'start', device: { id: 'tab-1', name: 'Chrome on Linux' } });
  }

  /** Answers the present `hello`. */
  welcome(parts: Partial<Welcome> = {}): this {
    this.tell({ type: 'opened', ticket: TICKET });
    return this.hear({ type: 'welcome', data: { ...WELCOME, ...parts } });
  }

  online(): this {
    this.start().welcome();
    this.take();
    return this;
  }

  ok(re: string | undefined, data: { call?: string; merged?: boolean } = {}): this {
    return this.hear({ type: 'ok', data, ...(re === undefined ? {} : { re }) });
  }

  refuse(re: string | undefined, code: ErrorCode, retry = false): this {
    return this.hear({ type: 'error', data: { code, retry }, ...(re === undefined ? {} : { re }) });
  }

  take(): Output[] {
    const { outputs } = this;
    this.outputs = [];
    return outputs;
  }

  /** What was sent since the last look. */
  sent(): ClientMessage[] {
    return this.take().flatMap((output) => (output.type === 'send' ? [output.message] : []));
  }

  /** The call, if it has not ended. */
  get call(): CallRecord | undefined {
    return this.state.calls[0];
  }
}

/** The id of the last message of this type among the ones sent. */
export function idOf(messages: readonly ClientMessage[], type: ClientMessage['type']): string | undefined {
  return messages.filter((message) => message.type === type).at(-1)?.id;
}

export const WELCOME: Welcome = {
  user: 'alice',
  device: 'tab-1',
  proto: 1,
  epoch: 'e-1',
  calls: [],
  ice: { servers: [{ urls: ['stun:call.example.org'] }], ttl_ms: 86_400_000 },
  limits: { ping_in_call_ms: 20_000, ping_idle_ms: 55_000, frame_bytes: 65_536, messages_per_second: 20 },
};

/** A call of alice with bob, as the server tells alice. */
export function view(rev: number, state: CallView['state'], parts: Partial<CallView> = {}): ServerMessage {
  return { type: 'call', data: viewOf(rev, state, parts) };
}

export function viewOf(rev: number, state: CallView['state'], parts: Partial<CallView> = {}): CallView {
  return {
    id: CALL,
    rev,
    state,
    role: 'caller',
    you: 'active',
    peer: { id: 'bob', name: 'Bob' },
    media: ['audio', 'video'],
    gen: 0,
    offerer: 'caller',
    ...parts,
  } as CallView;
}

/** A call that rings at alice. */
export function ringing(rev: number, parts: Partial<CallView> = {}): ServerMessage {
  return view(rev, 'ringing', { role: 'callee', you: 'ringing', expires_in_ms: 60_000, ...parts });
}
