/** Puts a report on the clipboard; where the browser does not let it, the report is shown, to be copied by hand. */
import { useState } from 'preact/hooks';
import { d } from '../text/doctor.ts';
import { PageIcon } from '../ui/page-icons.tsx';

interface Props {
  /** Made when it is wanted. */
  readonly report: () => string;
}

export function CopyReport({ report }: Props) {
  const [copied, setCopied] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const copy = async () => {
    const text = report();
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      setShown(text);
    }
  };
  return (
    <>
      <button type="button" class="after-button" data-testid="copy-report" onClick={() => void copy()}>
        <PageIcon name={copied ? 'check' : 'copy'} size={20} />
        <span aria-live="polite">{d(copied ? 'doctor.copied' : 'doctor.copy')}</span>
      </button>
      {shown !== null && (
        <textarea
          class="report"
          readOnly
          rows={8}
          aria-label={d('doctor.report')}
          data-testid="report"
          ref={(area) => area?.select()}
          value={shown}
        />
      )}
    </>
  );
}
