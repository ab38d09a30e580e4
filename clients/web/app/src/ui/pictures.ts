/** Where the screens get moving pictures from: the calls, or a story's drawings. */
import { createContext } from 'preact';

/** Shows the call `serial` in elements of the page, until the returned function is called. */
export interface Pictures {
  attachRemote(serial: number, element: HTMLMediaElement, view: 'camera' | 'screen'): () => void;
  attachSelf(serial: number, element: HTMLMediaElement): () => void;
}

/** The pictures of the screens below. */
export const PicturesContext = createContext<Pictures>({
  attachRemote: () => () => {},
  attachSelf: () => () => {},
});
