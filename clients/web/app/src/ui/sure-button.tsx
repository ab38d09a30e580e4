/** A button for what cannot be undone: it asks once, in its own place, and takes the question back by itself. */
import { useEffect, useState } from 'preact/hooks';

interface Props {
  readonly text: string;
  readonly question: string;
  readonly onSure: () => void;
  readonly testId: string;
}

/** Long enough to read, short enough not to be forgotten. */
const ASKING_MS = 5_000;

/** Press twice. */
export function SureButton({ text, question, onSure, testId }: Props) {
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (!asking) return;
    const timer = setTimeout(() => setAsking(false), ASKING_MS);
    return () => clearTimeout(timer);
  }, [asking]);
  return (
    <button
      type="button"
      class={asking ? 'button button-tight button-sure' : 'button button-tight button-quiet'}
      data-testid={testId}
      onClick={() => {
        if (asking) onSure();
        setAsking(!asking);
      }}
    >
      <span aria-live="polite">{asking ? question : text}</span>
    </button>
  );
}
