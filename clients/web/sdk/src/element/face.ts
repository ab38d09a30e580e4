/** What the element shows. */
import type { GuestInvitation } from '../protocol.ts';
import type { Call, CallState, CallSummary, EndReason } from '../public.ts';

/** One thing at a time. */
export type Face =
  /** The button, or nothing where only incoming calls are shown. */
  | { readonly type: 'idle' }
  /** The link is looked at, or the server is being reached. */
  | { readonly type: 'waiting' }
  /** A guest is asked for a name. */
  | { readonly type: 'door'; readonly invitation: GuestInvitation }
  /** From the first ring to the end. `name`: who it is, until the server has said. */
  | { readonly type: 'call'; readonly call: Call; readonly name: string }
  | {
      readonly type: 'ended';
      readonly name: string;
      readonly reason: EndReason;
      readonly summary: CallSummary;
    }
  /** There is no call, and why. */
  | { readonly type: 'problem'; readonly code: string; readonly hint: string };

/** Where it stands, in one word: `detail.state` of `visavis-state`. */
export type ElementState = Exclude<Face['type'], 'call'> | CallState['type'];

/** Where it stands. */
export function stateOf(face: Face): ElementState {
  return face.type === 'call' ? face.call.state.value.type : face.type;
}

/** Whether somebody has answered, and nobody has hung up. */
export function isAnswered({ type }: CallState): boolean {
  return type === 'connecting' || type === 'active' || type === 'recovering';
}

/** The other person's name, as far as it is known. */
export function nameOf({ call, name }: Extract<Face, { type: 'call' }>): string {
  const peer = call.peer.value;
  return peer.name === peer.id ? name : peer.name;
}
