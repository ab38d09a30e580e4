/** A report in four parts: what happened, by which way, what was said about it, and how it went. A function of the report. */
import type { CallReport } from '@visavis/client/inspect';
import { useId, useState } from 'preact/hooks';
import '../style/inspector.css';
import { i } from '../text/inspector.ts';
import { Graphs } from './graphs.tsx';
import { Media } from './media.tsx';
import { Network } from './network.tsx';
import { Steps } from './steps.tsx';

const TABS = ['steps', 'network', 'media', 'graphs'] as const;
type Tab = (typeof TABS)[number];

/** Arrow keys go from tab to tab, as in the pattern of WAI-ARIA. */
export function Inspector({ report }: { readonly report: CallReport }) {
  const [tab, setTab] = useState<Tab>('steps');
  const id = useId();
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length] ?? tab;
    setTab(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return (
    <div class="report" data-testid="report">
      <div class="report-tabs" role="tablist" aria-label={i('tabs')} onKeyDown={onKey}>
        {TABS.map((name) => (
          <button
            key={name}
            id={`${id}-${name}`}
            type="button"
            role="tab"
            class="report-tab"
            aria-selected={name === tab}
            aria-controls={`${id}-panel`}
            tabIndex={name === tab ? 0 : -1}
            data-testid={`tab-${name}`}
            onClick={() => setTab(name)}
          >
            {i(`tab.${name}`)}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        class="report-panel"
        role="tabpanel"
        aria-labelledby={`${id}-${tab}`}
        data-testid={`panel-${tab}`}
      >
        <Panel tab={tab} report={report} />
      </div>
    </div>
  );
}

function Panel({ tab, report }: { readonly tab: Tab; readonly report: CallReport }) {
  switch (tab) {
    case 'steps':
      return <Steps report={report} />;
    case 'network':
      return <Network report={report} />;
    case 'media':
      return <Media report={report} />;
    case 'graphs':
      return <Graphs report={report} />;
  }
}
