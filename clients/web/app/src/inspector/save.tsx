/** Keeps a report as a file. */
import { type CallReport, dump } from '@visavis/client/inspect';
import { useState } from 'preact/hooks';
import { i } from '../text/inspector.ts';

/** Without what is personal, unless one asks for it; a report that has lost it has none to offer. */
export function Save({ report }: { readonly report: CallReport }) {
  const [personal, setPersonal] = useState(false);
  return (
    <section class="report-save">
      <h3>{i('save.title')}</h3>
      <p class="report-lead">{i('save.lead')}</p>
      {report.personal && (
        <label class="report-check">
          <input
            type="checkbox"
            data-testid="save-personal"
            checked={personal}
            onChange={({ currentTarget }) => setPersonal(currentTarget.checked)}
          />
          <span>
            {i('save.personal')}
            <small>{i('save.personal.hint')}</small>
          </span>
        </label>
      )}
      <button
        type="button"
        class="button button-primary"
        data-testid="save-report"
        onClick={() => download(dump(report, { personal }), fileName(report))}
      >
        {i('save.go')}
      </button>
    </section>
  );
}

/** `visavis-call-2026-11-29-05-04.json`: when it was, and nobody's name. */
function fileName({ call: { startedAt } }: CallReport): string {
  const minute = new Date(startedAt).toISOString().slice(0, 16).replaceAll(/[T:]/g, '-');
  return `visavis-call-${minute}.json`;
}

function download(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
