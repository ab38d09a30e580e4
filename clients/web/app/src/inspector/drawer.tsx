/** The report of a call of this page, beside what else is on it: a drawer on a desk, the whole screen on a phone. */
import type { CallReport, Inspection } from '@visavis/client/inspect';
import { useContext, useEffect, useId, useRef, useState } from 'preact/hooks';
import { i } from '../text/inspector.ts';
import { Icon } from '../ui/icons.tsx';
import { ReportsContext } from '../ui/reports.ts';
import { Inspector } from './inspector.tsx';
import { Save } from './save.tsx';

/** A beginning call has many steps at once; nobody reads faster than this. */
const SHOW_MS = 250;

type Shown = CallReport | 'loading' | 'failed' | 'gone';

interface Props {
  /** Its serial or its id. */
  readonly call: number | string;
  readonly name: string;
  readonly onClose: () => void;
}

/** Not modal: what is beside it can be used. Esc closes it; the focus goes in, and back by whoever opened it. */
export function Drawer({ call, name, onClose }: Props) {
  const shown = useReport(call);
  const drawer = useRef<HTMLDivElement>(null);
  const title = useId();
  useEffect(() => drawer.current?.focus(), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const inMenu = event.target instanceof Element && event.target.closest('.menu, .confirm, .waiting');
      if (event.key !== 'Escape' || inMenu) return;
      event.stopPropagation();
      onClose();
    };
    // Before what is beneath takes it for its own.
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [onClose]);
  return (
    <div
      ref={drawer}
      class="inspector"
      role="dialog"
      aria-labelledby={title}
      tabIndex={-1}
      data-testid="inspector"
    >
      <header class="inspector-top">
        <h2 id={title}>{i('title.with', { name })}</h2>
        <button
          type="button"
          class="icon-button"
          data-testid="inspector-close"
          aria-label={i('close')}
          title={i('close')}
          onClick={onClose}
        >
          <Icon name="close" size={22} />
        </button>
      </header>
      {typeof shown === 'string' ? (
        <p
          class="inspector-note"
          role={shown === 'loading' ? 'status' : 'alert'}
          data-loading={shown === 'loading' ? '' : undefined}
        >
          {i(shown)}
        </p>
      ) : (
        <>
          <Inspector report={shown} />
          <Save report={shown} />
        </>
      )}
    </div>
  );
}

function useReport(call: number | string): Shown {
  const reports = useContext(ReportsContext);
  const [shown, setShown] = useState<Shown>('loading');
  useEffect(() => {
    const inspect = reports.of(call);
    if (!inspect) return setShown('gone');
    let stop = () => {};
    let closed = false;
    inspect().then(
      (inspection) => {
        if (!closed) stop = follow(inspection, setShown);
      },
      () => {
        if (!closed) setShown('failed');
      },
    );
    return () => {
      closed = true;
      stop();
    };
  }, [call, reports]);
  return shown;
}

function follow(inspection: Inspection, show: (report: CallReport) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const unsubscribe = inspection.changes.subscribe(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      show(inspection.report());
    }, SHOW_MS);
  });
  show(inspection.report());
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}
