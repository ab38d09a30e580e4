// A bare peer connection between two pages, without the app around it: which way does ICE find on its own? The pages stay,
// so that one after the other costs little.
import { expect, type Page } from '@playwright/test';

/** Whether packets get through without a relay, or only by one at either end. */
export type Way = 'direct' | 'relay';
/** What carries a page's messages to a relay. */
export type Carrier = 'udp' | 'tcp' | 'tls';

/** So often each pair of candidates is tried, at both ends, in the first round, which lets the other end's packets in, and in
 *  the second: a pair that has no answer by then will never have one. */
const TRIES = [1, 2] as const;

type Description = { type: 'offer' | 'answer'; sdp: string };
type Look = Way | 'looking';

/** What is in the page while it has a connection. */
type Ended = {
  peer: RTCPeerConnection;
  hear: (candidate: RTCIceCandidateInit) => Promise<void>;
  /** How often each pair was tried before this round. */
  before: Map<string, number>;
};
type Bare = { bedBare?: Ended; bedTell: (number: number, candidate: RTCIceCandidateInit) => Promise<void> };

/** The end of such connections in one page, one at a time. */
export class BareEnd {
  readonly #page: Page;
  #number = 0;
  #other: BareEnd | undefined;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async in(page: Page): Promise<BareEnd> {
    const end = new BareEnd(page);
    await page.exposeBinding('bedTell', async (_, number: number, candidate: RTCIceCandidateInit) => {
      if (number === end.#number && end.#other) await end.#other.#hear(candidate);
    });
    return end;
  }

  /** Connects to the other page, waits until no better way can be found, and tells which it is. */
  async connect(other: BareEnd, iceServers: RTCIceServer[]): Promise<Way> {
    await this.#begin(other, { iceServers });
    let way: Way | undefined;
    let round = 0;
    const found = async (): Promise<Way | undefined> => {
      const tries = TRIES[round] ?? 0;
      const looks = [await this.#look(tries), await other.#look(tries)];
      const has = (state: Look): boolean => looks.every((look) => look === state);
      if (has('direct')) way = 'direct';
      if (!has('relay')) return way;
      round++;
      if (round === TRIES.length) way = 'relay';
      else for (const end of [this, other]) await end.#nextRound();
      return way;
    };
    await expect
      .poll(found, { intervals: [50, 100, 200], message: 'the way that is found', timeout: 30_000 })
      .toBeDefined();
    for (const end of [this, other]) await end.#close();
    if (!way) throw new Error('no way');
    return way;
  }

  /** Connects to the other page by relays alone, and waits until this one reaches its own so. */
  async expectRelay(other: BareEnd, iceServers: RTCIceServer[], carrier: Carrier): Promise<void> {
    await this.#begin(other, { iceServers, iceTransportPolicy: 'relay' });
    await expect
      .poll(() => this.#carrier(), { message: 'how the relay is reached', timeout: 30_000 })
      .toBe(carrier);
    for (const end of [this, other]) await end.#close();
  }

  async #begin(other: BareEnd, configuration: RTCConfiguration): Promise<void> {
    for (const [end, peer] of [
      [this, other],
      [other, this],
    ] as const) {
      end.#other = peer;
      end.#number++;
    }
    const offer = await this.#describe(configuration);
    const answer = await other.#describe(configuration, offer);
    await this.#page.evaluate(async (answer) => {
      await (window as unknown as Bare).bedBare?.peer.setRemoteDescription(answer);
    }, answer);
  }

  /** Makes the offer, or the answer to one. */
  #describe(configuration: RTCConfiguration, offer?: Description): Promise<Description> {
    return this.#page.evaluate(
      async ([configuration, number, offer]) => {
        const bare = window as unknown as Bare;
        const peer = new RTCPeerConnection(configuration);
        const described = new Promise<void>((resolve) => {
          peer.addEventListener('signalingstatechange', () => {
            if (peer.remoteDescription) resolve();
          });
        });
        bare.bedBare = {
          peer,
          before: new Map(),
          hear: async (candidate) => {
            await described;
            await peer.addIceCandidate(candidate);
          },
        };
        peer.addEventListener('icecandidate', ({ candidate }) => {
          if (candidate) void bare.bedTell(number, candidate.toJSON());
        });
        peer.createDataChannel('nothing', { negotiated: true, id: 0 });
        if (offer) await peer.setRemoteDescription(offer);
        await peer.setLocalDescription();
        const { type, sdp } = peer.localDescription ?? {};
        return { type: type === 'offer' ? 'offer' : 'answer', sdp: sdp ?? '' } as const;
      },
      [configuration, this.#number, offer] as const,
    );
  }

  async #hear(candidate: RTCIceCandidateInit): Promise<void> {
    await this.#page.evaluate((candidate) => (window as unknown as Bare).bedBare?.hear(candidate), candidate);
  }

  /** `relay` if that is in use, and all else was tried so often in this round. */
  #look(tries: number): Promise<Look> {
    return this.#page.evaluate(async (tries) => {
      const bare = (window as unknown as Bare).bedBare;
      if (!bare) throw new Error('no connection');
      const { peer, before } = bare;
      const stats = new Map<string, Record<string, unknown>>();
      for (const entry of (await peer.getStats()).values()) stats.set(entry.id, entry);
      const ofType = (type: string): Record<string, unknown>[] =>
        [...stats.values()].filter((entry) => entry['type'] === type);
      const isDirect = (pair: Record<string, unknown>): boolean =>
        [pair['localCandidateId'], pair['remoteCandidateId']].every(
          (id) => stats.get(String(id))?.['candidateType'] !== 'relay',
        );
      const pairs = ofType('candidate-pair').filter(isDirect);
      // Which of several ways that work a browser then takes is its own affair, and may change.
      if (pairs.some((pair) => pair['state'] === 'succeeded')) return 'direct';
      const isConnected = ofType('transport').some((transport) => transport['selectedCandidatePairId']);
      const triesOf = ({ id, requestsSent }: Record<string, unknown>): number =>
        Number(requestsSent) - (before.get(String(id)) ?? 0);
      const wereTried = pairs.every((pair) => triesOf(pair) >= tries);
      return isConnected && wereTried ? 'relay' : 'looking';
    }, tries);
  }

  /** Tries are counted anew. */
  async #nextRound(): Promise<void> {
    await this.#page.evaluate(async () => {
      const bare = (window as unknown as Bare).bedBare;
      for (const entry of (await bare?.peer.getStats())?.values() ?? []) {
        if (entry.type === 'candidate-pair') bare?.before.set(entry.id, entry.requestsSent ?? 0);
      }
    });
  }

  /** How the relay is reached that is in use. */
  #carrier(): Promise<unknown> {
    return this.#page.evaluate(async () => {
      const stats = new Map<string, Record<string, unknown>>();
      for (const entry of (await (window as unknown as Bare).bedBare?.peer.getStats())?.values() ?? []) {
        stats.set(entry.id, entry);
      }
      const transport = [...stats.values()].find((entry) => entry['type'] === 'transport');
      const pair = stats.get(String(transport?.['selectedCandidatePairId']));
      return stats.get(String(pair?.['localCandidateId']))?.['relayProtocol'];
    });
  }

  async #close(): Promise<void> {
    await this.#page.evaluate(() => {
      const bare = window as unknown as Bare;
      bare.bedBare?.peer.close();
      delete bare.bedBare;
    });
  }
}
