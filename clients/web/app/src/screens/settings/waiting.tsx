/** In the place of a list that is not there: it comes, or it did not come. */
import type { Send } from '../../model/message.ts';
import type { Thing } from '../../model/people.ts';
import { t } from '../../text/language.ts';
import { p } from '../../text/pages.ts';

interface Props {
  readonly status: 'loading' | 'failed';
  readonly what: Thing;
  readonly send: Send;
}

/** The way out is to ask again. */
export function Waiting({ status, what, send }: Props) {
  if (status === 'loading') {
    return (
      <p class="empty" role="status">
        {t('loading')}
      </p>
    );
  }
  return (
    <div class="empty" role="alert">
      <p>{p('failed')}</p>
      <button type="button" class="button button-quiet" onClick={() => send({ type: 'reload', what })}>
        {p('retry')}
      </button>
    </div>
  );
}
