/** Where the screens get moving pictures from: the present call, or a story's drawings. */
import { createContext } from 'preact';

/** Shows the present call in elements of the page, until the returned function is called. */
export interface Pictures {
  attachRemote(element: HTMLMediaElement): () => void;
  attachSelf(element: HTMLMediaElement): () => void;
}

/** The pictures of the screens below. */
export const PicturesContext = createContext<Pictures>({
  attachRemote: () => () => {},
  attachSelf: () => () => {},
});
