/** Whether others can reach us. */
import type { Link } from '../model/model.ts';
import { t } from '../text/language.ts';

/** A dot and a word; the word also for those who do not see the dot. */
export function LinkStatus({ link }: { readonly link: Link }) {
  return (
    <p class="link-status" role="status" data-testid="link-status" data-state={link.type}>
      <span class="link-dot" />
      <span>{t(`link.${link.type}`)}</span>
    </p>
  );
}
