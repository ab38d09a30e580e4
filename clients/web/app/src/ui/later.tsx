/** Parts of the app that are loaded when they are first shown, so that the first page comes fast. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { learnCalls, t } from '../text/language.ts';

/** A component that is not there yet. */
export type Later<Props> = FunctionComponent<Props> & {
  /** Loads it before it is shown: what must not wait for the server then, such as a part of a call. */
  fetch(): void;
};

/** A component that loads itself; until then, and if it cannot, it says so. */
export function later<Props extends object>(load: () => Promise<FunctionComponent<Props>>): Later<Props> {
  const view = signal<FunctionComponent<Props> | null>(null);
  const failed = signal(false);
  const fetch = async () => {
    if (!view.value) view.value = await load();
  };
  function Later(props: Props) {
    useEffect(() => {
      fetch().catch(() => {
        failed.value = true;
      });
    }, []);
    const View = view.value;
    if (View) return <View {...props} />;
    if (!failed.value)
      return (
        <p class="visually-hidden" role="status" data-loading>
          {t('loading')}
        </p>
      );
    // Usually the server was updated, and no longer has the parts that this page knows.
    return (
      <div class="empty" role="alert">
        <p>{t('later.failed')}</p>
        <button type="button" class="button button-quiet" onClick={() => location.reload()}>
          {t('link.reload')}
        </button>
      </div>
    );
  }
  // One that cannot be had now is tried again when it is shown.
  return Object.assign(Later, { fetch: () => void fetch().catch(() => {}) });
}

/** One that comes with the texts of calls. */
export function laterWithCalls<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): Later<Props> {
  return later(async () => {
    const [View] = await Promise.all([load(), learnCalls()]);
    return View;
  });
}
