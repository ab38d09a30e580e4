/** Every time limit and bound of the store, in milliseconds and pieces. The server's own come with `welcome`. */

/** Waits before the 1st, 2nd … try to reach the server again; the last one repeats. */
export const RECONNECT_MS = [0, 300, 1200, 2700, 4800, 7000] as const;
/** Up to this much is added to each of them, so that the devices of a fallen server do not return at once. */
export const RECONNECT_JITTER_MS = 300;
/** A connection that lasted this long was a good one: the waits begin again at the shortest. */
export const STABLE_MS = 10_000;
/** From the start of a try until `welcome`. */
export const OPEN_LIMIT_MS = 10_000;
/** When the network has changed, an answer must come within this time. */
export const PROBE_MS = 5_000;
/** And in a call within this: people wait for a new path, which is agreed on over this connection. */
export const PROBE_IN_CALL_MS = 500;
/** Tickets refused in a row before we believe that the login has ended; one may simply have come too late. */
export const REFUSALS_BEFORE_SIGNED_OUT = 3;

/** Waits before a message that was not passed on, or not acknowledged, is sent again; the last one repeats. */
export const RESEND_MS = [1000, 2000, 4000, 8000] as const;
/** Messages waiting for an answer; the oldest gives way. A call needs about ten, and 200 candidates at worst. */
export const OUTBOX_LIMIT = 256;
/** Payloads of one call remembered, so that repeats are dropped. */
export const SEEN_LIMIT = 512;
/** Ended calls remembered, so that a late message about one does not ring again. */
export const ENDED_LIMIT = 64;
/** Calls a heartbeat names. The protocol's limit for calls with a capsule; a device holds far fewer. */
export const CAPSULES_LIMIT = 12;

/** How long a call waits for the server to take it. */
export const DIAL_LIMIT_MS = 20_000;
/** The server ends a ringing call; if we do not hear of it, we do it ourselves this much later. */
export const RING_GRACE_MS = 10_000;
/** Devices that one call makes peer connections for while it rings (the protocol's limit). */
export const WARM_LIMIT = 3;
/** A path that was made by relays alone and is not there this long after the answer is looked for by all means. */
export const WIDEN_AFTER_MS = 1_000;
/** From the answer until media flows. */
export const CONNECT_LIMIT_MS = 30_000;
/** From the loss of the media path until we give up, however little can be done about it. */
export const RECOVERY_LIMIT_MS = 60_000;
/** Looking for a path this long while the server can be reached is enough: then there is none. */
export const SEARCH_LIMIT_MS = 30_000;
/** Without a path for this long, only those are looked for that pass where UDP does not, for as long as said below. */
export const RELAY_ONLY_AFTER_MS = 12_000;
export const RELAY_ONLY_FOR_MS = 8_000;
/** ICE is restarted again after this long without a path. */
export const RESTART_AGAIN_MS = 4_000;
/** Two causes often come together; one restart serves both. */
export const RESTART_GAP_MS = 1_000;
/** How long a new peer connection may take, before the call counts as recovering: until then the old one stands. */
export const RENEW_LIMIT_MS = 4_000;
/** How long a call whose other person has handed us over waits for the one that follows. */
export const FOLLOW_LIMIT_MS = 5_000;
/** Media that arrived within this time counts as arriving. */
export const FLOW_FRESH_MS = 6_000;
