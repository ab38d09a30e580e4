/** One part of a page that has parts, in the list of them. */
import type { ComponentChildren } from 'preact';
import { hashOf, type Place } from '../model/place.ts';
import { PageIcon } from '../ui/page-icons.tsx';

interface Props {
  readonly place: Place;
  /** It is the one that is open. */
  readonly current?: boolean;
  readonly icon: ComponentChildren;
  readonly label: string;
  readonly hint: ComponentChildren;
  readonly testId: string;
}

export function SectionLink({ place, current = false, icon, label, hint, testId }: Props) {
  return (
    <li>
      <a
        class="setting section-link"
        href={hashOf(place)}
        aria-current={current ? 'page' : undefined}
        data-testid={testId}
      >
        {icon}
        <span class="setting-text">
          <span class="setting-label">{label}</span>
          <span class="setting-hint">{hint}</span>
        </span>
        <PageIcon name="forward" size={18} />
      </a>
    </li>
  );
}
