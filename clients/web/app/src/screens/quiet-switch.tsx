/** Do not disturb, one press away: nothing rings until one presses again. */
import type { Send } from '../model/message.ts';
import type { OwnPreferences } from '../model/people.ts';
import { isQuiet } from '../model/people-update.ts';
import { language, t } from '../text/language.ts';
import { formatTime } from '../text/time.ts';
import { Icon } from '../ui/icons.tsx';
import { useNow } from '../ui/now.ts';

interface Props {
  readonly preferences: OwnPreferences | null;
  readonly send: Send;
}

/** Says for how long, if it ends by itself. */
export function QuietSwitch({ preferences, send }: Props) {
  const now = useNow(10_000);
  if (!preferences) return null;
  const quiet = isQuiet(preferences, now);
  const until = quiet ? preferences.quietUntil : null;
  const toggle = () => {
    const do_not_disturb = { ...preferences.do_not_disturb, on: !quiet };
    send({ type: 'set-preferences', preferences: { ...preferences, do_not_disturb, quietUntil: null } });
  };
  return (
    <button
      type="button"
      class="chip"
      data-testid="quiet-switch"
      aria-pressed={quiet}
      onClick={toggle}
      title={t(quiet ? 'quiet.on' : 'quiet.off')}
    >
      <Icon name={quiet ? 'moon' : 'bell'} size={20} />
      <span>
        {until === null ? t('quiet') : t('quiet.until', { time: formatTime(until, language.value) })}
      </span>
    </button>
  );
}
