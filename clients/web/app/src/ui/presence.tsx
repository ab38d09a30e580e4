/** Whether somebody is there: a dot beside their face, and the word for it. */
import type { PresenceStatus } from '@visavis/client';
import type { People } from '../model/people.ts';
import { t } from '../text/language.ts';

/** What is known; of most people nothing is. */
export function presenceOf(people: People, name: string): PresenceStatus {
  return people.presence[name] ?? 'offline';
}

/** Green is there, hollow is away, nothing is not. The word is for those who do not see it. */
export function PresenceDot({ status }: { readonly status: PresenceStatus }) {
  if (status === 'offline') return null;
  return (
    <span class="dot" data-status={status}>
      <span class="visually-hidden">{t(`presence.${status}`)}</span>
    </span>
  );
}
