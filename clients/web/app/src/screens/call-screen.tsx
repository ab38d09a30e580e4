/** A call that has the whole screen, from dialling to its end. */
import { useEffect, useRef } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { Controls } from './controls.tsx';
import { EndedScreen } from './ended.tsx';
import { Identity } from './identity.tsx';
import { useQuietControls } from './quiet-controls.ts';
import { RemotePicture } from './remote-picture.tsx';
import { SelfPicture } from './self-picture.tsx';

interface Props {
  readonly call: CallModel;
  readonly send: Send;
}

/** The stage is dark in both themes: the picture is what one looks at. */
export function CallScreen({ call, send }: Props) {
  if (call.state.type === 'ended') return <EndedScreen call={call} ended={call.state} send={send} />;
  return <Stage call={call} send={send} />;
}

function Stage({ call, send }: Props) {
  const stage = useRef<HTMLDivElement>(null);
  const picture = showsPicture(call);
  const { shown, handlers } = useQuietControls(stage, picture && call.state.type === 'active');
  // Whoever called by keyboard goes on by keyboard from here.
  useEffect(() => stage.current?.focus(), []);
  return (
    <main
      ref={stage}
      class="stage"
      data-testid="call-screen"
      data-state={call.state.type}
      data-picture={picture}
      data-controls={shown ? 'shown' : 'hidden'}
      tabIndex={-1}
      {...handlers}
    >
      <RemotePicture call={call} shown={picture} />
      {call.local.camera === 'on' && <SelfPicture full={isWaiting(call)} />}
      <div class="stage-shade" />
      <Identity call={call} place={placeOf(call, picture)} send={send} />
      <Controls call={call} send={send} />
    </main>
  );
}

function isWaiting(call: CallModel): boolean {
  const { type } = call.state;
  return type === 'dialing' || type === 'ringing' || type === 'connecting';
}

function placeOf(call: CallModel, picture: boolean): 'middle' | 'above' | 'line' {
  if (isWaiting(call) && call.local.camera === 'on') return 'above';
  return picture && call.state.type === 'active' ? 'line' : 'middle';
}

/** The last picture stays while a lost path is being mended. */
function showsPicture(call: CallModel): boolean {
  const { type } = call.state;
  return (type === 'active' || type === 'recovering') && call.remote.video;
}
