/** Runs inside a real browser: the element, and each of its faces without anybody behind it; and what a page connects with itself. */
import axe from 'axe-core';

import type { Face } from '../../src/element/face.ts';
import { STYLE } from '../../src/element/style.ts';
import { speak } from '../../src/element/texts.ts';
import { View } from '../../src/element/view.ts';
import type { Call, CallState, LocalState, RemoteMedia } from '../../src/public.ts';
import { Source } from '../../src/readable.ts';
import '../../src/element.ts';
import { connect } from '../../src/index.ts';

/** A call that stands like this. */
function call(state: CallState, remote: Partial<RemoteMedia> = {}, local: Partial<LocalState> = {}): Face {
  const said: Partial<Call> = {
    direction: 'out',
    media: { audio: true, video: true },
    state: new Source(state),
    peer: new Source({ id: 'alice', name: 'Alice', lost: false, contact: false }),
    held: new Source({ me: false, peer: false }),
    remote: new Source({ audio: true, video: false, screen: false, blocked: false, ...remote }),
    attach: () => () => undefined,
    local: {
      state: new Source<LocalState>({ mic: 'on', camera: 'off', screen: 'off', ...local }),
      attach: () => () => undefined,
    } as unknown as Call['local'],
  };
  return { type: 'call', call: said as Call, name: 'Alice' };
}

const ACTIVE = { type: 'active', since: 0, path: 'direct' } as const;
const FACES: Readonly<Record<string, Face>> = {
  idle: { type: 'idle' },
  waiting: { type: 'waiting' },
  door: { type: 'door', invitation: { host_name: 'Alice', label: 'Help desk', video: true } },
  ringing: call({ type: 'ringing', direction: 'out', until: undefined }),
  incoming: call({ type: 'ringing', direction: 'in', until: undefined }),
  talking: call(ACTIVE),
  pictures: call(ACTIVE, { video: true, blocked: true }, { camera: 'on', mic: 'muted' }),
  screen: call(ACTIVE, { video: true, screen: true }),
  ended: { type: 'ended', name: 'Alice', reason: 'remote-hangup', summary: { durationMs: 61_000 } },
  problem: { type: 'problem', code: 'forbidden', hint: 'its operator adds it to web.embed_origins' },
};

/** Shows a face; what axe has against it: the rule, and where. */
async function look(name: string, language: string, scheme: string): Promise<string[]> {
  const host = document.createElement('main');
  document.documentElement.lang = language;
  document.documentElement.style.colorScheme = scheme;
  document.title = name;
  document.body.replaceChildren(host);
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const nothing = () => undefined;
  const view = new View(root, { call: nothing, knock: nothing, reset: nothing });
  view.show(FACES[name] ?? { type: 'idle' }, speak(language), { isQuiet: false, name: '' });
  const rules = { 'page-has-heading-one': { enabled: false } };
  const { violations } = await axe.run(document, { resultTypes: ['violations'], rules });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

export const faces = { names: Object.keys(FACES), look, connect };
export type Faces = typeof faces;
Object.assign(window, { faces });
