/** Which sound belongs to what the user sees. Each state sounds different, so that one can look away. */
import { isAnswered, ringsHere, waitingCall } from '../model/calls.ts';
import type { CallModel, Model } from '../model/model.ts';

/** A sound that goes on as long as its state. */
export type Loop = 'dialing' | 'ringback' | 'ringtone' | 'waiting' | 'recovering';
/** A sound at a change. */
export type Chime = 'connected' | 'ended';

/** What goes on sounding. */
export function loopFor(model: Model): Loop | null {
  const waiting = waitingCall(model);
  // Somebody is talking here: a soft tone, not the tune.
  if (waiting) return waiting.silenced ? null : 'waiting';
  const { call } = model;
  if (!call) return null;
  switch (call.state.type) {
    case 'dialing':
      return 'dialing';
    case 'ringing':
      if (call.state.direction === 'out') return 'ringback';
      return ringsHere(call) && !call.silenced ? 'ringtone' : null;
    case 'recovering':
      return 'recovering';
    case 'connecting':
    case 'active':
    case 'ended':
      return null;
  }
}

/** What sounds once, on the way from one to the other. */
export function chimeFor(before: Model, after: Model): Chime | null {
  const serial = before.call?.serial;
  if (after.call && serial !== undefined && serial !== after.call.serial) {
    // Another has the stage: either it was changed over to, or the one before has ended.
    const goesOn = after.others.some((other) => other.serial === serial);
    return before.call && isAnswered(before.call) && !goesOn ? 'ended' : null;
  }
  return chimeOf(before.call, after.call);
}

function chimeOf(before: CallModel | null, after: CallModel | null): Chime | null {
  if (!after || before?.state.type === after.state.type) return null;
  if (after.state.type === 'active') return 'connected';
  // A call that rang and was not answered falls silent: that says enough.
  if (after.state.type === 'ended' && after.attended) return 'ended';
  return null;
}
