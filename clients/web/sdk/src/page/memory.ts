/** What a page leaves behind for the page after it, in the same tab. */
import type { RememberedCall } from '../core/resume.ts';

const KEY = 'visavis.calls';
/** More calls than a device carries. */
const LIMIT = 8;

/** Keeps the calls of this device. A duplicated tab gets a copy, but is another device. */
export function remember(device: string, calls: readonly RememberedCall[]): void {
  try {
    if (calls.length === 0) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify({ device, calls: calls.slice(0, LIMIT) }));
  } catch {
    // A browser may forbid storage; then calls go on after a reload with microphone and camera off.
    return;
  }
}

/** What the page before has kept, if it was the same device. */
export function recall(device: string): RememberedCall[] {
  try {
    return readMemory(sessionStorage.getItem(KEY), device);
  } catch {
    return [];
  }
}

/** Anybody on this origin may have written it, so nothing is taken for granted. */
export function readMemory(text: string | null, device: string): RememberedCall[] {
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? 'null');
  } catch {
    return [];
  }
  if (!isRecord(kept) || kept['device'] !== device || !Array.isArray(kept['calls'])) return [];
  return kept['calls'].slice(0, LIMIT).filter(isRemembered);
}

function isRemembered(value: unknown): value is RememberedCall {
  if (!isRecord(value)) return false;
  const { id, gen, since, choice, held } = value;
  return (
    typeof id === 'string' &&
    typeof gen === 'number' &&
    typeof since === 'number' &&
    typeof held === 'boolean' &&
    isRecord(choice) &&
    typeof choice['audio'] === 'boolean' &&
    typeof choice['video'] === 'boolean'
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
