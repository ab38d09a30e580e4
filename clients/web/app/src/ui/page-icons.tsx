/** Icons of the pages that are loaded when they are opened, in the manner of `icons.tsx`. */
import type { ComponentChildren } from 'preact';

/** The icons there are. */
export type PageIconName = keyof typeof SHAPES;

const SHAPES = {
  more: (
    <g fill="currentColor" stroke="none">
      <circle cx="5.5" cy="12" r="1.7" />
      <circle cx="12" cy="12" r="1.7" />
      <circle cx="18.500" cy="12" r="1.7" />
    </g>
  ),
  search: (
    <>
      <circle cx="11" cy="11" r="6.500" />
      <path d="m16 16 4.500 4.500" />
    </>
  ),
  'star-full': (
    <path
      d="m12 4 2.400 5 5.400.7-4 3.800 1 5.400-4.800-2.600-4.800 2.600 1-5.400-4-3.800 5.400-.7z"
      fill="currentColor"
    />
  ),
  add: (
    <>
      <circle cx="10" cy="8.500" r="3.500" />
      <path d="M3.500 19.500c.6-3.300 3.200-5 6.500-5 1.700 0 3.200.4 4.300 1.300M18.500 14v6M15.500 17h6" />
    </>
  ),
  block: (
    <>
      <circle cx="12" cy="12" r="8.500" />
      <path d="m6 6 12 12" />
    </>
  ),
  pencil: (
    <path d="M4.500 19.500 5.500 15 15.800 4.700a1.800 1.800 0 0 1 2.500 0l1 1a1.800 1.800 0 0 1 0 2.500L9 18.500z" />
  ),
  remove: (
    <path d="M5 7h14M9.500 7V4.500h5V7M7 7l.8 12.500h8.400L17 7M10.500 10.500v5.500M13.500 10.500v5.500" />
  ),
  shield: <path d="M12 3.500 5 6v5.500c0 4.200 2.800 7.300 7 9 4.200-1.700 7-4.800 7-9V6z" />,
  laptop: (
    <>
      <rect x="4.500" y="5" width="15" height="10.500" rx="2" />
      <path d="M2.500 19h19" />
    </>
  ),
  phone: (
    <>
      <rect x="7" y="3" width="10" height="18" rx="2.500" />
      <path d="M11 18h2" />
    </>
  ),
  globe: (
    <>
      <circle cx="12" cy="12" r="8.500" />
      <path d="M3.500 12h17M12 3.500c2.500 2.500 3.500 5.500 3.500 8.500s-1 6-3.500 8.500c-2.500-2.500-3.500-5.500-3.500-8.500s1-6 3.500-8.500z" />
    </>
  ),
  copy: (
    <>
      <rect x="8.500" y="8.500" width="11.500" height="11.500" rx="2.500" />
      <path d="M15.500 8.500v-2A2.500 2.500 0 0 0 13 4H6.500A2.500 2.500 0 0 0 4 6.500V13a2.500 2.500 0 0 0 2.500 2.500h2" />
    </>
  ),
  check: <path d="m5 12.500 4.500 4.500L19 7.500" />,
  plus: <path d="M12 5v14M5 12h14" />,
  back: <path d="M19 12H5M11 6l-6 6 6 6" />,
  forward: <path d="m9.500 6 6 6-6 6" />,
} satisfies Record<string, ComponentChildren>;

/** Beside a text, or in a control that has a label. */
export function PageIcon({ name, size = 22 }: { readonly name: PageIconName; readonly size?: number }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {SHAPES[name]}
    </svg>
  );
}
