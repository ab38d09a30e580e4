/** Every story there is. */
import { ADMIN_STORIES } from './admin-stories.ts';
import { CHAT_STORIES } from './chat-stories.ts';
import { PEOPLE_STORIES } from './people-stories.ts';
import { REPORT_STORIES } from './report-stories.ts';
import { STORIES as CALL_STORIES, type Story } from './story-models.ts';

/** By name, as in the page's address. */
export const STORIES: Readonly<Record<string, Story>> = {
  ...CALL_STORIES,
  ...CHAT_STORIES,
  ...PEOPLE_STORIES,
  ...REPORT_STORIES,
  ...ADMIN_STORIES,
};
