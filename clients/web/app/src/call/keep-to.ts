/** Keeps a call to a choice of this browser's. */
import { effect, type ReadonlySignal } from '@preact/signals';
import type { Call, DeviceKind, Processing } from '@visavis/client';

/** What the choice makes of a device, if it is another than `usual`, which is what a call begins with. */
export interface Follow<T> {
  readonly device: DeviceKind;
  readonly choice: ReadonlySignal<T>;
  readonly usual: T;
  readonly processing: (choice: T) => Processing;
}

/** Until the returned function is called; `watch` sees whether the device follows. */
export function keepTo<T>(
  { device, choice, usual, processing }: Follow<T>,
  { local }: Call,
  watch: (doing: Promise<void>, device: DeviceKind) => void,
): () => void {
  let before = usual;
  return effect(() => {
    const now = choice.value;
    if (now === before) return;
    before = now;
    watch(local.process(device, processing(now)), device);
  });
}
