/** The people one calls most, one press away. */
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
        {favourites.map(({ name, display_name }) => (
          <li key={name}>
            <button
              type="button"
              class="face"
              data-testid="favourite"
              data-peer={name}
              onClick={() => send({ type: 'dial', to: name, video: true })}
              title={t('home.call-back.video', { name: display_name })}
              aria-label={t('home.call-back.video', { name: display_name })}
            >
              <span class="with-dot">
                <Avatar id={name} name={display_name} />
                <PresenceDot status={presenceOf(people, name)} />
              </span>
              <span class="face-name">{display_name}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
