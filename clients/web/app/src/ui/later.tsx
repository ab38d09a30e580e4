/** Parts of the app that are loaded when they are first shown, so that the first page comes fast. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../text/language.ts';

/** A component that loads itself; until then, and if it cannot, it says so. */
export function later<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  const view = signal<FunctionComponent<Props> | null>(null);
  const failed = signal(false);
  return function Later(props: Props) {
    useEffect(() => {
      if (view.value) return;
      load().then(
        (loaded) => {
          view.value = loaded;
        },
        () => {
          failed.value = true;
        },
      );
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
  };
}
