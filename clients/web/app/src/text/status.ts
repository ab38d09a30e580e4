/** Where a call stands, in words. */
import type { CallModel, Model } from '../model/model.ts';
import { ringsHere } from '../model/update.ts';
import type { Key } from './en.ts';
import { endedMessage } from './ended.ts';
import type { Message } from './language.ts';

/** When a wait has become long enough to say more. */
const DIALING_SLOW_MS = 5_000;
const RINGING_SLOW_MS = 25_000;
const CONNECTING_SLOW_MS = 5_000;
const CONNECTING_RELAY_MS = 12_000;

/** The line under the name while there is no conversation. */
export function statusMessage(call: CallModel, now: number): Message {
  const waited = now - call.stateSince;
  const params = { name: call.peer.name };
  switch (call.state.type) {
    case 'dialing':
      return { key: waited < DIALING_SLOW_MS ? 'call.dialing' : 'call.dialing.slow', params };
    case 'ringing':
      // Answered here, and the server has not said so yet.
      if (call.state.direction === 'in') return { key: 'call.connecting' };
      return { key: waited < RINGING_SLOW_MS ? 'call.ringing' : 'call.ringing.slow' };
    case 'connecting':
      if (waited < CONNECTING_SLOW_MS) return { key: 'call.connecting' };
      return { key: waited < CONNECTING_RELAY_MS ? 'call.connecting.slow' : 'call.connecting.relay' };
    case 'active':
      return { key: 'call.active', params };
    case 'recovering':
      return { key: 'call.recovering' };
    case 'ended':
      return endedMessage(call, call.state);
  }
}

/** Something about the conversation that one should know; one thing at a time. */
export function hintMessage(call: CallModel): Message | null {
  if (call.state.type !== 'active') return null;
  const params = { name: call.peer.name };
  if (call.local.mic !== 'on') return { key: 'call.you-muted' };
  if (!call.remote.audio) return { key: 'call.peer-muted', params };
  if (!call.remote.video && call.media.video) return { key: 'call.peer-camera-off', params };
  return null;
}

/** What a screen reader says when the call changes. */
export function announcement(model: Model, now: number): Message | null {
  const { call } = model;
  if (!call) return null;
  if (ringsHere(call)) return { key: 'title.incoming', params: { name: call.peer.name } };
  return hintMessage(call) ?? statusMessage(call, now);
}

/** The page's title: it tells the tab of a call from the others. */
export function titleMessage(call: CallModel | null): Message | null {
  if (!call || call.state.type === 'ended') return null;
  const key: Key = ringsHere(call) ? 'title.incoming' : 'title.call';
  return { key, params: { name: call.peer.name } };
}
