/**
 * Which steps of a call the store's inputs and outputs are. Of messages only the kind is taken, never what is in them, except
 * for descriptions, which `builder.ts` keeps without their passwords.
 */
import type { Input, Output } from '../core/state.ts';
import type { CallId, Candidates, ClientMessage, MediaNotice, ServerMessage } from '../protocol.ts';
import type { Happening } from './format.ts';
import type { Step } from './report.ts';

/** A step before its moment is known, and the call it belongs to. */
export interface Found {
  readonly call: CallId;
  readonly step: Omit<Step, 'at' | 'peer'>;
}

/** What the device was told. */
export function stepOfInput(input: Input): Found | undefined {
  switch (input.type) {
    case 'hear':
      return stepOfHeard(input.message);
    case 'sending':
      return here(input.call, 'sending', sentOf(input.notice));
    case 'connected':
      return here(input.call, 'connected', input.path);
    case 'interrupted':
      return here(input.call, 'interrupted', input.cause);
    case 'deaf':
      return here(input.call, 'deaf', input.who ?? 'nobody');
    case 'broken':
      return here(input.call, 'interrupted', input.reason);
    case 'control': {
      const { type } = input.message;
      // Once a second, for as long as the call lasts.
      if (type === 'received') return undefined;
      return { call: input.call, step: { what: 'control', from: 'there', to: 'here', detail: type } };
    }
    case 'dial':
    case 'accept':
    case 'hangup':
    case 'take':
    case 'transfer':
    case 'record':
    case 'hold':
    case 'alerting':
    case 'described':
    case 'gathered':
    case 'flowing':
    case 'suspect':
    case 'tried':
    case 'start':
    case 'opened':
    case 'ticket-failed':
    case 'closed':
    case 'network-changed':
    case 'probe':
    case 'seen':
    case 'hide-address':
    case 'timeout':
    case 'leave':
    case 'come-back':
    case 'close':
      // They show in what is done about them, or in the peer connection's own events.
      return undefined;
  }
}

/** What the device does. */
export function stepOfOutput(output: Output): Found | undefined {
  switch (output.type) {
    case 'send':
      return stepOfSaid(output.message);
    case 'capture': {
      const { audio, video } = output.choice;
      return here(output.call, 'capture', sentOf({ audio, video }));
    }
    case 'offer':
      return output.restart ? here(output.call, 'restart', output.gather) : undefined;
    case 'tell': {
      const { type } = output.message;
      return { call: output.call, step: { what: 'control', from: 'here', to: 'there', detail: type } };
    }
    case 'open':
    case 'shut':
    case 'announce':
    case 'hold':
    case 'pause':
    case 'prepare':
    case 'drop':
    case 'feed':
    case 'use':
    case 'describe':
    case 'add-candidates':
    case 'begin-anew':
    case 'transfer-refused':
    case 'rekey':
    case 'release':
    case 'changed':
    case 'report':
      return undefined;
  }
}

function here(call: CallId, what: Happening, detail: string): Found {
  return { call, step: { what, from: 'here', to: 'here', detail } };
}

function stepOfSaid(message: ClientMessage): Found | undefined {
  const { call } = message;
  if (call === undefined) return undefined;
  switch (message.type) {
    case 'invite':
    case 'ringing':
    case 'accept':
    case 'hangup':
    case 'resume':
    case 'take':
    case 'transfer':
      return { call, step: { what: `say-${message.type}`, from: 'here', to: 'server' } };
    case 'recording':
      return { call, step: { what: 'say-recording', from: 'here', to: 'server', detail: message.data.wish } };
    case 'connected':
      return {
        call,
        step: { what: 'say-connected', from: 'here', to: 'server', detail: message.data.route },
      };
    case 'offer':
    case 'answer':
    case 'candidate':
    case 'media':
      return { call, step: { from: 'here', to: 'there', by: 'server', ...relayed(message) } };
    case 'hello':
    case 'ack':
    case 'presence':
    case 'reach':
    case 'ping':
    case 'bye':
      return undefined;
  }
}

function stepOfHeard(message: ServerMessage): Found | undefined {
  if (message.type === 'call') {
    const { id, state, reason, you } = message.data;
    const what = you === 'elsewhere' ? 'told-elsewhere' : (`told-${state}` as const);
    const detail = reason === undefined ? {} : { detail: reason };
    return { call: id, step: { what, from: 'server', to: 'here', ...detail } };
  }
  const { call } = message;
  if (call === undefined) return undefined;
  switch (message.type) {
    case 'error':
      return { call, step: { what: 'refused', from: 'server', to: 'here', detail: message.data.code } };
    case 'offer':
    case 'answer':
    case 'candidate':
    case 'media':
      return { call, step: { from: 'there', to: 'here', by: 'server', ...relayed(message) } };
    case 'welcome':
    case 'ok':
    case 'presence':
    case 'changed':
    case 'pong':
    case 'bye':
      return undefined;
  }
}

type RelayedType = 'offer' | 'answer' | 'candidate' | 'media';

/** What goes from device to device is the same whoever says it. */
function relayed(
  message: Extract<ClientMessage | ServerMessage, { type: RelayedType }>,
): Pick<Step, 'what' | 'detail'> {
  switch (message.type) {
    case 'offer':
    case 'answer':
      return { what: message.type };
    case 'candidate':
      return { what: 'candidates', detail: kindsOf(message.data) };
    case 'media':
      return { what: 'notice', detail: sentOf(message.data) };
  }
}

/** `2 host, 1 relay`, or that there are no more. */
function kindsOf(data: Candidates): string {
  if (data === null) return 'end';
  const counts = new Map<string, number>();
  for (const { candidate } of Array.isArray(data) ? data : [data]) {
    const kind = kindOf(candidate);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}

/** Of a candidate line (RFC 8839 §5.1). An empty one says that there are no more. */
export function kindOf(candidate: string): string {
  return / typ (host|srflx|prflx|relay)\b/.exec(candidate)?.[1] ?? 'end';
}

function sentOf({ audio, video, screen, hold }: MediaNotice): string {
  if (hold) return 'hold';
  const parts = [audio && 'audio', video && 'video', screen && 'screen'].filter(Boolean);
  return parts.join(' ') || 'nothing';
}
