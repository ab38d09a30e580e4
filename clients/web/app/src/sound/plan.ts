/** Which sound belongs to what the user sees. Each state sounds different, so that one can look away. */
import type { CallModel } from '../model/model.ts';
import { ringsHere } from '../model/update.ts';

/** A sound that goes on as long as its state. */
export type Loop = 'dialing' | 'ringback' | 'ringtone' | 'recovering';
/** A sound at a change. */
export type Chime = 'connected' | 'ended';

/** What goes on sounding. */
export function loopFor(call: CallModel | null): Loop | null {
  if (!call) return null;
  switch (call.state.type) {
    case 'dialing':
      return 'dialing';
    case 'ringing':
      if (call.state.direction === 'out') return 'ringback';
      return ringsHere(call) ? 'ringtone' : null;
    case 'recovering':
      return 'recovering';
    case 'connecting':
    case 'active':
    case 'ended':
      return null;
  }
}

/** What sounds once, on the way from one to the other. */
export function chimeFor(before: CallModel | null, after: CallModel | null): Chime | null {
  if (!after || before?.state.type === after.state.type) return null;
  if (after.state.type === 'active') return 'connected';
  // A call that rang and was not answered falls silent: that says enough.
  if (after.state.type === 'ended' && after.attended) return 'ended';
  return null;
}
