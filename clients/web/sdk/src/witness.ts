/**
 * Sees all that happens to calls, for their reports. What makes a report of it is fetched when the first call begins; until
 * it is here, what happens is kept, so no call waits for it and none of its steps is missed.
 */
import { ClientError } from './client-error.ts';
import type { CallRecord, Input, Output, PeerKey } from './core/state.ts';
import type { Inspection } from './inspect/inspection.ts';
import type { Reporter } from './inspect/reporter.ts';
import type { CallId } from './protocol.ts';
import { call as tell } from './readable.ts';

export interface Witness {
  /** The store was told something. */
  turn(input: Input, outputs: readonly Output[], calls: readonly CallRecord[]): void;
  /** A peer connection was made. */
  opened(call: CallId, key: PeerKey, peer: RTCPeerConnection): void;
  inspect(call: CallId): Promise<Inspection>;
}

/** What was seen. */
export type Note =
  | {
      readonly type: 'turn';
      readonly at: number;
      readonly input: Input;
      readonly outputs: readonly Output[];
      readonly calls: readonly CallRecord[];
    }
  | {
      readonly type: 'opened';
      readonly at: number;
      readonly call: CallId;
      readonly key: PeerKey;
      readonly peer: RTCPeerConnection;
    }
  | {
      readonly type: 'event';
      readonly at: number;
      readonly peer: RTCPeerConnection;
      readonly event: PeerEvent;
    };

/** An event of a peer connection, and the states that it had then. */
export interface PeerEvent {
  readonly event: Event;
  readonly gathering: RTCIceGatheringState;
  readonly ice: RTCIceConnectionState;
  readonly whole: RTCPeerConnectionState;
}

const EVENTS = [
  'icegatheringstatechange',
  'icecandidate',
  'icecandidateerror',
  'iceconnectionstatechange',
  'connectionstatechange',
  'track',
];
/** What is kept until the reporter is here; of more, nothing. A call begins with fewer than a hundred. */
const EARLY_LIMIT = 500;

/** `now`: milliseconds since 1970 that never go back. */
export function lateWitness(
  now: () => number,
  load: () => Promise<Reporter> = async () => {
    const { Reporter } = await import('./inspect/reporter.ts');
    return new Reporter(now, navigator.userAgent);
  },
): Witness {
  const early: Note[] = [];
  let reporter: Reporter | undefined;
  let coming: Promise<Reporter> | undefined;
  let calls = 0;

  const fetch = () => {
    coming ??= load().then(
      (fetched) => {
        reporter = fetched;
        for (const seen of early.splice(0)) note(seen);
        return fetched;
      },
      (cause: unknown) => {
        // Whoever asks for a report tries again.
        coming = undefined;
        throw new ClientError('server-unreachable', 'inspect: a part of the package could not be loaded', {
          cause,
        });
      },
    );
    return coming;
  };
  const note = (seen: Note) => {
    // A fault of the report is not to be one of the call.
    if (reporter) return tell((seen) => reporter?.take(seen), seen);
    if (early.length === 0) fetch().catch(() => {});
    if (early.length < EARLY_LIMIT) early.push(seen);
  };

  return {
    turn(input, outputs, records) {
      // What happens without a call is not of interest; that the last one has ended is.
      if (records.length > 0 || calls > 0) note({ type: 'turn', at: now(), input, outputs, calls: records });
      calls = records.length;
    },
    opened(call, key, peer) {
      note({ type: 'opened', at: now(), call, key, peer });
      const seen = (event: Event) => {
        const { iceGatheringState: gathering, iceConnectionState: ice, connectionState: whole } = peer;
        note({ type: 'event', at: now(), peer, event: { event, gathering, ice, whole } });
      };
      for (const type of EVENTS) peer.addEventListener(type, seen);
    },
    inspect: async (call) => (await fetch()).inspect(call),
  };
}
