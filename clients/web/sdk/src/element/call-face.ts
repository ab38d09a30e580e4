/** A call on the screen: pictures, where it stands, and few buttons. Made once, changed as the call changes. */
import type { Call } from '../public.ts';
import { type IconName, icon, make, write } from './dom.ts';
import { type Face, isAnswered, nameOf } from './face.ts';
import { callText, deviceText, type Say, type Text } from './texts.ts';

/** What a call needs of the screen. */
export interface CallFace {
  readonly nodes: readonly HTMLElement[];
  /** Lets go of the call. */
  readonly close: () => void;
}

/** Shows a call until it is closed; `status` is where its state is told. */
export function showCall(face: Extract<Face, { type: 'call' }>, say: Say, status: HTMLElement): CallFace {
  const { call } = face;
  const [remote, screen, self] = [picture('remote'), picture('screen'), picture('self')];
  self.muted = true;
  const stage = make('div', { class: 'stage', part: 'stage' }, remote, screen, self);

  const button = (part: string, text: Text, shape: IconName, style: string, press: () => void) => {
    const isRound = style.includes('round');
    const made = make('button', { type: 'button', part, class: style }, icon(shape));
    if (isRound) made.setAttribute('aria-label', say(text));
    else made.append(say(text));
    made.title = isRound ? say(text) : '';
    made.addEventListener('click', press);
    return made;
  };
  const answer = button('answer', 'answer', 'phone', 'main', () => void call.accept({ audio: true }));
  const answerVideo = button('answer-video', 'answer-video', 'video', '', () => {
    void call.accept({ audio: true, video: true });
  });
  const decline = button('decline', 'decline', 'end', 'danger', () => call.decline());
  const sound = button('sound', 'sound', 'sound', 'main', () => void call.unblock());
  const mic = button('mic', 'mic', 'mic', 'round', () => turnMic(call));
  const camera = button('camera', 'camera', 'video', 'round', () => turnCamera(call));
  const hangUp = button('hang-up', 'hang-up', 'end', 'danger', () => call.hangup());
  const buttons = [answer, answerVideo, decline, sound, mic, camera, hangUp];
  const controls = make(
    'div',
    { class: 'row', part: 'controls', role: 'group', 'aria-label': say('controls') },
    ...buttons,
  );

  const draw = () => {
    const state = call.state.value;
    if (state.type === 'ended') return;
    const [coming, sending, name] = [call.remote.value, call.local.state.value, nameOf(face)];
    const rings = state.type === 'ringing' && state.direction === 'in';
    const hadFocus = buttons.find((one) => one.matches(':focus'));
    answer.hidden = !rings;
    answerVideo.hidden = !rings || !call.media.video;
    decline.hidden = !rings;
    sound.hidden = !coming.blocked;
    mic.hidden = !isAnswered(state);
    camera.hidden = !isAnswered(state);
    hangUp.hidden = rings;
    mic.setAttribute('aria-pressed', String(sending.mic === 'on'));
    camera.setAttribute('aria-pressed', String(sending.camera === 'on'));
    if (hadFocus?.hidden) buttons.find((one) => !one.hidden)?.focus();

    for (const [video, text] of [
      [remote, 'remote'],
      [screen, 'screen'],
      [self, 'self'],
    ] as const)
      video.setAttribute('aria-label', say(text, name));
    screen.hidden = !coming.screen;
    remote.hidden = coming.screen || !coming.video;
    self.hidden = sending.camera !== 'on';
    stage.hidden = remote.hidden && screen.hidden && self.hidden;
    write(status, words(call, say, name));
  };
  const stops = [
    call.attach(remote),
    call.attach(screen, 'screen'),
    call.local.attach(self),
    ...[call.state, call.peer, call.held, call.remote, call.local.state].map((value) =>
      value.subscribe(draw),
    ),
  ];
  return {
    nodes: [stage, controls],
    close() {
      for (const stop of stops) stop();
    },
  };
}

function words(call: Call, say: Say, name: string): string {
  const state = call.state.value;
  if (state.type === 'ended') return '';
  const { micError, cameraError } = call.local.state.value;
  const problems = [
    ...(micError ? [say(deviceText('mic'))] : []),
    ...(cameraError ? [say(deviceText('camera'))] : []),
  ];
  const stands = call.held.value.peer ? say('held', name) : say(callText(state), name);
  return [stands, ...problems].join(' ');
}

function picture(part: string): HTMLVideoElement {
  return make('video', { part, class: part, playsinline: true, autoplay: true });
}

// What fails is in `local.state`, which is shown.
function turnMic(call: Call): void {
  call.local.mic(call.local.state.value.mic !== 'on').catch(() => {});
}

function turnCamera(call: Call): void {
  call.local.camera(call.local.state.value.camera !== 'on').catch(() => {});
}
