/** The icons, drawn for this app: 24 units, round strokes, the colour of the text around them. */
import type { ComponentChildren } from 'preact';

/** The icons there are. */
export type IconName = keyof typeof SHAPES;

const handset = (
  <path d="M8.3 4.2H6.1A2.1 2.1 0 0 0 4 6.4C4.5 13.6 10.4 19.5 17.6 20a2.1 2.1 0 0 0 2.2-2.100v-2.200a1.5 1.5 0 0 0-1.2-1.500l-2.5-.5a1.5 1.5 0 0 0-1.5.6l-.8 1.100a11 11 0 0 1-5.2-5.200l1.1-.8a1.5 1.5 0 0 0 .6-1.500l-.5-2.500a1.5 1.5 0 0 0-1.5-1.200z" />
);
const camera = (
  <>
    <rect x="2.5" y="6" width="13" height="12" rx="3" />
    <path d="m15.5 10.7 4.5-2.900a.9.9 0 0 1 1.5.8v6.800a.9.9 0 0 1-1.5.8l-4.5-2.9" />
  </>
);
const microphone = (
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>
);
const slash = <path d="M4 4l16 16" />;

const SHAPES = {
  phone: handset,
  'phone-end': <g transform="rotate(135 12 12)">{handset}</g>,
  video: camera,
  'video-off': (
    <>
      {camera}
      {slash}
    </>
  ),
  mic: microphone,
  'mic-off': (
    <>
      {microphone}
      {slash}
    </>
  ),
  record: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <circle cx="12" cy="12" r="3.5" fill="currentColor" stroke="none" />
    </>
  ),
  screen: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="2.5" />
      <path d="M8.500 20h7M12 13.500V8M9.500 10.200 12 7.700l2.500 2.500" />
    </>
  ),
  'small-window': (
    <>
      <path d="M21 10V7a2.500 2.500 0 0 0-2.500-2.500h-13A2.500 2.500 0 0 0 3 7v10a2.500 2.500 0 0 0 2.500 2.500H10" />
      <rect x="13" y="13" width="8.500" height="6.500" rx="1.500" fill="currentColor" />
    </>
  ),
  more: (
    <g fill="currentColor" stroke="none">
      <circle cx="5.500" cy="12" r="1.700" />
      <circle cx="12" cy="12" r="1.700" />
      <circle cx="18.500" cy="12" r="1.700" />
    </g>
  ),
  pause: <path d="M8.500 5v14M15.500 5v14" stroke-width="3" />,
  play: <path d="M8 5.500v13a.6.6 0 0 0 .9.5l10-6.500a.6.6 0 0 0 0-1L8.900 5a.6.6 0 0 0-.9.500z" />,
  swap: <path d="M4 8.500h14M14.500 5 18 8.500 14.500 12M20 15.500H6M9.500 12 6 15.500 9.500 19" />,
  'bell-off': (
    <>
      <path d="M6 10a6 6 0 0 1 12 0v4l1.500 3h-15L6 14zM10 20a2.200 2.200 0 0 0 4 0" />
      {slash}
    </>
  ),
  'arrow-out': <path d="M7 17 17 7M9 7h8v8" />,
  'arrow-in': <path d="M17 7 7 17M15 17H7V9" />,
  'arrow-missed': <path d="m4 8 7 7 9-9M4 14V8h6" />,
  sun: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 3v1.500M12 19.500V21M3 12h1.500M19.5 12H21M5.6 5.600l1.1 1.100M17.3 17.300l1.1 1.100M5.6 18.400l1.1-1.100M17.3 6.700l1.1-1.1" />
    </>
  ),
  moon: <path d="M20 13.500A8 8 0 1 1 10.5 4a6.5 6.5 0 0 0 9.5 9.500z" />,
  'half-moon': (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" />
    </>
  ),
  'sign-out': <path d="M14 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h7M10 12h10.500M17 8.500l3.5 3.5-3.5 3.5" />,
  lock: (
    <>
      <rect x="5" y="10.500" width="14" height="10" rx="2.500" />
      <path d="M8 10.500V8a4 4 0 0 1 8 0v2.500" />
    </>
  ),
  verified: (
    <path d="M12 3.500 5 6v5.500c0 4.300 2.900 7.500 7 9 4.100-1.500 7-4.700 7-9V6zM8.800 12l2.300 2.300 4.200-4.500" />
  ),
  close: <path d="M6 6l12 12M18 6 6 18" />,
  warning: (
    <>
      <path d="M10.3 4.5 3 17.500A2 2 0 0 0 4.7 20.500h14.600a2 2 0 0 0 1.7-3L13.7 4.500a2 2 0 0 0-3.4 0z" />
      <path d="M12 10v4M12 17v.1" />
    </>
  ),
  sound: <path d="M4 10v4h3l5 4V6L7 10zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11" />,
  people: (
    <>
      <circle cx="9.5" cy="8.500" r="3.500" />
      <path d="M3 19.500c.6-3.300 3.200-5 6.500-5s5.900 1.700 6.500 5M15.500 5.300a3.500 3.500 0 0 1 0 6.400M18 14.900c1.700.8 2.700 2.300 3 4.600" />
    </>
  ),
  clock: (
    <>
      <circle cx="12" cy="12" r="8.500" />
      <path d="M12 7.500V12l3 2" />
    </>
  ),
  settings: (
    <>
      <path d="M4 7.500h8M17 7.500h3M4 16.500h3M12 16.500h8" />
      <circle cx="14.5" cy="7.500" r="2.500" />
      <circle cx="9.500" cy="16.500" r="2.500" />
    </>
  ),
  star: <path d="m12 4 2.400 5 5.400.7-4 3.800 1 5.400-4.800-2.600-4.800 2.600 1-5.400-4-3.800 5.400-.7z" />,
  bell: <path d="M6 10a6 6 0 0 1 12 0v4l1.500 3h-15L6 14zM10 20a2.200 2.200 0 0 0 4 0" />,
  link: (
    <path d="M10.500 13.500a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1.200 1.200M13.500 10.500a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1.200-1.200" />
  ),
  eye: (
    <>
      <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
      <circle cx="12" cy="12" r="3" />
    </>
  ),
  'eye-off': (
    <>
      <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
      <circle cx="12" cy="12" r="3" />
      {slash}
    </>
  ),
  chat: (
    <path d="M4 6.500A2.500 2.500 0 0 1 6.500 4h11A2.500 2.500 0 0 1 20 6.500v7a2.500 2.500 0 0 1-2.500 2.500H11l-4.500 4v-4A2.500 2.500 0 0 1 4 13.500zM8 8.500h8M8 11.500h5" />
  ),
  attach: (
    <path d="m19.500 11.500-7.300 7.300a4.500 4.500 0 0 1-6.400-6.400l7.700-7.700a3 3 0 0 1 4.300 4.300l-7.500 7.500a1.500 1.500 0 0 1-2.200-2.200l6.700-6.600" />
  ),
  send: <path d="M4.500 12h7M4.500 12 3 4.500 21 12 3 19.500z" />,
  file: <path d="M13.500 3.500h-6a2 2 0 0 0-2 2v13a2 2 0 0 0 2 2h9a2 2 0 0 0 2-2v-10zM13.500 3.500v5h5" />,
} satisfies Record<string, ComponentChildren>;

/** An icon beside a text, or in a control that has a label: never the only bearer of meaning. */
export function Icon({ name, size = 24 }: { readonly name: IconName; readonly size?: number }) {
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
