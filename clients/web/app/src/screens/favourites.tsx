/** The people one calls most, one press away. */
import type { PresenceStatus } from '@visavis/client';
import type { Send } from '../model/message.ts';
import type { People } from '../model/people.ts';
import { t } from '../text/language.ts';
import { Avatar } from '../ui/avatar.tsx';
import { PresenceDot, presenceOf } from '../ui/presence.tsx';

/** As many as fit beside each other on a phone without a second thought. */
const FACES = 6;

/** Their faces, in the order of the contacts. Nothing if there are none. */
export function Favourites({ people, send }: { readonly people: People; readonly send: Send }) {
  const favourites = people.contacts.items.filter(({ favourite }) => favourite).slice(0, FACES);
  if (favourites.length === 0) return null;
  return (
    <section aria-label={t('home.favourites')}>
      <ul class="faces">
        {favourites.map((contact) => (
          <li key={contact.name}>
            <Face contact={contact} status={presenceOf(people, contact.name)} send={send} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface FaceProps {
  readonly contact: People['contacts']['items'][number];
  readonly status: PresenceStatus;
  readonly send: Send;
}

function Face({ contact: { name, display_name }, status, send }: FaceProps) {
  const call = t('home.call-back.video', { name: display_name });
  return (
    <button
      type="button"
      class="face"
      data-testid="favourite"
      data-peer={name}
      onClick={() => send({ type: 'dial', to: name, video: true })}
      title={call}
    >
      <span class="with-dot">
        <Avatar id={name} name={display_name} />
        <PresenceDot status={status} />
      </span>
      <span class="visually-hidden">{call}</span>
      <span class="face-name" aria-hidden="true">
        {display_name}
      </span>
    </button>
  );
}
