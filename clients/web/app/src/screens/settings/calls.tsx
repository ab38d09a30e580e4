/** Whose calls ring, and what they may learn. */
import type { Callers } from '@visavis/client';
import type { Send } from '../../model/message.ts';
import type { OwnPreferences } from '../../model/people.ts';
import { p } from '../../text/pages.ts';
import { Choices } from '../../ui/choices.tsx';
import { Switch } from '../../ui/switch.tsx';
import { BackgroundChoices } from '../background.tsx';
import { NoiseChoices } from '../noise.tsx';
import { Waiting } from './waiting.tsx';

interface Props {
  readonly preferences: OwnPreferences | null;
  readonly send: Send;
}

const CALLERS: readonly Callers[] = ['everyone', 'contacts', 'nobody'];

/** Every change counts at once. */
export function CallsSection({ preferences, send }: Props) {
  if (!preferences) return <Waiting status="loading" what="preferences" send={send} />;
  const set = (change: Partial<OwnPreferences>) =>
    send({ type: 'set-preferences', preferences: { ...preferences, ...change } });
  return (
    <>
      <Choices
        legend={p('callers')}
        choices={CALLERS.map((value) => ({
          value,
          label: p(`callers.${value}`),
          hint: p(`callers.${value}.hint`),
        }))}
        value={preferences.callers}
        onChange={(callers) => set({ callers })}
        testId="callers"
      />
      <div class="card">
        <Switch
          label={p('call-waiting')}
          hint={p('call-waiting.hint')}
          on={preferences.call_waiting}
          onChange={(call_waiting) => set({ call_waiting })}
          testId="call-waiting"
        />
        <Switch
          label={p('hide-address')}
          hint={p('hide-address.hint')}
          on={preferences.hide_address}
          onChange={(hide_address) => set({ hide_address })}
          testId="hide-address"
        />
      </div>
      <NoiseChoices />
      <BackgroundChoices />
    </>
  );
}
