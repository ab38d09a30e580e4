/** A QR code as a picture. */
import { useMemo } from 'preact/hooks';
import { qrCode } from './qr.ts';

/** Readers want this much light around a code. */
const MARGIN = 4;

interface Props {
  readonly text: string;
  readonly label: string;
}

/** Nothing for a text that is too long: it stands beside the text, never alone. */
export function QrCode({ text, label }: Props) {
  const rows = useMemo(() => qrCode(text), [text]);
  if (!rows) return null;
  const size = rows.length + 2 * MARGIN;
  const path = rows
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + MARGIN} ${y + MARGIN}h1v1h-1z` : '')))
    .join('');
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
