/** Notes one call: its steps, its peer connections, and once a second its figures. */
import type { CallRecord, PeerKey } from '../core/state.ts';
import type { LocalCandidate } from '../media/evidence.ts';
import type { SessionDescription } from '../protocol.ts';
import { Source } from '../readable.ts';
import type { PeerEvent } from '../witness.ts';
import { COLUMNS, FORMAT, LIMITS, VERSION } from './format.ts';
import { type Look, readLook, rowOf, type Stats } from './look.ts';
import type { CallReport, Description, PeerReport, Row, Step } from './report.ts';
import { kindOf } from './steps.ts';

/** Figures come once a second. */
const LOOK_MS = 1_000;
/** Until the first picture the looks are closer, so that it has its moment; for so long at most. */
const EAGER_LOOK_MS = 100;
const EAGER_LOOKS = 100;

/** What the builder knows of a peer connection beside what is in the report. */
interface Noted {
  readonly key: PeerKey;
  peer: RTCPeerConnection | undefined;
  openedAt: number;
  closedAt: number | undefined;
  used: boolean;
  secured: boolean;
  readonly descriptions: Description[];
  /** Kinds of steps that are told once of each path that is looked for. */
  readonly told: Set<string>;
  look: Look | undefined;
  pictures: boolean;
}

export class ReportBuilder {
  /** Grows with everything that is new; ends with the call. */
  readonly changes = new Source(0);
  readonly startedAt: number;
  readonly #now: () => number;
  readonly #browser: string;
  readonly #steps: Step[] = [];
  readonly #peers: Noted[] = [];
  readonly #dropped = { steps: 0, peers: 0, descriptions: 0, rows: 0 };
  #rows: Row[] = [];
  #record: CallRecord;
  #ended: { readonly at: number; readonly reason: string } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #eager = 0;
  #rowAt = Number.NEGATIVE_INFINITY;

  /** `browser`: as it calls itself. */
  constructor(record: CallRecord, at: number, now: () => number, browser: string) {
    this.#record = record;
    this.#now = now;
    this.#browser = browser;
    this.startedAt = at;
    const there = record.direction === 'in' ? 'there' : 'here';
    this.step(at, { what: 'begin', from: there, to: there, detail: record.direction });
  }

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** The store has this of the call. */
  follow(record: CallRecord): void {
    this.#record = record;
  }

  step(at: number, step: Omit<Step, 'at'>): void {
    if (this.#ended) return;
    this.#steps.push({ at: this.#moment(at), ...step });
    if (this.#steps.length > LIMITS.steps) {
      this.#steps.splice(LIMITS.steps / 2, 1);
      this.#dropped.steps += 1;
    }
    this.#tell();
  }

  /** A description of this or the other side, kept without the password of ICE. */
  describe(at: number, key: PeerKey, side: Description['side'], { type, sdp }: SessionDescription): void {
    const noted = this.#noted(key, at);
    if (!noted || (type !== 'offer' && type !== 'answer')) return;
    const kept = withoutPassword(sdp).slice(0, LIMITS.descriptionChars);
    noted.descriptions.push({ at: this.#moment(at), side, type, sdp: kept });
    if (noted.descriptions.length > LIMITS.descriptions) {
      noted.descriptions.shift();
      this.#dropped.descriptions += 1;
    }
  }

  opened(at: number, key: PeerKey, peer: RTCPeerConnection): void {
    const known = this.#peers.findLast((noted) => noted.key === key);
    if (known?.peer) known.closedAt ??= this.#moment(at);
    const noted = this.#noted(key, at, known?.peer !== undefined);
    if (!noted) return;
    noted.peer = peer;
    noted.openedAt = this.#moment(at);
    this.#stepAt(at, noted, { what: 'peer-opened', from: 'here', to: 'here' });
    if (this.#timer === undefined) this.#schedule(LOOK_MS);
  }

  /** This peer connection carries the call. */
  use(at: number, key: PeerKey): void {
    // It may be made only when an offer comes.
    const noted = this.#noted(key, at);
    if (noted) noted.used = true;
  }

  happened(at: number, peer: RTCPeerConnection, { event, gathering, ice, whole }: PeerEvent): void {
    const noted = this.#peers.find((one) => one.peer === peer);
    if (!noted) return;
    switch (event.type) {
      case 'icegatheringstatechange':
        if (gathering === 'gathering') this.#beginRound(at, noted);
        if (gathering === 'complete') this.#stepAt(at, noted, { what: 'gathered', from: 'here', to: 'here' });
        return;
      case 'icecandidate':
        return this.#gathered(at, noted, (event as RTCPeerConnectionIceEvent).candidate);
      case 'icecandidateerror': {
        const { errorCode, url } = event as RTCPeerConnectionIceErrorEvent;
        const detail = `${errorCode} ${wayOf(url)}`;
        return this.#once(at, noted, { what: 'gather-error', from: 'relay', to: 'here', detail });
      }
      case 'iceconnectionstatechange':
        return this.#iceChanged(at, noted, ice);
      case 'connectionstatechange':
        if (whole !== 'connected' || noted.secured) return;
        noted.secured = true;
        return this.#stepAt(at, noted, { what: 'secured', from: 'here', to: 'there', ...this.#by(noted) });
      case 'track':
        return this.#arrives(noted, (event as RTCTrackEvent).track);
    }
  }

  /** The call is over: nothing is noted any more. */
  end(at: number, reason: string): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.step(at, { what: 'ended', from: 'here', to: 'here', detail: reason });
    this.#ended = { at: this.#moment(at), reason };
    for (const noted of this.#peers) {
      noted.closedAt ??= this.#moment(at);
      noted.peer = undefined;
    }
    this.#tell();
    this.changes.end();
  }

  report(): CallReport {
    const { id, direction, asked, peer } = this.#record;
    return {
      format: FORMAT,
      version: VERSION,
      madeAt: Math.round(this.#now()),
      browser: this.#browser.slice(0, 512),
      personal: true,
      call: {
        id,
        direction,
        media: asked,
        startedAt: Math.round(this.startedAt),
        ...(this.#ended ? { endedAt: this.#ended.at, reason: this.#ended.reason } : {}),
        peer: { id: peer.id, name: peer.name },
      },
      steps: [...this.#steps],
      peers: this.#peers.map(peerReport),
      figures: { columns: COLUMNS, rows: [...this.#rows] },
      dropped: { ...this.#dropped },
    };
  }

  #noted(key: PeerKey, at: number, anew = false): Noted | undefined {
    const known = this.#peers.findLast((noted) => noted.key === key);
    if (known && !anew) return known;
    if (this.#peers.length >= LIMITS.peers) {
      this.#dropped.peers += 1;
      return undefined;
    }
    const noted: Noted = {
      key,
      peer: undefined,
      openedAt: this.#moment(at),
      closedAt: undefined,
      used: known?.used ?? false,
      secured: false,
      descriptions: [],
      told: new Set(),
      look: undefined,
      pictures: false,
    };
    this.#peers.push(noted);
    return noted;
  }

  #stepAt(at: number, noted: Noted, step: Omit<Step, 'at' | 'peer'>): void {
    this.step(at, { ...step, peer: this.#peers.indexOf(noted) });
  }

  /** Of many alike, such as the addresses of several networks, the first is enough. */
  #once(at: number, noted: Noted, step: Omit<Step, 'at' | 'peer'>): void {
    const kind = `${step.what} ${step.detail}`;
    if (noted.told.has(kind)) return;
    noted.told.add(kind);
    this.#stepAt(at, noted, step);
  }

  #beginRound(at: number, noted: Noted): void {
    noted.told.clear();
    this.#stepAt(at, noted, { what: 'gathering', from: 'here', to: 'here' });
  }

  #gathered(at: number, noted: Noted, candidate: (RTCIceCandidate & LocalCandidate) | null): void {
    const type = kindOf(candidate?.candidate ?? '');
    if (!candidate || type === 'end') return;
    const ways = [type, candidate.protocol, candidate.relayProtocol].filter(Boolean);
    // Who sees us from outside, or lends us an address, is the relay.
    const from = type === 'host' ? 'here' : 'relay';
    this.#once(at, noted, { what: 'address', from, to: 'here', detail: ways.join(' ') });
  }

  #iceChanged(at: number, noted: Noted, state: RTCIceConnectionState): void {
    switch (state) {
      case 'checking':
        return this.#stepAt(at, noted, { what: 'checking', from: 'here', to: 'there' });
      case 'connected':
        this.#stepAt(at, noted, { what: 'path-found', from: 'here', to: 'there' });
        this.#eager = 0;
        return this.#schedule(0);
      case 'disconnected':
        return this.#stepAt(at, noted, { what: 'path-lost', from: 'there', to: 'here' });
      case 'failed':
        return this.#stepAt(at, noted, { what: 'path-failed', from: 'there', to: 'here' });
      case 'new':
      case 'completed':
      case 'closed':
        return;
    }
  }

  #arrives(noted: Noted, track: MediaStreamTrack): void {
    const arrives = () => {
      const kind = `first-packet ${track.kind}`;
      if (noted.told.has(kind) || this.#ended) return;
      noted.told.add(kind);
      const way = { from: 'there', to: 'here', ...this.#by(noted) } as const;
      this.#stepAt(this.#now(), noted, { what: 'first-packet', ...way, detail: track.kind });
    };
    track.addEventListener('unmute', arrives);
    if (!track.muted) arrives();
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#timer = setTimeout(() => void this.#lookAtAll(), delay);
  }

  async #lookAtAll(): Promise<void> {
    const open = this.#peers.filter(({ peer, closedAt }) => peer && closedAt === undefined);
    await Promise.all(open.map((noted) => this.#lookAt(noted)));
    const waits = open.some(({ used, secured, pictures }) => used && secured && !pictures);
    this.#eager = waits ? this.#eager + 1 : 0;
    if (open.length > 0) this.#schedule(waits && this.#eager < EAGER_LOOKS ? EAGER_LOOK_MS : LOOK_MS);
    else this.#timer = undefined;
  }

  async #lookAt(noted: Noted): Promise<void> {
    const { peer } = noted;
    if (!peer || peer.signalingState === 'closed') {
      if (!this.#ended) noted.closedAt ??= this.#moment(this.#now());
      return;
    }
    const stats = await peer.getStats().catch(() => undefined);
    if (!stats || this.#ended) return;
    this.#see(this.#now(), noted, readLook(stats as unknown as Stats));
  }

  #see(at: number, noted: Noted, look: Look): void {
    const before = noted.look;
    noted.look = look;
    if (look.selected !== undefined && look.selected !== before?.selected) {
      this.#stepAt(at, noted, {
        what: 'pair-selected',
        from: 'here',
        to: 'there',
        ...this.#by(noted),
        ...pairDetail(look),
      });
    }
    if (look.pictures && !noted.pictures) {
      noted.pictures = true;
      this.#stepAt(at, noted, { what: 'first-picture', from: 'there', to: 'here', ...this.#by(noted) });
    }
    const carries = noted.used && noted.key === this.#record.key && look.selected !== undefined;
    // A timer may be a little early.
    if (carries && at - this.#rowAt >= LOOK_MS - 50) this.#addRow(at, noted, look);
    this.#tell();
  }

  #addRow(at: number, noted: Noted, { figures }: Look): void {
    this.#rowAt = at;
    this.#rows.push(rowOf(figures, this.#moment(at), this.#peers.indexOf(noted)));
    if (this.#rows.length < LIMITS.rows) return;
    const kept = this.#rows.filter((_, index) => index % 2 === 0);
    this.#dropped.rows += this.#rows.length - kept.length;
    this.#rows = kept;
  }

  #by({ look }: Noted): { readonly by?: 'relay' } {
    return look && isRelayed(look) ? { by: 'relay' } : {};
  }

  #moment(at: number): number {
    return Math.max(0, Math.round(at - this.startedAt));
  }

  #tell(): void {
    this.changes.set(this.changes.value + 1);
  }
}

function peerReport({ openedAt, closedAt, used, descriptions, look }: Noted): PeerReport {
  return {
    openedAt,
    ...(closedAt === undefined ? {} : { closedAt }),
    used,
    descriptions: [...descriptions],
    candidates: look?.candidates ?? [],
    pairs: look?.pairs ?? [],
    ...(look?.selected === undefined ? {} : { selected: look.selected }),
    codecs: look?.codecs ?? [],
    ...(look?.tls === undefined ? {} : { tls: look.tls }),
    ...(look?.cipher === undefined ? {} : { cipher: look.cipher }),
    ...(look?.srtp === undefined ? {} : { srtp: look.srtp }),
  };
}

function endsOf({ pairs, selected, candidates }: Look) {
  const pair = pairs.find(({ id }) => id === selected);
  const find = (id: string | undefined) => candidates.find((one) => one.id === id);
  return { local: find(pair?.local), remote: find(pair?.remote) };
}

function isRelayed(look: Look): boolean {
  const { local, remote } = endsOf(look);
  return local?.type === 'relay' || remote?.type === 'relay';
}

function pairDetail(look: Look): { readonly detail?: string } {
  const { local, remote } = endsOf(look);
  if (!local || !remote) return {};
  return { detail: `${local.type} ${remote.type} ${local.relayProtocol ?? local.protocol ?? ''}`.trim() };
}

/** By which way a server was asked (RFC 7065): `turns:` is TLS, and UDP is what is meant where nothing is said. */
function wayOf(url: string): string {
  if (url.startsWith('turns')) return 'tls';
  return /[?&]transport=(\w+)/.exec(url)?.[1] ?? 'udp';
}

/** With it anybody could answer the checks of ICE in our place (RFC 8839 §5.4). */
function withoutPassword(sdp: string): string {
  return sdp.replaceAll(/^a=ice-pwd:.*\r?\n?/gm, '');
}
