/** Holds the model and carries inputs to it, one at a time. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Input, Output, Send } from './message.ts';
import { initialModel, type Model } from './model.ts';
import { update } from './update.ts';

/** The model as a signal, and its door. */
export interface Store {
  readonly model: ReadonlySignal<Model>;
  readonly send: Send;
}

/** A store whose outputs go to `perform`. An input sent while another is taken waits its turn. */
export function createStore(secure: boolean, perform: (output: Output) => void): Store {
  const model = signal(initialModel(secure));
  const waiting: Input[] = [];
  let busy = false;

  const send: Send = (input) => {
    waiting.push(input);
    if (busy) return;
    busy = true;
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [after, outputs] = update(model.value, next);
        model.value = after;
        for (const output of outputs) perform(output);
      }
    } finally {
      busy = false;
    }
  };
  return { model, send };
}
