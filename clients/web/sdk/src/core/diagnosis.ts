/** Why no media path was found, as far as this device can tell. */
import type { Reach } from '../protocol.ts';
import type { Diagnosis } from '../public.ts';

/** A kind of address that media might reach: of the device itself, as seen from outside, or at a relay. */
export type CandidateKind = 'host' | 'reflexive' | 'relay';
/** Why a relay gave no address: not reached, refused the credential, or had no room. */
export type GatherError = 'unreachable' | 'refused' | 'full';

/** What was tried: each kind once, in the order in which it was seen. */
export interface Evidence {
  readonly here: readonly CandidateKind[];
  readonly there: readonly CandidateKind[];
  readonly errors: readonly GatherError[];
  /** By which ways the relay was reached, and by which it was not. */
  readonly reach: Readonly<Reach>;
}

/** What else is known of the two ends. */
export interface Circumstances {
  /** We can reach the server. */
  readonly online: boolean;
  /** The other device has lost the server. */
  readonly peerLost: boolean;
  /** The server has given us a relay. */
  readonly hasRelay: boolean;
}

export const NOTHING_TRIED: Evidence = { here: [], there: [], errors: [], reach: {} };

/** The one most likely cause; the first that fits. */
export function diagnose(tried: Evidence, { online, peerLost, hasRelay }: Circumstances): Diagnosis {
  const of = (code: Diagnosis['code']): Diagnosis => ({ code, ...tried });
  if (!online) return of('offline-here');
  if (peerLost) return of('offline-there');
  if (tried.here.length === 0) return of('blocked-here');
  if (tried.there.length === 0) return of('nothing-from-there');
  if (!hasRelay) return of('no-relay');
  if (!tried.here.includes('relay')) {
    // Whoever answers says more than that other ways are not answered.
    if (tried.errors.includes('refused')) return of('relay-refused-here');
    return of(tried.errors.includes('full') ? 'relay-full' : 'relay-unreachable-here');
  }
  return of(tried.there.includes('relay') ? 'no-path' : 'relay-unreachable-there');
}
