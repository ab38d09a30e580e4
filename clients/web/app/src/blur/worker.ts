/**
 * Blurs what is behind a person, off the page's thread. It has a clock of its own as well: browsers slow down those of pages
 * that nobody looks at, and a call goes on in them.
 */
import { NotFetched } from '../call/not-fetched.ts';
import type { FromWorker, Streams, ToWorker } from './messages.ts';
import { Painter } from './painter.ts';
import { type Files, Segmenter } from './segmenter.ts';

/** The part of a worker's world that this one uses; TypeScript's own types cannot stand beside those of a page. */
interface Scope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

/** No more pictures a second than a call carries well. */
const INTERVAL_MS = 1_000 / 30;
/** A camera's clock is not exact: a picture that comes a little early is still its next. */
const EARLY_MS = 5;

const page = self as unknown as Scope;

async function begin(files: Files, streams: Streams | undefined): Promise<void> {
  const painter = new Painter(await Segmenter.load(files));
  if (streams) await flow(painter, streams);
  else pull(painter);
}

/** From the camera to the track that is sent, until either ends. */
async function flow(painter: Painter, { from, to }: Streams): Promise<void> {
  const writer = to.getWriter();
  let next = 0;
  let begun = false;
  for (const reader = from.getReader(); ; ) {
    const { value: frame, done } = await reader.read();
    if (done) return page.postMessage({ type: 'ended' });
    const at = frame.timestamp / 1_000;
    // A camera that begins to count anew is not waited for.
    const early = at < next && at > next - INTERVAL_MS;
    if (early) {
      frame.close();
      continue;
    }
    next = at + INTERVAL_MS - EARLY_MS;
    const { timestamp } = frame;
    const canvas = painter.paint(frame);
    frame.close();
    await writer.write(new VideoFrame(canvas, { timestamp, alpha: 'discard' }));
    if (!begun) page.postMessage({ type: 'ready' });
    begun = true;
  }
}

/** Asks the page for one picture after the other. */
function pull(painter: Painter): void {
  let begun = false;
  let asked = 0;
  const ask = () => {
    asked = performance.now();
    page.postMessage({ type: 'next' });
  };
  const handle = (picture: ImageBitmap | null) => {
    if (picture) {
      const blurred = painter.paint(picture).transferToImageBitmap();
      picture.close();
      page.postMessage({ type: 'blurred', picture: blurred }, [blurred]);
      if (!begun) page.postMessage({ type: 'ready' });
      begun = true;
    }
    setTimeout(ask, Math.max(0, asked + INTERVAL_MS - performance.now()));
  };
  page.onmessage = ({ data }) => {
    if (data.type === 'picture') orFail(() => handle(data.picture));
  };
  ask();
}

function fail(cause: unknown): void {
  page.postMessage({ type: 'failed', fetched: !(cause instanceof NotFetched), reason: String(cause) });
}

function orFail(work: () => void): void {
  try {
    work();
  } catch (cause) {
    fail(cause);
  }
}

page.onmessage = ({ data }) => {
  if (data.type === 'begin') begin(data.files, data.streams).catch(fail);
};
