/** The page: what fills it, and over it a call and a notice. */
import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { callsBeside, ringsHere, waitingCall } from './model/calls.ts';
import type { Send } from './model/message.ts';
import type { CallModel, Model, Page } from './model/model.ts';
import { Incoming } from './screens/incoming.tsx';
import { Loading, Unreachable } from './screens/plain.tsx';
import { ReportPage, Shell } from './screens/shell.tsx';
import { say } from './text/language.ts';
import { announcements, aroundOf } from './text/status.ts';
import { KeepsPeopleContext } from './ui/keeps-people.ts';
import { later, laterWithCalls } from './ui/later.tsx';
import { useNow } from './ui/now.ts';
import { ToastView } from './ui/toast.tsx';
import { whenIdle } from './ui/when-idle.ts';

type PageOf<Type extends Page['type']> = Extract<Page, { type: Type }>;

const Join = later<{ page: PageOf<'join'>; send: Send }>(
  async () => (await import('./screens/join.tsx')).Join,
);
const SignIn = later<{ page: PageOf<'sign-in'>; send: Send }>(
  async () => (await import('./screens/sign-in.tsx')).SignIn,
);
/** Fetched as soon as a page stands from which one calls: a call does not wait for it. */
const CallScreen = laterWithCalls(async () => (await import('./screens/call-screen.tsx')).CallScreen);
const Confirm = later(async () => (await import('./screens/confirm.tsx')).Confirm);
const Waiting = later(async () => (await import('./screens/waiting.tsx')).Waiting);
/** Fetched as soon as the address is read. */
export const GuestDoor = laterWithCalls<{ page: PageOf<'guest-door'>; send: Send }>(
  async () => (await import('./screens/guest.tsx')).GuestDoor,
);
const GuestInside = laterWithCalls<{ model: Model; page: PageOf<'guest'>; send: Send }>(
  async () => (await import('./screens/guest.tsx')).GuestInside,
);

interface Props {
  readonly model: ReadonlySignal<Model>;
  readonly send: Send;
}

/** A function of the model. */
export function App({ model, send }: Props) {
  const current = model.value;
  const { call, toast } = current;
  const waiting = waitingCall(current);
  const stands = current.page.type !== 'loading';
  useEffect(() => {
    if (!stands) return;
    CallScreen.fetch();
    return whenIdle(() => {
      Waiting.fetch();
      Confirm.fetch();
    });
  }, [stands]);
  return (
    <>
      {/* What a call covers is neither read out nor reached by the keyboard. */}
      <div class="page" inert={call?.attended === true}>
        <PageView model={current} send={send} />
      </div>
      <KeepsPeopleContext.Provider value={current.page.type === 'home'}>
        {call && <CallView key={call.serial} call={call} model={current} send={send} />}
      </KeepsPeopleContext.Provider>
      {call && waiting && <Waiting key={waiting.serial} waiting={waiting} call={call} send={send} />}
      {current.shared?.asking && current.page.type === 'home' && (
        <Confirm
          name={current.page.me.display_name}
          wanted={current.shared.asking.wanted}
          form={current.shared.asking.form}
          send={send}
        />
      )}
      {toast && (
        <ToastView
          toast={toast}
          inCall={call?.attended === true && call.state.type !== 'ended'}
          send={send}
        />
      )}
      <Announcer model={current} />
    </>
  );
}

function PageView({ model, send }: { readonly model: Model; readonly send: Send }) {
  const { page } = model;
  const signedOut = page.type === 'sign-in' || page.type === 'unreachable';
  if (signedOut && model.place === 'report') return <ReportPage back="#/" />;
  switch (page.type) {
    case 'loading':
      return <Loading />;
    case 'unreachable':
      return <Unreachable send={send} />;
    case 'join':
      return <Join page={page} send={send} />;
    case 'sign-in':
      return <SignIn page={page} send={send} />;
    case 'home':
      return <Shell model={model} me={page.me} send={send} />;
    case 'guest-door':
      return <GuestDoor page={page} send={send} />;
    case 'guest':
      return <GuestInside model={model} page={page} send={send} />;
  }
}

interface CallProps {
  readonly call: CallModel;
  readonly model: Model;
  readonly send: Send;
}

function CallView({ call, model, send }: CallProps) {
  const { page, shared } = model;
  const asks = page.type === 'home' && shared !== null && !shared.open ? page.me.display_name : null;
  if (ringsHere(call)) return <Incoming call={call} asks={asks} send={send} />;
  const goesOn = model.elsewhere.some(({ id }) => id === call.id);
  return (
    <CallScreen
      call={call}
      beside={callsBeside(model)}
      goesOn={goesOn}
      around={aroundOf(model)}
      send={send}
    />
  );
}

/** Says each change of a call once to those who listen to the page. */
function Announcer({ model }: { readonly model: Model }) {
  const messages = announcements(model, useNow());
  return (
    <div class="visually-hidden" role="status">
      {messages.map((message) => (
        <p key={message.key}>{say(message)}</p>
      ))}
    </div>
  );
}
