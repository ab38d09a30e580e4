/**
 * The calls of the model. One has the stage; the others are beside it: on hold, or ringing and waiting. When the one on
 * the stage ends, a held one takes its place and is offered, never resumed by itself: nobody is heard unasked.
 */
import type { Peer } from '@visavis/client';
import { deviceMessage } from '../text/device.ts';
import { endedBeside, transferMessage } from '../text/ended.ts';
import type { Message } from '../text/language.ts';
import { recordingMessage } from '../text/recording.ts';
import type { Input, Output } from './message.ts';
import type { CallModel, CallSnapshot, Ended, Model, Toast } from './model.ts';
import { knownOf, nameOf } from './names.ts';

type Step = readonly [Model, readonly Output[]];

/** Two devices that are asked for with one question are told of one after the other. */
const AT_ONCE_MS = 1_000;

/** The inputs that are about calls. */
export type CallInput = Extract<
  Input,
  {
    type:
      | 'dial'
      | 'call'
      | 'answer'
      | 'answer-waiting'
      | 'elsewhere'
      | 'move-here'
      | 'decline-waiting'
      | 'silence'
      | 'hang-up'
      | 'hold'
      | 'record'
      | 'emoji-match'
      | 'recording-saved'
      | 'recording-left'
      | 'recording-failed'
      | 'save-recording'
      | 'transfer'
      | 'connect-calls'
      | 'dial-beside'
      | 'transfer-failed'
      | 'change-over'
      | 'mic'
      | 'camera'
      | 'screen'
      | 'use-device'
      | 'unblock'
      | 'call-again'
      | 'close-call'
      | 'device-failed';
  }
>;

/** Takes one of them. */
export function updateCalls(model: Model, input: CallInput): Step {
  const { call } = model;
  switch (input.type) {
    case 'dial':
      return dial(model, input.to.trim(), input.video);
    case 'call':
      return showCall(model, input.call, input.now);
    case 'answer':
      if (!call || !ringsHere(call)) return [model, []];
      return [
        { ...model, call: { ...call, attended: true } },
        [{ type: 'accept-call', serial: call.serial, video: input.video }],
      ];
    case 'answer-waiting':
      return answerWaiting(model, input.serial, input.hold);
    case 'elsewhere':
      return [{ ...model, elsewhere: input.calls }, []];
    case 'move-here': {
      const there = model.elsewhere.some(({ id }) => id === input.id);
      if (!there) return [model, []];
      if (!model.secure) return [withToast(model, { key: 'device.insecure' }), []];
      // The screen that says where it was answered has done its work.
      const stage = call && isLive(call) ? call : null;
      return [{ ...model, call: stage }, [{ type: 'take-call', id: input.id }]];
    }
    case 'decline-waiting':
      return [
        model,
        model.others.some(waits(input.serial)) ? [{ type: 'end-call', serial: input.serial }] : [],
      ];
    case 'silence':
      return [replace(model, input.serial, { silenced: true }), []];
    case 'hang-up':
      return toLive(call, ({ serial }) => [{ type: 'end-call', serial }], model);
    case 'hold':
      return toLive(call, ({ serial }) => [{ type: 'hold-call', serial, on: input.on }], model);
    case 'record':
      return toAnswered(call, ({ serial }) => [{ type: 'record-call', serial, wish: input.wish }], model);
    case 'emoji-match':
      // Whatever was read to each other on another call, or before this one had other emoji, says nothing of it.
      return toAnswered(
        call,
        ({ serial, safety }) =>
          serial === input.serial && safety?.code.join() === input.code.join()
            ? [{ type: 'verify-call', serial, code: input.code }]
            : [],
        model,
      );
    case 'recording-saved':
    case 'recording-left':
    case 'recording-failed':
      return [withRecordingToast(model, input), []];
    case 'save-recording':
      return [model, [{ type: 'save-recording', id: input.id }]];
    case 'transfer': {
      const to = nameOf(input.to.trim(), knownOf(model));
      if (to === '' || !call || !isAnswered(call) || call.transferring) return [model, []];
      const { serial } = call;
      return [replace(model, serial, { transferring: true }), [{ type: 'transfer-call', serial, to }]];
    }
    case 'connect-calls': {
      const other = model.others.find(({ serial }) => serial === input.serial);
      if (!other || !isAnswered(other)) return [model, []];
      return toAnswered(call, ({ serial }) => [{ type: 'transfer-call', serial, to: other.serial }], model);
    }
    case 'dial-beside': {
      const to = nameOf(input.to.trim(), knownOf(model));
      if (to === '') return [model, []];
      return toAnswered(call, () => [{ type: 'start-call', to, video: false }], model);
    }
    case 'transfer-failed':
      return [withToast(goingOn(model), transferMessage(input.error, input.to)), []];
    case 'change-over':
      return changeOver(model, input.serial);
    case 'mic':
      return toLive(call, ({ serial }) => [{ type: 'set-mic', serial, on: input.on }], model);
    case 'camera': {
      // Whoever turns it on by its own button needs the advice no more.
      const advised = input.on && model.toast?.message.key === 'toast.camera-off';
      const after = advised ? { ...model, toast: null } : model;
      return toLive(call, ({ serial }) => [{ type: 'set-camera', serial, on: input.on }], after);
    }
    case 'screen':
      return toLive(call, ({ serial }) => [{ type: 'share-screen', serial, on: input.on }], model);
    case 'use-device':
      return toLive(call, ({ serial }) => [{ ...input, serial }], model);
    case 'unblock':
      return toLive(call, ({ serial }) => [{ type: 'unblock-sound', serial }], model);
    case 'call-again':
      if (!call) return [model, []];
      return dial(model, call.peer.id, call.media.video);
    case 'close-call':
      if (call?.state.type !== 'ended') return [model, []];
      return [{ ...model, call: null }, [{ type: 'load-history', afterCall: false }]];
    case 'device-failed':
      return [withToast(model, deviceMessage(input.error, input.device)), []];
  }
}

/** Whether a call waits for this user's answer. */
export function ringsHere(call: CallModel): boolean {
  return call.state.type === 'ringing' && call.state.direction === 'in' && !call.attended;
}

/** The call that rings during another; of several the oldest. */
export function waitingCall({ call, others }: Model): CallModel | null {
  return (call && isLive(call) && !ringsHere(call) && others.find(ringsHere)) || null;
}

/** The calls that wait on hold beside the stage. */
export function callsBeside({ others }: Model): readonly CallModel[] {
  return others.filter((other) => !ringsHere(other));
}

/** The two sides talk, or are about to. */
export function isAnswered({ state: { type } }: CallSnapshot): boolean {
  return type === 'connecting' || type === 'active' || type === 'recovering';
}

/** Several people use this browser, and the server knows of nobody who has confirmed to be its user. */
export function isUnconfirmed(state: CallSnapshot['state']): boolean {
  return state.type === 'ended' && state.summary.error?.code === 'unconfirmed';
}

function isLive(call: CallModel): boolean {
  return call.state.type !== 'ended';
}

function toLive(call: CallModel | null, outputs: (call: CallModel) => readonly Output[], model: Model): Step {
  return [model, call && isLive(call) ? outputs(call) : []];
}

function toAnswered(
  call: CallModel | null,
  outputs: (call: CallModel) => readonly Output[],
  model: Model,
): Step {
  return [model, call && isAnswered(call) ? outputs(call) : []];
}

function waits(serial: number): (call: CallModel) => boolean {
  return (call) => call.serial === serial && ringsHere(call);
}

function replace(model: Model, serial: number, change: Partial<CallModel>): Model {
  const changed = (call: CallModel) => (call.serial === serial ? { ...call, ...change } : call);
  return { ...model, call: model.call && changed(model.call), others: model.others.map(changed) };
}

/** No call is being put through any more. */
function goingOn(model: Model): Model {
  const on = ({ transferring: _, ...call }: CallModel): CallModel => call;
  return { ...model, call: model.call && on(model.call), others: model.others.map(on) };
}

function dial(model: Model, to: string, video: boolean): Step {
  const { call } = model;
  // Two people who call each other at once: whoever calls the one who rings here answers.
  if (call && ringsHere(call) && call.peer.id === to.toLowerCase()) {
    return updateCalls(model, { type: 'answer', video });
  }
  const inCall = call !== null && isLive(call);
  const mayCall = model.page.type === 'home' || model.page.type === 'guest';
  if (!mayCall || inCall || to === '') return [model, []];
  if (!model.secure) return [withToast(model, { key: 'device.insecure' }), []];
  return [{ ...model, call: null }, [{ type: 'start-call', to, video }]];
}

function answerWaiting(model: Model, serial: number, hold: boolean): Step {
  const { call, others } = model;
  const waiting = others.find(waits(serial));
  if (!call || !waiting) return [model, []];
  // A camera that is on stays on, and none is turned on by it.
  const accept = {
    type: 'accept-call',
    serial,
    video: waiting.media.video && call.local.camera === 'on',
  } as const;
  const rest = others.filter((other) => other !== waiting);
  const onStage = { ...waiting, attended: true };
  // Answering one call holds the other: there is one microphone.
  if (hold && isAnswered(call)) return [{ ...model, call: onStage, others: [call, ...rest] }, [accept]];
  return [
    { ...model, call: onStage, others: [call, ...rest] },
    [{ type: 'end-call', serial: call.serial }, accept],
  ];
}

function changeOver(model: Model, serial: number): Step {
  const { call, others } = model;
  const next = others.find((other) => other.serial === serial);
  if (!next || !isAnswered(next)) return [model, []];
  const rest = others.filter((other) => other !== next);
  const beside = call && isLive(call) ? [call, ...rest] : rest;
  return [{ ...model, call: next, others: beside }, [{ type: 'hold-call', serial, on: false }]];
}

function showCall(model: Model, snapshot: CallSnapshot, now: number): Step {
  const before = [model.call, ...model.others].find((call) => call?.serial === snapshot.serial) ?? null;
  const sameState = before?.state.type === snapshot.state.type;
  const broughtBy = before && broughtByWhom(before, snapshot);
  const { micError } = snapshot.local;
  const micErrorSince = micError && micError === before?.local.micError ? before.micErrorSince : now;
  const call: CallModel = {
    ...snapshot,
    ...(micError && micErrorSince !== undefined ? { micErrorSince } : {}),
    ...(broughtBy ? { broughtBy } : {}),
    attended: snapshot.direction === 'out' || (before?.attended ?? false) || isAnswered(snapshot),
    silenced: before?.silenced ?? false,
    stateSince: sameState ? before.stateSince : now,
    ...(before?.transferring ? { transferring: true } : {}),
    ...(leftCamera(before, snapshot) ? { cameraLeft: true } : {}),
  };
  if (call.state.type === 'ended') {
    const pageClosed = before?.state.type === 'recovering' && before.state.cause === 'leaving';
    const over: CallModel = pageClosed ? { ...call, pageClosed } : call;
    return [ended(model, over, call.state), [{ type: 'load-history', afterCall: true }]];
  }
  const placed = withRecordingNews(place(model, call, before !== null), before, call);
  return [withDeviceToast(withCameraToast(placed, call, before), before, call, now), []];
}

/** Kept until the new call has been a conversation: until then nobody is left but them. */
function broughtByWhom(before: CallModel, snapshot: CallSnapshot): Peer | undefined {
  const putThrough = before.id !== snapshot.id && snapshot.transferredBy !== undefined;
  if (putThrough && isAnswered(before)) return before.peer;
  const begins = snapshot.state.type === 'active' && before.state.type !== 'active';
  return begins ? undefined : before.broughtBy;
}

/** A video call that was taken from another device, or put through, goes on with sound only. Kept until it is active. */
function leftCamera(before: CallModel | null, snapshot: CallSnapshot): boolean {
  if (!snapshot.media.video) return false;
  if (!before) return snapshot.taken === true;
  const putThrough = before.id !== snapshot.id && snapshot.transferredBy !== undefined && isAnswered(before);
  return putThrough || (before.cameraLeft === true && before.state.type !== 'active');
}

/** What became of a recording, unless our user did it. */
function withRecordingNews(model: Model, before: CallModel | null, call: CallModel): Model {
  const message = before ? recordingMessage(before.recording, call) : null;
  return message ? withToast(model, message, true) : model;
}

function withRecordingToast(
  model: Model,
  input: Extract<Input, { type: 'recording-saved' | 'recording-left' | 'recording-failed' }>,
): Model {
  if (input.type === 'recording-failed') return withToast(model, { key: 'toast.recording.failed' });
  const save = { type: 'save-recording', id: input.id } as const;
  if (input.type === 'recording-left') {
    const message = { key: 'toast.recording.left', params: { name: input.peer } } as const;
    return withToast(model, message, true, { key: 'toast.recording.save', input: save });
  }
  const key = input.problem === undefined ? 'toast.recording.saved' : 'toast.recording.full';
  return withToast(model, { key }, input.problem === undefined, {
    key: 'toast.recording.save-again',
    input: save,
  });
}

/** Says why the other person sees nothing, once, with the way out. */
function withCameraToast(model: Model, call: CallModel, before: CallModel | null): Model {
  const begins = call.state.type === 'active' && before?.state.type !== 'active';
  const { camera, cameraError } = call.local;
  if (!begins || !call.cameraLeft || camera !== 'off' || cameraError || model.call?.serial !== call.serial) {
    return model;
  }
  const turnOn = { key: 'toast.camera-off.turn-on', input: { type: 'camera', on: true } } as const;
  return withToast(model, { key: 'toast.camera-off' }, true, turnOn);
}

/** Puts a live call where it belongs. */
function place(model: Model, call: CallModel, isKnown: boolean): Model {
  const { call: present, others } = model;
  if (isKnown) {
    // Whole: what is not so any more is not to be left over.
    const newest = (known: CallModel) => (known.serial === call.serial ? call : known);
    return { ...model, call: present && newest(present), others: others.map(newest) };
  }
  if (!present || !isLive(present)) return { ...model, call };
  if (ringsHere(call)) return { ...model, others: [...others, call] };
  return { ...model, call, others: [present, ...others] };
}

function ended(model: Model, call: CallModel, state: Ended): Model {
  // Whoever declines knows it: no words are needed to say so.
  const silent = state.reason === 'declined' || isUnconfirmed(state);
  const ours = ['declined', 'hangup', 'cancelled', 'transferred'].includes(state.reason);
  if (model.call && model.call.serial !== call.serial) {
    const without = { ...model, others: model.others.filter(({ serial }) => serial !== call.serial) };
    return ours ? without : withToast(without, endedBeside(call, state), true);
  }
  const next = callsBeside(model)[0] ?? model.others[0];
  if (!next) return { ...model, call: silent ? null : call };
  const promoted = { ...model, call: next, others: model.others.filter((other) => other !== next) };
  return silent ? promoted : withToast(promoted, endedBeside(call, state), true);
}

/**
 * Tells of a microphone or camera that fails, once; the call goes on without it. Of two that fail at once, the microphone
 * matters. One that has taken over by itself is told too, with the way to turn it off.
 */
function withDeviceToast(model: Model, before: CallModel | null, call: CallModel, now: number): Model {
  const { local, micErrorSince } = call;
  const { micError, cameraError } = local;
  if (micError && micError !== before?.local.micError) {
    return withToast(model, deviceMessage(micError, 'mic'));
  }
  if (before?.local.mic === 'lost' && local.mic === 'on') {
    const message = { key: 'device.mic.replaced', params: { device: local.micLabel ?? '' } } as const;
    return withToast(model, message, true, { key: 'call.mute', input: { type: 'mic', on: false } });
  }
  if (before?.local.camera === 'lost' && local.camera === 'on') {
    const message = { key: 'device.camera.replaced', params: { device: local.cameraLabel ?? '' } } as const;
    const undo = { key: 'device.camera.replaced.undo', input: { type: 'camera', on: false } } as const;
    return withToast(model, message, true, undo);
  }
  if (!cameraError || cameraError === before?.local.cameraError) return model;
  if (micErrorSince !== undefined && now - micErrorSince < AT_ONCE_MS) return model;
  return withToast(model, deviceMessage(cameraError, 'camera'));
}

/** With a notice in the place of the one before. */
export function withToast(model: Model, message: Message, calm = false, action?: Toast['action']): Model {
  const id = (model.toast?.id ?? 0) + 1;
  return { ...model, toast: { id, message, ...(calm ? { calm } : {}), ...(action ? { action } : {}) } };
}
