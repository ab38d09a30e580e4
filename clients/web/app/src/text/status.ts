/** Where a call stands, in words. */

import type { RecoveryCause } from '@visavis/client';
import { ringsHere, waitingCall } from '../model/calls.ts';
import type { CallModel, Model } from '../model/model.ts';
import type { Key } from './en.ts';
import { endedMessage } from './ended.ts';
import type { Message } from './language.ts';
import { recordingNote } from './recording.ts';
import { safetyMessage } from './safety.ts';

/** When a wait has become long enough to say more. */
const DIALING_SLOW_MS = 5_000;
const RINGING_SLOW_MS = 25_000;
const CONNECTING_SLOW_MS = 5_000;
const CONNECTING_RELAY_MS = 12_000;

/** What else tells where a call stands. */
export interface Around {
  /** The server is reached from here. */
  readonly online: boolean;
  /** This user is a guest, whose call is a knock. */
  readonly guest: boolean;
}

/** As the page has it. */
export function aroundOf({ link, page }: Model): Around {
  return { online: link.type === 'online', guest: page.type === 'guest' };
}

/** The line under the name while there is no conversation. */
export function statusMessage(call: CallModel, now: number, around: Around): Message {
  const waited = now - call.stateSince;
  const params = { name: call.peer.name };
  const { transferredBy } = call;
  if (transferredBy !== undefined && isBeingPutThrough(call)) {
    return { key: 'call.put-through', params: { name: transferredBy } };
  }
  switch (call.state.type) {
    case 'dialing':
      if (around.guest) return { key: 'call.knocking' };
      return { key: waited < DIALING_SLOW_MS ? 'call.dialing' : 'call.dialing.slow', params };
    case 'ringing':
      // Answered here, and the server has not said so yet.
      if (call.state.direction === 'in') return { key: 'call.connecting' };
      if (waited >= RINGING_SLOW_MS) return { key: 'call.ringing.slow' };
      return { key: around.guest ? 'call.knocking' : 'call.ringing' };
    case 'connecting':
      if (waited < CONNECTING_SLOW_MS) return { key: 'call.connecting' };
      return { key: waited < CONNECTING_RELAY_MS ? 'call.connecting.slow' : 'call.connecting.relay' };
    case 'active':
      return call.held.me ? { key: 'call.held.me' } : { key: 'call.active', params };
    case 'recovering':
      return { key: recoveringKey(call, call.state.cause, around), params };
    case 'ended':
      return endedMessage(call, call.state);
  }
}

/** Whose side it is, if we know: who is away from the server as well has lost the network. */
function recoveringKey({ peer }: CallModel, cause: RecoveryCause, { online }: Around): Key {
  if (cause === 'reloaded') return 'call.recovering.reloaded';
  if (cause === 'leaving') return 'call.recovering.leaving';
  if (!online) return 'call.recovering.here';
  return peer.lost ? 'call.recovering.there' : 'call.recovering';
}

function isBeingPutThrough({ state }: CallModel): boolean {
  return state.type === 'dialing' || (state.type === 'ringing' && state.direction === 'out');
}

/** Why there is no picture where one is expected; stands where the picture was, whatever else there is to say. */
export function pictureMessage(call: CallModel): Message | null {
  if (call.state.type !== 'active' || call.remote.video || call.remote.screen) return null;
  if (call.held.me || call.held.peer) return null;
  const params = { name: call.peer.name };
  const { me, peer } = call.weak;
  if (peer) return me ? { key: 'call.weak' } : { key: 'call.weak.peer', params };
  return call.media.video ? { key: 'call.peer-camera-off', params } : null;
}

/** Who is not heard or seen, and why; one at a time. */
export function hintMessage(call: CallModel): Message | null {
  if (call.state.type !== 'active') return null;
  const params = { name: call.peer.name };
  if (call.held.peer) return { key: 'call.held.peer', params };
  if (call.held.me) return null;
  if (call.state.deaf) return { key: `call.deaf.${call.state.deaf}`, params };
  if (call.local.mic === 'taken') return { key: 'call.mic-taken' };
  if (call.talking) return { key: 'call.talking-muted' };
  // If it is so both ways, it is said where their picture was.
  if (call.weak.me && !call.weak.peer) return { key: 'call.weak.me' };
  if (call.local.mic !== 'on') return { key: 'call.you-muted' };
  if (!call.remote.audio) return { key: 'call.peer-muted', params };
  return null;
}

/** What is shared; both ways at once is possible. */
function sharingMessages(call: CallModel): readonly Message[] {
  return [
    ...(call.local.screen === 'on' ? [{ key: 'call.sharing' } as const] : []),
    ...(call.remote.screen ? [{ key: 'call.peer-sharing', params: { name: call.peer.name } } as const] : []),
  ];
}

/** What a screen reader says when the call changes, sentence by sentence. */
export function announcements(model: Model, now: number): readonly Message[] {
  const { call } = model;
  if (!call) return [];
  if (ringsHere(call)) return [incomingMessage(call)];
  const waiting = waitingCall(model);
  const { recording } = call;
  const asked = recording.type === 'asked' && recording.by === 'peer';
  const remarks = [
    waiting && incomingMessage(waiting),
    asked ? ({ key: 'call.record.asked', params: { name: call.peer.name } } as const) : null,
    call.state.type === 'ended' ? null : recordingNote(call),
    safetyMessage(call),
    call.held.me && call.state.type === 'active' ? statusMessage(call, now, aroundOf(model)) : null,
    pictureMessage(call),
    hintMessage(call),
    ...sharingMessages(call),
  ].filter((message) => message !== null);
  return remarks.length > 0 ? remarks : [statusMessage(call, now, aroundOf(model))];
}

/** The page's title: it tells the tab of a call from the others, and what rings before what goes on. */
export function titleMessage(model: Model): Message | null {
  const waiting = waitingCall(model);
  if (waiting) return incomingMessage(waiting);
  const { call } = model;
  if (!call || call.state.type === 'ended') return null;
  return { key: titleKey(call), params: { name: call.peer.name } };
}

function incomingMessage({ peer }: CallModel): Message {
  return { key: 'title.incoming', params: { name: peer.name } };
}

function titleKey(call: CallModel): Key {
  if (ringsHere(call)) return 'title.incoming';
  const { state } = call;
  const calling = state.type === 'dialing' || (state.type === 'ringing' && state.direction === 'out');
  return calling ? 'title.calling' : 'title.call';
}
