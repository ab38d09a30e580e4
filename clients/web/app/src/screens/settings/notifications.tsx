/** Calls that arrive while no page is open. */
import type { Send } from '../../model/message.ts';
import type { PushStatus } from '../../model/people.ts';
import { p } from '../../text/pages.ts';
import { Icon } from '../../ui/icons.tsx';
import { Switch } from '../../ui/switch.tsx';

interface Props {
  readonly push: PushStatus;
  readonly send: Send;
}

/** What the browser forbids can only be allowed there, so we say where. */
export function NotificationsSection({ push, send }: Props) {
  if (push === 'unsupported' || push === 'untrusted' || push === 'denied') {
    return (
      <div class="card section-note">
        <Icon name="warning" size={22} />
        <p>{p(`push.${push}`)}</p>
      </div>
    );
  }
  return (
    <>
      <div class="card">
        <Switch
          label={p('push')}
          hint={p('push.hint')}
          on={push === 'on'}
          disabled={push === 'unknown'}
          onChange={(on) => send({ type: 'set-push', on })}
          testId="push"
        />
      </div>
      {push === 'on' && (
        <button
          type="button"
          class="button button-quiet"
          data-testid="push-test"
          onClick={() => send({ type: 'test-notification' })}
        >
          <Icon name="bell" size={20} />
          {p('push.test')}
        </button>
      )}
      <p class="section-hint">{p('push.privacy')}</p>
    </>
  );
}
