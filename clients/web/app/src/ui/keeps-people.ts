/** Whether this user has contacts at all: a guest has none. */
import { createContext } from 'preact';

/** True for somebody with an account. */
export const KeepsPeopleContext = createContext(true);
