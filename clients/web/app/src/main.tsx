/** Where the app begins: `driver.ts` acts, `model/` decides, `screens/` show. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { createDriver } from './driver.ts';
import { readAddress } from './model/place.ts';
import { takeWish } from './push/wish.ts';
import { chimeFor, loopFor } from './sound/plan.ts';
import { createPlayer } from './sound/player.ts';
import './style/index.css';
import { say, startLanguage } from './text/language.ts';
import { titleMessage } from './text/status.ts';
import { PicturesContext } from './ui/pictures.ts';
import { startTheme } from './ui/theme.ts';

startTheme();

const { model, send, calls } = createDriver();

const player = createPlayer();
let before = model.value;
effect(() => {
  const after = model.value;
  player.loop(loopFor(after));
  const chime = chimeFor(before, after);
  if (chime) player.chime(chime);
  before = after;
});

effect(() => {
  const { people } = model.value;
  const message = titleMessage(model.value);
  const waiting = people.unseen.missed + people.unseen.requests;
  // What happens now is more than what was missed.
  const count = waiting > 0 && !message ? `(${waiting}) ` : '';
  document.title = message ? `${say(message)} · Visavis` : `${count}Visavis`;
  showBadge(waiting);
});

/** The number on the icon of an installed app. */
function showBadge(count: number): void {
  if (!('setAppBadge' in navigator)) return;
  // Not installed, or not allowed: there is no icon to write on.
  navigator.setAppBadge(count).catch(() => {});
}

const open = () => {
  const address = readAddress(location.hash);
  switch (address.type) {
    case 'join':
      return send({ type: 'open', token: address.token });
    case 'guest':
      return send({ type: 'open-guest', token: address.token });
    case 'wish':
      void takeWish(address.nonce, Date.now()).then(
        (wish) => wish && send({ type: 'answer-call', wish, now: Date.now() }),
      );
      return send({ type: 'open', token: null });
    case 'place':
      send({ type: 'go', place: address.place });
      return send({ type: 'open', token: null });
  }
};
addEventListener('hashchange', open);
open();

const look = () => send({ type: 'hidden', hidden: document.visibilityState === 'hidden' });
document.addEventListener('visibilitychange', look);
look();

// Nothing is shown in the wrong language first. It never fails: without its texts the page speaks English.
void startLanguage().then(() => {
  const root = document.getElementById('app');
  if (!root) return;
  render(
    <PicturesContext.Provider value={calls}>
      <App model={model} send={send} />
    </PicturesContext.Provider>,
    root,
  );
});
