/** Performs what the model asks for about people, and sends back what came of it. */
import type { Preferences } from '@visavis/client';
import { datePage, fetchHistory, isLastPage, markSeen } from './api/history.ts';
import type { Answer } from './api/http.ts';
import * as api from './api/people.ts';
import type { Send } from './model/message.ts';
import type { OwnPreferences, PeopleOutput, Thing } from './model/people.ts';
import { hashOf, placeIn } from './model/place.ts';
import type { Push } from './push/push.ts';

/** Does one thing after the other has been told. */
export type PerformPeople = (output: PeopleOutput) => Promise<void>;

/** Makes it; `send` takes the answers. */
export function createPeopleDriver(send: Send): PerformPeople {
  let loading: Promise<Push> | null = null;
  /** Loaded behind the first page, which does not need it. */
  const push = () => {
    loading ??= import('./push/push.ts').then(({ createPush }) => createPush(send));
    return loading;
  };
  /** What is to be saved behind that which is on its way; only the last matters. */
  let nextToSave: OwnPreferences | null = null;
  let saving = false;

  return async (output) => {
    switch (output.type) {
      case 'load':
        return load(output.what);
      case 'load-older-history': {
        const answer = await fetchHistory(output.before);
        if (answer.type !== 'ok') return send({ type: 'older-history-failed' });
        const calls = datePage(answer.value, Date.now());
        return send({ type: 'older-history', calls, end: isLastPage(answer.value) });
      }
      case 'mark-seen':
        await markSeen(output.call);
        return;
      case 'send-contact': {
        const answer = await api.putContact(output.name, output.change);
        if (answer.type === 'ok') return load('contacts');
        const nobody = answer.type === 'refused' && answer.error.code === 'not_found';
        if (nobody) {
          return send({ type: 'not-done', what: 'contacts', why: { type: 'nobody', name: output.name } });
        }
        return told(answer, 'contacts');
      }
      case 'delete-contact':
        return told(await api.deleteContact(output.name), 'contacts');
      case 'send-block':
        return told(await api.putBlock(output.name), 'blocks');
      case 'delete-block':
        return told(await api.deleteBlock(output.name), 'blocks');
      case 'send-preferences':
        return savePreferences(output.preferences);
      case 'send-login-name':
        return told(await api.renameLogin(output.id, output.name), 'devices');
      case 'delete-login':
        return told(await api.deleteLogin(output.id), 'devices');
      case 'delete-other-logins':
        return told(await api.deleteOtherLogins(), 'devices');
      case 'send-link': {
        const answer = await api.makeLink(output.link);
        if (answer.type === 'ok') return send({ type: 'link-made', made: answer.value });
        return told(answer, 'links');
      }
      case 'delete-link':
        return told(await api.deleteLink(output.id), 'links');
      case 'ask-push':
        return (await push()).ask();
      case 'turn-push':
        return (await push()).turn(output.on);
      case 'show-test-notification':
        return (await push()).test();
      case 'notify-online':
        return (await push()).tellOnline(output.person.name, output.person.id);
      case 'show-address':
        if (hashOf(placeIn(location.hash)) !== hashOf(output.place)) {
          history.pushState(null, '', location.pathname + location.search + hashOf(output.place));
        }
        return;
      default:
        output satisfies never;
    }
  };

  async function load(what: Thing): Promise<void> {
    switch (what) {
      case 'contacts': {
        const answer = await api.fetchContacts();
        if (answer.type === 'ok') return send({ type: 'contacts', contacts: answer.value.contacts });
        break;
      }
      case 'blocks': {
        const answer = await api.fetchBlocks();
        if (answer.type === 'ok') return send({ type: 'blocks', blocks: answer.value.blocks });
        break;
      }
      case 'devices': {
        const answer = await api.fetchLogins();
        if (answer.type === 'ok') return send({ type: 'logins', logins: answer.value.logins });
        break;
      }
      case 'links': {
        const answer = await api.fetchLinks();
        if (answer.type === 'ok') return send({ type: 'links', links: answer.value.links });
        break;
      }
      case 'preferences': {
        if (saving) return;
        const answer = await api.fetchPreferences();
        // What was changed meanwhile is newer than what was read.
        if (saving) return;
        if (answer.type === 'ok') {
          return send({ type: 'preferences', preferences: answer.value, now: Date.now() });
        }
      }
    }
    send({ type: 'load-failed', what });
  }

  async function savePreferences(preferences: OwnPreferences): Promise<void> {
    nextToSave = preferences;
    if (saving) return;
    saving = true;
    let answer: Answer<Preferences> | undefined;
    while (nextToSave) {
      const now: OwnPreferences = nextToSave;
      nextToSave = null;
      answer = await api.putPreferences(toSend(now, Date.now()));
    }
    saving = false;
    if (answer) told(answer, 'preferences');
  }

  function told(answer: Answer<unknown>, what: Thing): void {
    if (answer.type === 'ok') return;
    const full = answer.type === 'refused' && answer.error.code === 'conflict';
    send({ type: 'not-done', what, why: { type: full ? 'full' : 'other' } });
  }
}

/** The server counts the end of the silence from now. */
function toSend({ quietUntil, ...preferences }: OwnPreferences, now: number): Preferences {
  const { ends_in_ms: _, ...quiet } = preferences.do_not_disturb;
  const endsInMs = quietUntil === null ? undefined : Math.max(0, quietUntil - now);
  return {
    ...preferences,
    do_not_disturb: { ...quiet, ...(endsInMs === undefined ? {} : { ends_in_ms: endsInMs }) },
  };
}
