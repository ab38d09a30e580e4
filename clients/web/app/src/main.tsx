/** Where the app begins: `driver.ts` acts, `model/` decides, `screens/` show. */
import { computed, effect } from '@preact/signals';
import { render } from 'preact';
import { App, GuestDoor } from './app.tsx';
import { createDriver } from './driver.ts';
import { unseenCount } from './model/people-update.ts';
import { readAddress } from './model/place.ts';
import { keepWhenQuiet } from './push/keep.ts';
import { remember } from './push/memory.ts';
import { takeWish } from './push/wish.ts';
import { chimeFor, loopFor } from './sound/plan.ts';
import './style/index.css';
import { say, startLanguage } from './text/language.ts';
import { titleMessage } from './text/status.ts';
import { PicturesContext } from './ui/pictures.ts';
import { ReportsContext } from './ui/reports.ts';
import { startTheme } from './ui/theme.ts';

startTheme();
// Asked for first: nothing is shown without it.
const spoken = startLanguage();

const { model, send, calls } = createDriver();

// Fetched behind the first page: what rings already is heard from then on. A page that cannot have it is silent.
void import('./sound/player.ts').then(
  ({ createPlayer }) => {
    const player = createPlayer();
    let before = model.value;
    effect(() => {
      const after = model.value;
      player.loop(loopFor(after));
      const chime = chimeFor(before, after);
      if (chime) player.chime(chime);
      before = after;
    });
  },
  () => {},
);

const unseen = computed(() => unseenCount(model.value));
effect(() => {
  const message = titleMessage(model.value);
  // What happens now is more than what was missed.
  const count = unseen.value && !message ? `(${unseen.value}) ` : '';
  document.title = message ? `${say(message)} · Visavis` : `${count}Visavis`;
});
effect(() => {
  if (unseen.value !== null) showBadge(unseen.value);
});

/** The number on the icon of an installed app; the service worker counts on from there while no page is open. */
function showBadge(count: number): void {
  void remember('unseen', String(count));
  if (!('setAppBadge' in navigator)) return;
  // Not installed, or not allowed: there is no icon to write on.
  navigator.setAppBadge(count).catch(() => {});
}

// Guests have no worker: nobody opens the app again in their browser.
keepWhenQuiet(computed(() => model.value.page.type !== 'home' || model.value.call !== null));

const open = () => {
  const address = readAddress(location.hash);
  switch (address.type) {
    case 'join':
      return send({ type: 'open', token: address.token });
    case 'guest':
      GuestDoor.fetch();
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

// Nothing is shown in the wrong language first. Until then the mark stands there, which is in the page itself.
void spoken.then(() => {
  const root = document.getElementById('app');
  if (!root) return;
  root.replaceChildren();
  render(
    <PicturesContext.Provider value={calls}>
      <ReportsContext.Provider value={calls.reports}>
        <App model={model} send={send} />
      </ReportsContext.Provider>
    </PicturesContext.Provider>,
    root,
  );
});
