/** Where the app begins: `driver.ts` acts, `model/` decides, `screens/` show. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { createDriver } from './driver.ts';
import { chimeFor, loopFor } from './sound/plan.ts';
import { createPlayer } from './sound/player.ts';
import './style/index.css';
import { say, startLanguage } from './text/language.ts';
import { titleMessage } from './text/status.ts';
import { PicturesContext } from './ui/pictures.ts';
import { startTheme } from './ui/theme.ts';

startLanguage();
startTheme();

const { model, send, calls } = createDriver();

const player = createPlayer();
let before = model.value.call;
effect(() => {
  const { call } = model.value;
  player.loop(loopFor(call));
  const chime = chimeFor(before, call);
  if (chime) player.chime(chime);
  before = call;
});

effect(() => {
  const message = titleMessage(model.value.call);
  document.title = message ? `${say(message)} · Visavis` : 'Visavis';
});

const JOIN = '#/join/';
const open = () => {
  const { hash } = location;
  send({ type: 'open', token: hash.startsWith(JOIN) ? hash.slice(JOIN.length) : null });
};
addEventListener('hashchange', open);
open();

const root = document.getElementById('app');
if (root) {
  render(
    <PicturesContext.Provider value={calls}>
      <App model={model} send={send} />
    </PicturesContext.Provider>,
    root,
  );
}
