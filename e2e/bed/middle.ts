// Somebody in the middle of a call: signaling passes through them, and they end the encryption of both sides and begin it
// anew, so that all pictures, sounds and messages go through a page of theirs in the clear. What a server could do.
//
//     const middle = await Middle.beside(alice, await context.newPage(), 'plays');   before the call; alice's page is opened anew
//
// `plays`: takes part in the verification on both sides, by the rules. `forwards`: passes on what each side says of it.
import type { Page, WebSocketRoute } from '@playwright/test';
import { exchange, type Wire } from '../../clients/web/sdk/src/safety/exchange.ts';
import { onlyFingerprint } from '../../clients/web/sdk/src/safety/fingerprints.ts';
import type { Person } from './person.ts';

/** Which of the two: towards the person beside whom they sit, and towards the other one. */
type Leg = 0 | 1;
type Said = Readonly<Record<string, unknown>>;
type Description = { readonly type: 'offer' | 'answer'; readonly sdp: string };
type Seen = { readonly mine: string; readonly theirs: string };

/** What is in the page. */
type InPage = {
  pass(from: Leg, description: Description): Promise<Description>;
  say(leg: Leg, data: Said): void;
  bedOpened(leg: Leg, seen: Seen): Promise<void>;
  bedVerify(leg: Leg, data: Said): Promise<void>;
};

export class Middle {
  /** What each side sees while nobody is told. */
  readonly codes: (readonly string[] | undefined)[] = [undefined, undefined];
  readonly #page: Page;
  /** By what it was made of: on a busy machine a device says a description again before it was passed on. */
  readonly #passed = new Map<string, Description>();
  readonly #queues: Said[][] = [[], []];
  readonly #wakes: (((data: Said) => void) | undefined)[] = [undefined, undefined];
  #turn: Promise<void> = Promise.resolve();
  #welcome: () => void = () => undefined;
  readonly #welcomed = new Promise<void>((resolve) => {
    this.#welcome = resolve;
  });

  private constructor(page: Page) {
    this.#page = page;
  }

  static async beside(person: Person, page: Page, how: 'plays' | 'forwards'): Promise<Middle> {
    const middle = new Middle(page);
    await page.exposeFunction('bedOpened', (leg: Leg, seen: Seen) => middle.#play(leg, seen));
    await page.exposeFunction('bedVerify', (leg: Leg, data: Said) => middle.#hear(leg, data));
    await page.evaluate(sitBetween, how === 'plays');
    await person.page.routeWebSocket(/\/ws$/, (near) => middle.#carry(near));
    await person.page.reload();
    await middle.#welcomed;
    return middle;
  }

  #carry(near: WebSocketRoute): void {
    const far = near.connectToServer();
    near.onMessage((text) => this.#inTurn(0, String(text), (changed) => far.send(changed)));
    far.onMessage((text) => this.#inTurn(1, String(text), (changed) => near.send(changed)));
  }

  /** Signaling keeps its order. */
  #inTurn(from: Leg, text: string, send: (changed: string) => void): void {
    this.#turn = this.#unlessGone(this.#turn.then(async () => send(await this.#changed(from, text))));
  }

  /** When they close their page, what passes through it ends with it. */
  #unlessGone(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      if (!this.#page.isClosed()) throw error;
    });
  }

  async #changed(from: Leg, text: string): Promise<string> {
    const message = JSON.parse(text) as { type: string; data: unknown };
    switch (message.type) {
      case 'offer':
      case 'answer': {
        const description = message.data as Description;
        const data = this.#passed.get(description.sdp) ?? (await this.#pass(from, description));
        this.#passed.set(description.sdp, data);
        return JSON.stringify({ ...message, data });
      }
      case 'candidate':
        // All of ours are in the descriptions.
        return JSON.stringify({ ...message, data: null });
      case 'welcome':
        this.#welcome();
        return text;
      default:
        return text;
    }
  }

  #pass(from: Leg, description: Description): Promise<Description> {
    return this.#page.evaluate(([leg, passed]) => (window as unknown as InPage).pass(leg, passed), [
      from,
      description,
    ] as const);
  }

  async #play(leg: Leg, { mine, theirs }: Seen): Promise<void> {
    const [one, other] = [onlyFingerprint(mine), onlyFingerprint(theirs)];
    if (!one || !other) throw new Error('a description without a fingerprint');
    const wire: Wire = {
      say: (data) => {
        const say = this.#page.evaluate(([to, said]) => (window as unknown as InPage).say(to, said), [
          leg,
          data,
        ] as const);
        void this.#unlessGone(say);
      },
      next: () => {
        const said = this.#queues[leg]?.shift();
        if (said) return Promise.resolve(said);
        return new Promise((resolve) => {
          this.#wakes[leg] = resolve;
        });
      },
    };
    this.codes[leg] = (await exchange({ mine: one, theirs: other }, undefined, wire)).code;
  }

  #hear(leg: Leg, data: Said): void {
    const wake = this.#wakes[leg];
    this.#wakes[leg] = undefined;
    if (wake) wake(data);
    else this.#queues[leg]?.push(data);
  }
}

/** Runs inside the page: two connections, and what arrives at one goes out at the other. */
function sitBetween(plays: boolean): void {
  const page = window as unknown as InPage;
  const legs = [new RTCPeerConnection(), new RTCPeerConnection()] as const;
  const options = { negotiated: true, id: 0, ordered: true };
  const channels = [
    legs[0].createDataChannel('ctl', options),
    legs[1].createDataChannel('ctl', options),
  ] as const;
  const complete = (leg: RTCPeerConnection) =>
    new Promise<void>((resolve) => {
      const look = () => leg.iceGatheringState === 'complete' && resolve();
      leg.addEventListener('icegatheringstatechange', look);
      look();
    });
  const forward = async () => {
    for (const [from, to] of [legs, [legs[1], legs[0]]] as const) {
      for (const [place, { receiver }] of from.getTransceivers().entries()) {
        await to.getTransceivers()[place]?.sender.replaceTrack(receiver.track);
      }
    }
  };
  page.pass = async (from, description) => {
    const [leg, other] = from === 0 ? legs : ([legs[1], legs[0]] as const);
    await leg.setRemoteDescription(description);
    if (description.type === 'offer') {
      for (const transceiver of leg.getTransceivers()) {
        transceiver.direction = 'sendrecv';
        if (other.getTransceivers().length < leg.getTransceivers().length) {
          other.addTransceiver(transceiver.receiver.track.kind);
        }
      }
      await leg.setLocalDescription();
      await other.setLocalDescription(
        await other.createOffer({ iceRestart: other.remoteDescription !== null }),
      );
      await Promise.all([complete(leg), complete(other)]);
    }
    await forward();
    const { type, sdp } = other.localDescription ?? {};
    if ((type !== 'offer' && type !== 'answer') || sdp === undefined) throw new Error('nothing to say');
    return { type, sdp };
  };
  page.say = (leg, data) => channels[leg].send(JSON.stringify({ type: 'verify', data }));
  for (const from of [0, 1] as const) {
    const to = channels[from === 0 ? 1 : 0];
    channels[from].addEventListener('message', ({ data }) => {
      const message = JSON.parse(data) as { type: string; data: Said };
      if (plays && message.type === 'verify') void page.bedVerify(from, message.data);
      else if (to.readyState === 'open') to.send(data);
    });
    const leg = legs[from];
    // The channel may be open before the page is told that the answer by which it is was taken.
    const play = () => {
      const { localDescription, remoteDescription } = leg;
      if (!localDescription || !remoteDescription) return;
      leg.removeEventListener('signalingstatechange', play);
      void page.bedOpened(from, { mine: localDescription.sdp, theirs: remoteDescription.sdp });
    };
    channels[from].addEventListener('open', () => {
      if (!plays) return;
      leg.addEventListener('signalingstatechange', play);
      play();
    });
  }
}
