/** The page that other sites frame, `/embed#link=…`: the element of `embed.js`, alone, and the messages to the page around it. */
import type { EmbedOrigins } from '@visavis/client';
import type { EndedDetail, ErrorDetail, StateDetail, VisavisCall } from '@visavis/client/element';
import { type Command, commandOf, type Notice, tell } from './messages.ts';

/** What the framing page may set behind the `#`, where it is sent to no server. */
const SETTINGS = ['link', 'to', 'media', 'name', 'lang', 'incoming'];

// Alone in a window it would be a page of ours on which whoever made its address has chosen who is called, and what the button says.
if (window.parent === window) location.replace('/');
else void begin(framed());

/** The element as the framing page wants it. */
function framed(): VisavisCall {
  const settings = new URLSearchParams(location.hash.slice(1));
  const element = document.createElement('visavis-call');
  for (const name of SETTINGS) {
    const value = settings.get(name);
    if (value !== null) element.setAttribute(name, value);
  }
  // Whatever a link says, calls of this page go through its own server.
  element.setAttribute('server', location.origin);
  element.textContent = settings.get('label');
  if (settings.has('lang')) document.documentElement.lang = settings.get('lang') ?? '';
  if (settings.has('theme')) document.documentElement.style.colorScheme = settings.get('theme') ?? '';
  return element;
}

async function begin(element: VisavisCall): Promise<void> {
  const listed = await listedOrigins();
  const say = (notice: Notice) => tell(notice, window.parent, listed, location.ancestorOrigins);
  element.addEventListener('visavis-state', (event) =>
    say({ type: 'state', ...detailOf<StateDetail>(event) }),
  );
  element.addEventListener('visavis-ended', (event) =>
    say({ type: 'ended', ...detailOf<EndedDetail>(event) }),
  );
  element.addEventListener('visavis-error', (event) =>
    say({ type: 'error', ...detailOf<ErrorDetail>(event) }),
  );
  addEventListener('message', (event) => {
    const command = commandOf(event, window.parent, listed);
    if (command) obey(element, command, say);
  });
  document.querySelector('main')?.append(element);
  say({ type: 'ready' });
}

function obey(element: VisavisCall, command: Command, say: (notice: Notice) => void): void {
  switch (command.type) {
    case 'call':
      return element.prepare();
    case 'hangup':
      return element.hangup();
    case 'mute':
      return command.on ? void element.mute(true) : refuse(say);
    case 'camera':
      return command.on ? refuse(say) : void element.camera(false);
  }
}

function refuse(say: (notice: Notice) => void): void {
  say({
    type: 'error',
    code: 'press-inside',
    hint: 'to unmute and to turn the camera on somebody presses inside the frame',
  });
}

/** The sites that may frame this page. Without an answer none is listened to. */
async function listedOrigins(): Promise<readonly string[]> {
  try {
    const { origins }: EmbedOrigins = await (await fetch('/api/embed/origins')).json();
    return origins;
  } catch {
    return [];
  }
}

function detailOf<Detail>(event: Event): Detail {
  return (event as CustomEvent<Detail>).detail;
}
