/** Large files of our own server's, which take as long as the network needs. */
import { NotFetched } from './not-fetched.ts';

/** So long nothing at all may come: without a limit a network that has gone would be waited for for ever. */
const STANDSTILL_MS = 20_000;

/** All of a file. Rejects with `NotFetched` if it cannot be had, or when `signal` is aborted. */
export async function fetched(url: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  let standstill = setTimeout(abort, STANDSTILL_MS);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    const { ok, status, body } = await fetch(url, { signal: stop.signal });
    if (!ok || !body) throw new Error(`answered with ${status}`);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (const reader = body.getReader(); ; ) {
      clearTimeout(standstill);
      standstill = setTimeout(abort, STANDSTILL_MS);
      const { done, value } = await reader.read();
      if (done) return await new Blob(parts).arrayBuffer();
      parts.push(value);
    }
  } catch (cause) {
    throw new NotFetched(`${url} could not be fetched: ${cause}`, { cause });
  } finally {
    clearTimeout(standstill);
    signal?.removeEventListener('abort', abort);
    // What is left of it is not wanted.
    abort();
  }
}
