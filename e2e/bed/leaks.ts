// What a call must leave behind: nothing. Every track it took is ended and every peer connection closed, soon.
import type { PeerRecord, TrackRecord } from './probes.ts';
import type { Screen } from './screen.ts';

/** A camera light that stays on after a call is a fault: this is how long teardown may take. */
export const TEARDOWN_MS = 200;

export type Remains = { tracks: TrackRecord[]; peers: PeerRecord[] };

/** Everything the page ever opened; times are milliseconds of the page's own clock. */
export function opened(page: Screen): Promise<Remains> {
  return page.evaluate(() => ({
    tracks: window.bed.tracks.map(({ record, track }) => ({
      ...record,
      // A track that ended unseen ended at some time we do not know: report it as still live unless it says so.
      endedAt: track.readyState === 'ended' ? record.endedAt : undefined,
    })),
    peers: window.bed.peers.map(({ record, peer }) => ({
      ...record,
      closedAt: peer.signalingState === 'closed' ? record.closedAt : undefined,
    })),
  }));
}

/** Notes on the page's clock when an element first matches `selector`; ask with `whenSeen`. */
export function noteWhen(page: Screen, selector: string): Promise<void> {
  return page.evaluate((selector) => {
    const seen: { at: number | undefined } = { at: undefined };
    Object.assign(window, { bedSeen: seen });
    const look = (): void => {
      if (seen.at === undefined && document.querySelector(selector)) seen.at = performance.now();
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
    look();
  }, selector);
}

export function whenSeen(page: Screen): Promise<number | undefined> {
  return page.evaluate(() => (window as unknown as { bedSeen?: { at: number | undefined } }).bedSeen?.at);
}

/** What was still open `TEARDOWN_MS` after `endedAt`; empty lists are what a test wants to see. */
export function leftOpen(remains: Remains, endedAt: number): Remains {
  const late = (at: number | undefined): boolean => at === undefined || at > endedAt + TEARDOWN_MS;
  return {
    tracks: remains.tracks.filter((track) => late(track.endedAt)),
    peers: remains.peers.filter((peer) => late(peer.closedAt)),
  };
}
