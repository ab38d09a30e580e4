/** Performs what the model asks for, and sends back what came of it. */

import { effect } from '@preact/signals';
import type { Me } from '@visavis/client';
import { checkInvitation, isTemporary, logIn, logOut, problemOf, signUp, whoAmI } from './api/account.ts';
import { datePage, fetchHistory } from './api/history.ts';
import type { Answer } from './api/http.ts';
import { checkGuestLink, enterAsGuest } from './api/people.ts';
import { keepAwaited, keptAwaited } from './awaited.ts';
import { type Calls, createCalls } from './call/calls.ts';
import type { Output } from './model/message.ts';
import type { Awaited } from './model/people.ts';
import { hashOf } from './model/place.ts';
import { createStore, type Store } from './model/store.ts';
import type { createOwnDriver, ForAllPages } from './own-driver.ts';
import { createPeopleDriver } from './people-driver.ts';
import { closeNotice, closeNotices } from './push/notices.ts';
import { hearWorker } from './push/worker.ts';
import type { Recorder } from './recording/record.ts';
import { createSignOut } from './sign-out.ts';

/** A call that just ended reaches the history when its record is committed: when to look again. */
const HISTORY_LOOKS_MS = [0, 400, 1_000, 2_500, 6_000];

/** The running app without its screens. */
export interface Driver extends Store {
  readonly calls: Calls;
}

/** Makes the store and all that acts for it. */
export function createDriver(): Driver {
  const store = createStore(window.isSecureContext, (output) => void perform(output));
  const { send } = store;
  const calls = createCalls(send, () => Date.now(), whoRecords);
  const performForPeople = createPeopleDriver(send);
  const signOut = createSignOut(logOut);
  hearWorker(store);
  effect(() => {
    const { preferences } = store.model.value.people;
    // The server says so at each welcome; this is for a wish that has just changed.
    if (preferences) calls.hideAddress(preferences.hide_address);
  });
  const pages = new BroadcastChannel('visavis-shared');
  pages.onmessage = ({ data }: MessageEvent<ForAllPages>) => {
    if (store.model.value.page.type === 'home') send(data);
  };
  let own: Promise<ReturnType<typeof createOwnDriver>> | undefined;
  let awaited: readonly Awaited[] | null = null;
  effect(() => {
    const { page, people } = store.model.value;
    if (page.type !== 'home') awaited = null;
    // Nothing is kept until what was kept before has been taken up, at `connect`.
    if (page.type !== 'home' || awaited === null || people.awaited === awaited) return;
    awaited = people.awaited;
    keepAwaited(page.me.name, awaited);
  });
  return { ...store, calls };

  async function perform(output: Output): Promise<void> {
    switch (output.type) {
      case 'check-invitation': {
        const answer = await checkInvitation(output.token);
        if (answer.type === 'ok') send({ type: 'invitation', invitation: answer.value });
        else if (isTemporary(answer)) send({ type: 'no-server' });
        else send({ type: 'invitation', invitation: null });
        return;
      }
      case 'ask-who-am-i': {
        const answer = await whoIsHere();
        if (answer === null) send({ type: 'who-am-i', me: null });
        else if (answer.type === 'ok') send({ type: 'who-am-i', me: answer.value });
        else if (answer.type === 'refused' && answer.status === 401) send({ type: 'who-am-i', me: null });
        else send({ type: 'no-server' });
        return;
      }
      case 'send-sign-up':
        return signedIn(await entered(() => signUp(output.token, output.displayName, output.password)));
      case 'send-log-in':
        return signedIn(await entered(() => logIn(output.name, output.password)));
      case 'send-own-name':
      case 'send-password':
      case 'send-confirm':
      case 'send-lock':
      case 'send-share':
        return (await ownDriver())(output);
      case 'send-log-out':
        awaited = null;
        keepAwaited('', []);
        // The server would close them, if it is there to do so.
        pages.postMessage({ type: 'link', link: { type: 'offline', reason: 'signed-out' } });
        await signOut.begin();
        return;
      case 'clear-address': {
        const hash = hashOf(store.model.value.place);
        if (location.hash !== hash) {
          history.replaceState(null, '', location.pathname + location.search + hash);
        }
        return;
      }
      case 'connect': {
        const { page } = store.model.value;
        if (page.type === 'home') {
          awaited = keptAwaited(page.me.name);
          send({ type: 'awaited-before', people: awaited });
          void ownDriver();
        }
        return calls.connect();
      }
      case 'disconnect':
        return calls.disconnect();
      case 'close-notices':
        return closeNotices(output.live);
      case 'load-history':
        return loadHistory(output.afterCall);
      case 'start-call':
        return calls.start(output.to, output.video);
      case 'accept-call':
        noteAnswered(output.serial);
        return calls.accept(output.serial, output.video);
      case 'take-call':
        return calls.take(output.id);
      case 'end-call':
        return calls.end(output.serial);
      case 'transfer-call':
        return calls.transfer(output.serial, output.to);
      case 'hold-call':
        return calls.hold(output.serial, output.on);
      case 'record-call':
        return calls.record(output.serial, output.wish);
      case 'verify-call':
        return calls.verify(output.serial, output.code);
      case 'look-for-recordings':
        return tellLeftRecordings(whoRecords().id);
      case 'save-recording':
        return (await import('./recording/record.ts')).save(output.id);
      case 'set-mic':
        return calls.setMic(output.serial, output.on);
      case 'set-camera':
        return calls.setCamera(output.serial, output.on);
      case 'share-screen':
        return calls.shareScreen(output.serial, output.on);
      case 'use-device':
        return calls.useDevice(output.serial, output.role, output.id);
      case 'unblock-sound':
        return calls.unblock(output.serial);
      case 'check-guest-link': {
        const [answer, me] = await Promise.all([checkGuestLink(output.token), whoIsHere()]);
        if (answer.type !== 'ok' && isTemporary(answer)) return send({ type: 'no-server' });
        return send({
          type: 'guest-invitation',
          invitation: answer.type === 'ok' ? answer.value : null,
          me: me?.type === 'ok' ? me.value : null,
        });
      }
      case 'send-guest': {
        const answer = await entered(() => enterAsGuest(output.token, output.name));
        if (answer.type === 'ok') send({ type: 'guest-entered', me: answer.value, video: output.video });
        else send({ type: 'form-refused', problem: problemOf(answer, Date.now()) });
        return;
      }
      default:
        return performForPeople(output);
    }
  }

  /** Null: whoever has the cookie has signed out, and the server does not know it yet. */
  async function whoIsHere(): Promise<Answer<Me> | null> {
    const told = await signOut.told();
    return told.type === 'ok' ? whoAmI() : null;
  }

  /** What is told later would sign out whoever has come since. */
  async function entered(enter: () => Promise<Answer<Me>>): Promise<Answer<Me>> {
    const told = await signOut.told();
    return told.type === 'ok' ? enter() : told;
  }

  function ownDriver(): NonNullable<typeof own> {
    if (own) return own;
    own = import('./own-driver.ts').then(({ createOwnDriver }) =>
      createOwnDriver(send, (news) => pages.postMessage(news)),
    );
    // The server may be back the next time.
    own.catch(() => {
      own = undefined;
    });
    return own;
  }

  function whoRecords(): Recorder {
    const { page } = store.model.value;
    const me = page.type === 'home' || page.type === 'guest' ? page.me : null;
    return { id: me?.name ?? '', name: me?.display_name ?? '' };
  }

  async function tellLeftRecordings(user: string): Promise<void> {
    // Whoever has never recorded has no such database, and needs no code to look into it.
    const databases = (await indexedDB.databases?.().catch(() => [])) ?? [];
    if (!databases.some(({ name }) => name === 'visavis-recordings')) return;
    await (await import('./recording/record.ts')).tellLeft(user, send);
  }

  function noteAnswered(serial: number): void {
    const { call, others } = store.model.value;
    const answered = [call, ...others].find((one) => one?.serial === serial);
    if (answered?.id) void closeNotice(answered.id);
  }

  function signedIn(answer: Answer<Me>): void {
    if (answer.type === 'ok') send({ type: 'signed-in', me: answer.value });
    else send({ type: 'form-refused', problem: problemOf(answer, Date.now()) });
  }

  async function loadHistory(afterCall: boolean): Promise<void> {
    const newest = store.model.value.history.calls[0]?.call;
    for (const waitMs of afterCall ? HISTORY_LOOKS_MS : [0]) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (store.model.value.page.type !== 'home') return;
      const answer = await fetchHistory();
      if (answer.type === 'refused' && answer.error.code === 'unconfirmed') {
        // It has started again, or was told so by another page of this browser.
        return send({ type: 'unconfirmed' });
      }
      if (answer.type !== 'ok') {
        send({ type: 'history-failed' });
        continue;
      }
      const { missed, requests } = answer.value;
      send({ type: 'history', calls: datePage(answer.value, Date.now()) });
      send({ type: 'unseen', missed, requests });
      if (answer.value.calls[0]?.call !== newest) return;
    }
  }
}
