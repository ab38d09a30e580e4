/** Every call there was, by day. */
import { useCallback, useContext, useId, useRef, useState } from 'preact/hooks';
import { groupByDay } from '../api/history.ts';
import type { Send } from '../model/message.ts';
import type { Model, PastCall } from '../model/model.ts';
import { isBlocked } from '../model/people.ts';
import '../style/people.css';
import { t } from '../text/language.ts';
import { p } from '../text/pages.ts';
import { Icon } from '../ui/icons.tsx';
import { later } from '../ui/later.tsx';
import { useNow } from '../ui/now.ts';
import { ReportsContext } from '../ui/reports.ts';
import { CallRow } from './call-row.tsx';
import { PageTop } from './page-top.tsx';
import { MoreButton, PersonActions } from './person-actions.tsx';
import { dayTitle, NoCalls } from './recents.tsx';

const Drawer = later(async () => (await import('../inspector/drawer.tsx')).Drawer);

interface Props {
  readonly model: Model;
  readonly send: Send;
}

/** "Today" stays true past midnight. */
const RENEW_MS = 60_000;

/** All of them, or only those that were missed. */
export function HistoryPage({ model, send }: Props) {
  const now = useNow(RENEW_MS);
  const [missed, setMissed] = useState(false);
  const { history, people } = model;
  const shown = missed ? history.calls.filter(({ outcome }) => outcome === 'missed') : history.calls;
  return (
    <main class="page-column" data-testid="history-page">
      <PageTop title={t('nav.history')}>
        <fieldset class="segments">
          <legend class="visually-hidden">{p('history.show')}</legend>
          <Segment chosen={!missed} text={p('history.all')} onChoose={() => setMissed(false)} />
          <Segment chosen={missed} text={p('history.missed')} onChoose={() => setMissed(true)} />
        </fieldset>
      </PageTop>
      <div class="recents">
        {groupByDay(shown, now).map((day) => (
          <section key={day.daysAgo}>
            <h2 class="day">{dayTitle(day, now)}</h2>
            <ul class="calls">
              {day.calls.map((call) => (
                <Row key={call.call} call={call} model={model} send={send} />
              ))}
            </ul>
          </section>
        ))}
      </div>
      {history.calls.length === 0 && (
        <NoCalls
          history={history}
          admin={model.page.type === 'home' && model.page.me.admin === true}
          send={send}
        />
      )}
      {history.calls.length > 0 && shown.length === 0 && <p class="empty">{p('history.none-missed')}</p>}
      {history.calls.length >= PAGE && people.older !== 'none' && (
        <button
          type="button"
          class="button button-quiet show-older"
          disabled={people.older === 'loading'}
          onClick={() => send({ type: 'more-history' })}
        >
          {p('history.older')}
        </button>
      )}
    </main>
  );
}

/** Fewer than a page: nothing is older. */
const PAGE = 50;

function Row({ call, model, send }: Props & { readonly call: PastCall }) {
  const [open, setOpen] = useState(false);
  const panel = useId();
  if (call.guest) return <CallRow call={call} send={send} below={<Details call={call} />} />;
  const actions = open && (
    <PersonActions
      panel={panel}
      name={call.peer}
      displayName={call.peer_name}
      people={model.people}
      send={send}
    />
  );
  const note = isBlocked(model.people, call.peer) ? p('person.blocked') : undefined;
  return (
    <CallRow
      call={call}
      send={send}
      note={note}
      below={
        <>
          <Details call={call} />
          {actions}
        </>
      }
    >
      <MoreButton panel={panel} open={open} name={call.peer_name} onPress={() => setOpen(!open)} />
    </CallRow>
  );
}

/** Of a call of this page, while its report is kept. */
function Details({ call }: { readonly call: PastCall }) {
  const kept = useContext(ReportsContext).of(call.call) !== undefined;
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = useCallback(() => {
    setOpen(false);
    button.current?.focus();
  }, []);
  if (!kept) return null;
  return (
    <>
      <button
        ref={button}
        type="button"
        class="call-details"
        data-testid="history-details"
        onClick={() => setOpen(true)}
      >
        <Icon name="eye" size={18} />
        {p('history.details')}
      </button>
      {open && <Drawer call={call.call} name={call.peer_name} onClose={close} />}
    </>
  );
}

interface SegmentProps {
  readonly chosen: boolean;
  readonly text: string;
  readonly onChoose: () => void;
}

function Segment({ chosen, text, onChoose }: SegmentProps) {
  return (
    <label class="segment">
      <input type="radio" name="history-filter" checked={chosen} onChange={onChoose} />
      <span>{text}</span>
    </label>
  );
}
