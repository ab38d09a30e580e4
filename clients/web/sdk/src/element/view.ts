/** The element's face, in its shadow. */
import { type CallFace, showCall } from './call-face.ts';
import { icon, make, write } from './dom.ts';
import type { Face } from './face.ts';
import { endText, problemText, type Say, type Text } from './texts.ts';

/** What is pressed. */
export interface Presses {
  readonly call: () => void;
  readonly knock: (name: string) => void;
  readonly reset: () => void;
}

/** Problems that are no fault of the page: what the visitor reads says all. */
const VISITORS = ['not_found', 'rate_limited', 'overloaded', 'signed-out', 'over'];

/** Draws faces, one after the other. */
export class View {
  readonly #box = make('div', { part: 'box', class: 'box' });
  /** Outlives the faces: a screen reader reads what changes in it. */
  readonly #status = make('p', { part: 'status', role: 'status' });
  readonly #main = make('div', { class: 'box' });
  readonly #presses: Presses;
  #call: CallFace | undefined;

  constructor(root: ShadowRoot, presses: Presses) {
    this.#presses = presses;
    this.#box.append(this.#status, this.#main);
    root.append(this.#box);
  }

  /** Shows a face. `isQuiet`: there is no button to call with. */
  show(face: Face, say: Say, { isQuiet, name }: { readonly isQuiet: boolean; readonly name: string }): void {
    const hadFocus = this.#main.contains((this.#box.getRootNode() as ShadowRoot).activeElement);
    this.#call?.close();
    this.#call = undefined;
    this.#box.classList.toggle('open', face.type !== 'idle');
    this.#main.replaceChildren(...this.#nodes(face, say, isQuiet, name));
    if (hadFocus) this.focus();
  }

  /** Brings the keys to what is pressed next. */
  focus(): void {
    this.#main.querySelector<HTMLElement>('input, button:not([hidden])')?.focus();
  }

  #nodes(face: Face, say: Say, isQuiet: boolean, name: string): readonly HTMLElement[] {
    const button = (part: string, text: Text, style: string, press: () => void) => {
      const made = make('button', { type: 'button', part, class: style }, say(text));
      made.addEventListener('click', press);
      return made;
    };
    const { call, reset } = this.#presses;
    switch (face.type) {
      case 'idle': {
        write(this.#status, '');
        const made = make('button', { type: 'button', part: 'call', class: 'main' });
        // What is between the tags of the element is what the button says.
        made.append(icon('phone'), make('slot', {}, say('call')));
        made.hidden = isQuiet;
        made.addEventListener('click', call);
        return [made];
      }
      case 'waiting':
        write(this.#status, say('waiting'));
        return [make('div', { class: 'row' }, button('cancel', 'cancel', '', reset))];
      case 'door':
        return [this.#door(face, say, name)];
      case 'call':
        this.#call = showCall(face, say, this.#status);
        return this.#call.nodes;
      case 'ended': {
        write(this.#status, say(endText(face.reason, face.summary.error), face.name));
        const again = button('again', 'again', 'main', call);
        again.hidden = isQuiet;
        return [make('div', { class: 'row' }, again, button('close', 'close', '', reset))];
      }
      case 'problem': {
        write(this.#status, say(problemText(face)));
        // In English, for whoever built the page.
        const hint = make('p', { class: 'hint', part: 'hint', lang: 'en' }, face.hint);
        hint.hidden = VISITORS.includes(face.code);
        const retry = button('again', 'retry', 'main', call);
        return [hint, make('div', { class: 'row' }, retry, button('close', 'close', '', reset))];
      }
    }
  }

  #door({ invitation }: Extract<Face, { type: 'door' }>, say: Say, name: string): HTMLElement {
    const { host_name, label } = invitation;
    write(this.#status, [say('door', host_name), label].filter((text) => text !== '').join(' · '));
    const input = make('input', {
      autocomplete: 'name',
      maxlength: '64',
      required: true,
      part: 'name',
      value: name,
    });
    const knock = make('button', { class: 'main', part: 'knock' }, icon('phone'), say('call'));
    const cancel = make('button', { type: 'button', part: 'cancel' }, say('cancel'));
    cancel.addEventListener('click', this.#presses.reset);
    const form = make(
      'form',
      { part: 'door' },
      make('label', {}, say('name'), input),
      make('p', { class: 'hint' }, say('door.hint', host_name)),
      make('div', { class: 'row' }, knock, cancel),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const given = input.value.trim();
      if (given !== '') this.#presses.knock(given);
    });
    form.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#presses.reset();
    });
    return form;
  }
}
