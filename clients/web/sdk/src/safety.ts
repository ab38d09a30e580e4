/**
 * `@visavis/client/safety`: what belongs to `Call.safety` beyond a call: how to call the emoji, and whom this browser's user
 * has verified.
 *
 * Load it when it is needed: `const { emojiName } = await import('@visavis/client/safety')`.
 */
export { EMOJI, type Emoji, emojiName } from './safety/emoji.ts';
export { forgetVerified, type VerifiedPerson, verifiedPeople } from './safety/store.ts';
