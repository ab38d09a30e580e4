/** Every story there is. */
import { PEOPLE_STORIES } from './people-stories.ts';
import { STORIES as CALL_STORIES, type Story } from './story-models.ts';

/** By name, as in the page's address. */
export const STORIES: Readonly<Record<string, Story>> = { ...CALL_STORIES, ...PEOPLE_STORIES };
