/** The mark: two halves that face each other. */
export function Mark({ size = 32 }: { readonly size?: number }) {
  return (
    <svg class="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <path class="mark-near" d="M14.6 3.5a10 10 0 0 0 0 20z" />
      <path class="mark-far" d="M17.4 8.5a10 10 0 0 1 0 20z" />
    </svg>
  );
}

/** The mark with the name beside it. */
export function Wordmark() {
  return (
    <span class="wordmark">
      <Mark />
      <span class="wordmark-name">Visavis</span>
    </span>
  );
}
