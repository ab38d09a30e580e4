/** Whom the user has verified in this browser: beside their names, and what is done about it. */
import { signal } from '@preact/signals';
import { forgetVerified, type VerifiedPerson, verifiedPeople } from '@visavis/client/safety';
import { p } from '../text/pages.ts';
import { Icon } from './icons.tsx';

/** As this browser has them; no server is asked. */
export const verified = signal<{ readonly by: string; readonly people: readonly VerifiedPerson[] }>({
  by: '',
  people: [],
});

export async function lookForVerified(by: string): Promise<void> {
  verified.value = { by, people: await verifiedPeople(by) };
}

/** Their next call asks for the emoji again. */
export async function forget(name: string): Promise<void> {
  const { by } = verified.value;
  await forgetVerified(by, name);
  await lookForVerified(by);
}

export function isVerified(name: string): boolean {
  return namesOf(name).length > 0;
}

function namesOf(name: string): readonly string[] {
  return verified.value.people.find(({ id }) => id === name)?.names ?? [];
}

interface Props {
  readonly name: string;
  readonly displayName: string;
}

/** Only beside the name that was shown when the emoji were compared. */
export function VerifiedMark({ name, displayName }: Props) {
  if (!namesOf(name).includes(displayName)) return null;
  return (
    <span class="verified-mark" data-testid="verified" title={p('contacts.verified')}>
      <Icon name="verified" size={18} />
      <span class="visually-hidden">{p('contacts.verified')}</span>
    </span>
  );
}
