/** Devices that are open for as long as something on a page shows them. */
import { ClientError } from '@visavis/client';

/** Opens something until `signal` is aborted, or says why it cannot. */
export type Opener<Open> = (signal: AbortSignal) => Promise<Open | ClientError>;

/** Opens it and shows it. What is returned closes it at once, also while it is still being opened. */
export function keepOpen<Open>(
  open: Opener<Open>,
  show: (open: Open | null) => void,
  refuse: (error: ClientError) => void,
): () => void {
  const wanted = new AbortController();
  void open(wanted.signal).then((result) => {
    if (wanted.signal.aborted) return;
    if (result instanceof ClientError) refuse(result);
    else show(result);
  });
  return () => {
    wanted.abort();
    show(null);
  };
}

/** Runs it when `signal` is aborted, or now if it is. */
export function onAbort(signal: AbortSignal, run: () => void): void {
  if (signal.aborted) run();
  else signal.addEventListener('abort', run);
}

/** Their lights go out. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
