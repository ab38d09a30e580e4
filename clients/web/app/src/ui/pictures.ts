/** What the screens get from the calls, or from a story, beside the model: moving pictures, texts and files, and checks. */
import type { Chat, Check, PreflightOptions } from '@visavis/client';
import { createContext } from 'preact';

/** Shows the call `serial` in elements of the page, until the returned function is called. */
export interface Pictures {
  attachRemote(serial: number, element: HTMLMediaElement, view: 'camera' | 'screen'): () => void;
  attachSelf(serial: number, element: HTMLMediaElement): () => void;
  /** Of a call of this page, also after its end. */
  chatOf(serial: number): Chat | undefined;
  /** See `Client.preflight`. */
  preflight(options: PreflightOptions): Promise<readonly Check[]>;
}

/** The pictures of the screens below. */
export const PicturesContext = createContext<Pictures>({
  attachRemote: () => () => {},
  attachSelf: () => () => {},
  chatOf: () => undefined,
  preflight: () => Promise.resolve([]),
});
