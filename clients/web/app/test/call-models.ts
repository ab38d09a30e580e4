/** Calls for tests, each said by what is special about it. */
import { type CallModel, type CallSnapshot, initialModel, type Model } from '../src/model/model.ts';

/** Bob's part of a video call; what is not said is as at its first moment. */
export function snapshot(change: Partial<CallSnapshot> = {}): CallSnapshot {
  return {
    serial: 1,
    id: 'call-1',
    direction: 'out',
    media: { audio: true, video: true },
    peer: { id: 'bob', name: 'Bob', lost: false, contact: true },
    state: { type: 'dialing' },
    local: { mic: 'on', camera: 'on', screen: 'off' },
    held: { me: false, peer: false },
    weak: { me: false, peer: false },
    quality: null,
    recording: { type: 'none' },
    talking: false,
    devices: [],
    remote: { audio: true, video: true, screen: false, blocked: false },
    ...change,
  };
}

/** The same with what the model adds. */
export function call(change: Partial<CallModel> = {}): CallModel {
  return { ...snapshot(change), attended: true, silenced: false, stateSince: 0, ...change };
}

/** A call that rings here. */
export const RINGS_HERE: Partial<CallModel> = {
  direction: 'in',
  attended: false,
  state: { type: 'ringing', direction: 'in', until: undefined },
};

/** A page with these calls: the first has the stage. */
export function stage(first: CallModel | null, ...others: readonly CallModel[]): Model {
  return { ...initialModel(true), call: first, others };
}
