/** The head of a page: what it is, and beside it what one can do there. */
import type { ComponentChildren } from 'preact';

interface Props {
  readonly title: string;
  /** In front of the title, such as a way back. */
  readonly before?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** The one large heading of a page. */
export function PageTop({ title, before, children }: Props) {
  return (
    <header class="page-top">
      {before}
      <h1>{title}</h1>
      {children}
    </header>
  );
}
