/**
 * `<visavis-call>`: a button that calls, and the call in its place. See `docs/embed.md`.
 *
 * Nothing of the client is loaded before it is used; what it does is in `element/desk.ts`, how it looks in `element/view.ts`.
 */
import { Desk, type Wish } from './element/desk.ts';
import { type ElementState, type Face, isAnswered, stateOf } from './element/face.ts';
import { STYLE } from './element/style.ts';
import { speak } from './element/texts.ts';
import { View } from './element/view.ts';
import type { Call, Client, EndReason } from './public.ts';

export type { ElementState } from './element/face.ts';

/** What `visavis-state` tells. */
export interface StateDetail {
  readonly state: ElementState;
  /** Of a call: who called. */
  readonly direction?: 'in' | 'out';
  /** The other person's name. */
  readonly peer?: string;
}

/** What `visavis-ended` tells. */
export interface EndedDetail {
  readonly reason: EndReason;
  readonly durationMs: number;
}

/** What `visavis-error` tells: a stable code, and what is wrong and the way out, in English. */
export interface ErrorDetail {
  readonly code: string;
  readonly hint: string;
}

/** Where there is no page, as on a server that renders pages, the module can be loaded all the same. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * The element.
 *
 * Attributes: `link` or `to`, `server`, `media` (`audio`, `video`), `name`, `lang`, `incoming`. Events: `visavis-state`,
 * `visavis-ended`, `visavis-error`. Its attribute `data-state` is where it stands, for the page's style sheet.
 */
export class VisavisCall extends Base {
  static readonly observedAttributes = ['lang', 'link', 'to', 'incoming', 'server'];
  /** Where the server is unless an element says so. Default: where the page came from. */
  static server: string | undefined;

  /**
   * A fresh ticket for each connection, for pages whose users have a login: as in `connect()`. This and `client` are looked at when
   * they are needed: set them before `incoming`. (Declared only: what a page has set before this module came stays.)
   */
  declare ticket: (() => Promise<string>) | undefined;
  /** A connection that the page has made by `connect()`, and closes itself: its calls go on when the element is taken from the page. */
  declare client: Client | undefined;
  readonly #desk = new Desk(
    () => this.#wish(),
    (face) => this.#show(face),
  );
  #view: View | undefined;
  #unwatch: (() => void) | undefined;

  /** Calls as if the button had been pressed: a guest whose name is not known is asked for it. */
  call(): void {
    this.#desk.press();
  }

  /**
   * Makes ready to call and never calls: a guest is asked for a name, everybody else has the button before them. For pages that are told
   * to call by somebody whom they do not quite trust.
   */
  prepare(): void {
    if (!this.#desk.prepare()) this.focus();
  }

  /** Ends the call, gives it up, or closes the question for a name. */
  hangup(): void {
    this.#desk.hangup();
  }

  /** Turns the microphone of the call off or on; does nothing without an answered call. */
  async mute(yes: boolean): Promise<void> {
    await this.#answered?.local.mic(!yes);
  }

  /** Turns the camera of the call on or off; does nothing without an answered call. */
  async camera(on: boolean): Promise<void> {
    await this.#answered?.local.camera(on);
  }

  /** Brings the keys to what can be pressed. */
  override focus(): void {
    this.#view?.focus();
  }

  connectedCallback(): void {
    if (!this.#view) {
      const root = this.attachShadow({ mode: 'open' });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      this.#view = new View(root, {
        call: () => this.call(),
        knock: (name) => this.#desk.knock(name),
        reset: () => this.#desk.reset(),
      });
    }
    addEventListener('pagehide', this.#leave);
    this.#draw(this.#desk.face);
    this.#settle();
  }

  disconnectedCallback(): void {
    removeEventListener('pagehide', this.#leave);
    this.#settle();
  }

  /** A page that moves the element by `moveBefore()` means neither of the two above. */
  connectedMoveCallback(): void {}

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (!this.#view) return;
    this.#draw(this.#desk.face);
    if (before === now || !this.isConnected) return;
    if (name === 'link' || name === 'server') this.#desk.changed();
    if (name === 'incoming') this.#desk.open();
  }

  /** A page that moves the element takes it away and puts it back at once, so what becomes of it is looked at right after. */
  #settle(): void {
    queueMicrotask(() => (this.isConnected ? this.#desk.open() : this.#desk.close()));
  }

  get #answered(): Call | undefined {
    const { face } = this.#desk;
    return face.type === 'call' && isAnswered(face.call.state.value) ? face.call : undefined;
  }

  readonly #leave = () => this.#desk.leavePage();

  #wish(): Wish {
    const given = (name: string) => this.getAttribute(name)?.trim() || undefined;
    const link = given('link');
    const address = link && URL.canParse(link) ? new URL(link) : undefined;
    const media = given('media');
    return {
      server: new URL(given('server') ?? address?.origin ?? VisavisCall.server ?? '/', location.href),
      // Of `https://HOST/#/guest/TOKEN`; a token alone does, too.
      link: address ? address.hash.split('/').pop() : link,
      to: given('to'),
      video: media === undefined ? undefined : media === 'video',
      name: given('name') ?? '',
      incoming: this.hasAttribute('incoming'),
      ticket: this.ticket,
      client: this.client,
    };
  }

  #draw(face: Face): void {
    const { link, to, name } = this.#wish();
    const spoken = this.closest<HTMLElement>('[lang]')?.lang || navigator.language;
    this.dataset['state'] = stateOf(face);
    this.#view?.show(face, speak(spoken), { isQuiet: !link && !to, name });
  }

  #show(face: Face): void {
    if (!this.isConnected && face.type !== 'idle') return;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#draw(face);
    switch (face.type) {
      case 'call': {
        const { call } = face;
        // The end is a face of its own.
        this.#unwatch = call.state.subscribe(({ type }) => {
          if (type === 'ended') return;
          this.dataset['state'] = type;
          this.#tell<StateDetail>('state', {
            state: type,
            direction: call.direction,
            peer: call.peer.value.name,
          });
        });
        return;
      }
      case 'ended':
        this.#tell<StateDetail>('state', { state: 'ended', peer: face.name });
        return this.#tell<EndedDetail>('ended', {
          reason: face.reason,
          durationMs: face.summary.durationMs,
        });
      case 'problem':
        this.#tell<StateDetail>('state', { state: 'problem' });
        return this.#tell<ErrorDetail>('error', { code: face.code, hint: face.hint });
      default:
        this.#tell<StateDetail>('state', { state: face.type });
    }
  }

  #tell<Detail>(event: 'state' | 'ended' | 'error', detail: Detail): void {
    this.dispatchEvent(new CustomEvent(`visavis-${event}`, { detail, bubbles: true, composed: true }));
  }
}

if (globalThis.customElements && !customElements.get('visavis-call')) {
  customElements.define('visavis-call', VisavisCall);
}

declare global {
  interface HTMLElementTagNameMap {
    'visavis-call': VisavisCall;
  }
}
