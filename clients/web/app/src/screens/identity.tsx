/** Who is on the other end, and where the call stands. */
import type { ComponentChildren } from 'preact';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { say, t } from '../text/language.ts';
import { type Around, hintMessage, pictureMessage, statusMessage } from '../text/status.ts';
import { formatDuration } from '../text/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';
import { useNow } from '../ui/now.ts';

interface Props {
  readonly call: CallModel;
  /**
   * `middle`: with a face of initials · `above`: over one's own picture, leaving it free · `line`: over theirs.
   */
  readonly place: 'middle' | 'above' | 'line';
  readonly around: Around;
  /** How good the connection is, if that is known. */
  readonly bars: ComponentChildren;
  readonly send: Send;
  /** What stands below the name and the state. */
  readonly children?: ComponentChildren;
}

/** The more there is to see, the smaller it is. */
export function Identity({ call, place, around, bars, send, children }: Props) {
  const hint = hintMessage(call);
  const noPicture = pictureMessage(call);
  return (
    <div class={`identity identity-${place}`}>
      {place === 'middle' && (
        <div class="identity-face">
          <Avatar id={call.peer.id} name={call.peer.name} size="large" />
          {call.state.type === 'recovering' && <Countdown since={call.state.lostAt} />}
        </div>
      )}
      <h1 class="identity-name">{call.peer.name}</h1>
      <p class="identity-status" data-testid="call-status">
        <Status call={call} around={around} />
        {bars}
      </p>
      {children}
      {noPicture && <p class="identity-picture">{say(noPicture)}</p>}
      {call.remote.blocked ? (
        <button type="button" class="button button-primary" onClick={() => send({ type: 'unblock' })}>
          <Icon name="sound" size={20} />
          {t('call.unblock', { name: call.peer.name })}
        </button>
      ) : (
        hint && (
          <p class={isUrgent(call) ? 'identity-hint identity-hint-loud' : 'identity-hint'}>{say(hint)}</p>
        )
      )}
      {call.state.type === 'active' && call.local.mic === 'taken' && (
        <button
          type="button"
          class="button button-primary"
          data-testid="mic-take-back"
          onClick={() => send({ type: 'mic', on: true })}
        >
          <Icon name="mic" size={20} />
          {t('call.mic-taken.resume')}
        </button>
      )}
    </div>
  );
}

function Status({ call, around }: Pick<Props, 'call' | 'around'>) {
  const now = useNow();
  const { state } = call;
  if (state.type !== 'active' || call.held.me) return <>{say(statusMessage(call, now, around))}</>;
  return (
    <>
      <span class="timer">{formatDuration(now - state.since)}</span>
      {' · '}
      {t(`call.path.${state.path}`)}
    </>
  );
}

/** How long the server keeps a call whose path is lost. */
const GRACE_MS = 60_000;
const RADIUS = 48;
const ROUND = 2 * Math.PI * RADIUS;

/** A ring around the face that runs out as the time to come back does. */
function Countdown({ since }: { readonly since: number }) {
  const now = useNow();
  const left = Math.min(1, Math.max(0, 1 - (now - since) / GRACE_MS));
  return (
    <svg class="countdown" viewBox="0 0 100 100" aria-hidden="true">
      <circle cx="50" cy="50" r={RADIUS} stroke-dasharray={ROUND} stroke-dashoffset={ROUND * (1 - left)} />
    </svg>
  );
}

/** Whether the hint is something to act on, or to wait for, rather than to know. */
export function isUrgent({ state, talking }: CallModel): boolean {
  return talking || (state.type === 'active' && state.deaf !== undefined);
}
