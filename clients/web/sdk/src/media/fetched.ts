/** What a page has only once there is a call. */
export { SafetyWatch } from '../safety/watch.ts';
export { Course } from './course.ts';
export { LadderWatch } from './ladder-watch.ts';
