/** What the page and the worker that blurs say to each other. */
import type { Files } from './segmenter.ts';

/** Where a browser gives pictures as streams, they go past the page. */
export interface Streams {
  readonly from: ReadableStream<VideoFrame>;
  readonly to: WritableStream<VideoFrame>;
}

export type ToWorker =
  | { readonly type: 'begin'; readonly files: Files; readonly streams?: Streams }
  /** What was asked for; nothing if there is no new one. */
  | { readonly type: 'picture'; readonly picture: ImageBitmap | null };

export type FromWorker =
  /** The first picture is blurred. */
  | { readonly type: 'ready' }
  /** Wants a picture. */
  | { readonly type: 'next' }
  | { readonly type: 'blurred'; readonly picture: ImageBitmap }
  /** The camera gives no more pictures. */
  | { readonly type: 'ended' }
  /** `fetched`: all was there, and could not be used. */
  | { readonly type: 'failed'; readonly fetched: boolean; readonly reason: string };
