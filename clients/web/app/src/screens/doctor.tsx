/** After a call that went wrong or was bad: what the administrator can do about it, and what to give them. */
import type { RelayState } from '@visavis/client';
import { useContext } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel, Ended } from '../model/model.ts';
import { hashOf } from '../model/place.ts';
import '../style/doctor.css';
import { callReport, d, fixAfter } from '../text/doctor.ts';
import { Icon } from '../ui/icons.tsx';
import { KeepsPeopleContext } from '../ui/keeps-people.ts';
import { CopyReport } from './copy-report.tsx';

interface Props {
  readonly call: CallModel;
  readonly ended: Ended;
  /** What the server says of its relay, where it was asked. */
  readonly relay: RelayState | undefined;
  readonly send: Send;
}

export function Doctor({ call, ended, relay, send }: Props) {
  const hasSettings = useContext(KeepsPeopleContext);
  const fix = fixAfter(ended, relay);
  return (
    <div class="doctor" data-testid="doctor">
      {fix && (
        <p class="doctor-fix" data-testid="doctor-fix">
          <strong>{d('doctor.admin')}</strong> {d(fix)}
        </p>
      )}
      <div class="doctor-tools">
        <CopyReport report={() => callReport(call, ended, new Date(), navigator.userAgent, relay)} />
        {hasSettings && (
          <a
            class="after-button"
            href={hashOf('settings/check')}
            data-testid="doctor-check"
            onClick={() => send({ type: 'close-call' })}
          >
            <Icon name="sound" size={20} />
            {d('doctor.check')}
          </a>
        )}
      </div>
    </div>
  );
}
