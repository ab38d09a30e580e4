/** Opens the report of a call that was saved as a file. Needs no server and nobody who is signed in. */
import { type CallReport, ReportError, readReport } from '@visavis/client/inspect';
import { useRef, useState } from 'preact/hooks';
import { Inspector } from '../inspector/inspector.tsx';
import { Save } from '../inspector/save.tsx';
import '../style/people.css';
import '../style/settings.css';
import { i } from '../text/inspector.ts';
import { language } from '../text/language.ts';
import { PageIcon } from '../ui/page-icons.tsx';
import { PageTop } from './page-top.tsx';

/** `back`: the address of the page before. */
export function ReportPage({ back }: { readonly back: string }) {
  const [report, setReport] = useState<CallReport | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const open = (file: File | undefined) => {
    if (!file) return;
    setProblem(null);
    readReport(file).then(setReport, (cause: unknown) => {
      setReport(null);
      setProblem(problemText(file.name, cause));
    });
  };
  return (
    <main class="page-column report-page" data-testid="report-page">
      <PageTop
        title={i('open.title')}
        before={
          <a class="icon-button" href={back} aria-label={i('open.back')}>
            <PageIcon name="back" />
          </a>
        }
      />
      {!report && <p class="report-lead">{i('open.lead')}</p>}
      <Choose again={report !== null} onFile={open} />
      {problem !== null && (
        <p class="notice" role="alert" data-testid="report-problem">
          {problem}
        </p>
      )}
      {report && (
        <>
          <h2 class="report-made">{i('open.made', { when: dateText(report.call.startedAt) })}</h2>
          <p class="report-fact">{i('open.device', { browser: report.browser })}</p>
          <Inspector key={report.madeAt} report={report} />
          {report.personal && <Save report={report} />}
        </>
      )}
    </main>
  );
}

interface ChooseProps {
  readonly again: boolean;
  readonly onFile: (file: File | undefined) => void;
}

/** By the browser's own choice of files, or by dropping one. */
function Choose({ again, onFile }: ChooseProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onFile(event.dataTransfer?.files[0]);
  };
  const onDragOver = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a file may be dropped here; the button does the same by keyboard
    <div
      class="report-drop"
      data-over={over}
      onDrop={onDrop}
      onDragOver={onDragOver}
      onDragLeave={() => setOver(false)}
    >
      <button type="button" class="button button-primary" onClick={() => input.current?.click()}>
        {i(again ? 'open.another' : 'open.choose')}
      </button>
      <span>{i('open.drop')}</span>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        data-testid="report-file"
        onChange={({ currentTarget }) => {
          onFile(currentTarget.files?.[0]);
          // The same file may be chosen again.
          currentTarget.value = '';
        }}
      />
    </div>
  );
}

function problemText(file: string, cause: unknown): string {
  if (!(cause instanceof ReportError)) return i('open.error.unreadable', { file });
  return i(`open.error.${cause.code}`, { file, where: cause.where ?? '' });
}

function dateText(at: number): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}
