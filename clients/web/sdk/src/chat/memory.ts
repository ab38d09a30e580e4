/** The texts of a call for the page after this one, in the same tab, until the call ends. */
import { cleanText } from './messages.ts';
import type { ChatText } from './public.ts';

const KEY = 'visavis.chat';
const TEXTS_LIMIT = 100;
/** One talks, others may be on hold; what a page could not forget gives way. */
const CALLS_LIMIT = 3;

interface Kept {
  readonly call: string;
  readonly texts: readonly unknown[];
}

export function keepTexts(call: string, texts: readonly ChatText[]): void {
  const others = read().filter((kept) => kept.call !== call);
  write([...others, { call, texts: texts.slice(-TEXTS_LIMIT) }]);
}

export function forgetTexts(call: string): void {
  write(read().filter((kept) => kept.call !== call));
}

/** What the page before has kept of this call. */
export function keptTexts(call: string): ChatText[] {
  return textsOf(read(), call);
}

/** Anybody on this origin may have written it, so nothing is taken for granted. */
export function textsOf(kept: readonly Kept[], call: string): ChatText[] {
  return kept
    .filter((one) => one.call === call)
    .flatMap(({ texts }) => texts.slice(-TEXTS_LIMIT).flatMap(readText));
}

export function readKept(json: string | null): Kept[] {
  try {
    const value: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(value) ? value.filter(isKept).slice(-CALLS_LIMIT) : [];
  } catch {
    return [];
  }
}

function read(): Kept[] {
  try {
    return readKept(sessionStorage.getItem(KEY));
  } catch {
    return [];
  }
}

function write(kept: readonly Kept[]): void {
  try {
    if (kept.length === 0) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(kept.slice(-CALLS_LIMIT)));
  } catch {
    // A browser may forbid storage, or have no room; then a page that is reloaded begins with none.
    return;
  }
}

function isKept(value: unknown): value is Kept {
  const { call, texts } = (value ?? {}) as Partial<Kept>;
  return typeof call === 'string' && Array.isArray(texts);
}

function readText(value: unknown): ChatText[] {
  const { id, by, at, state, text } = (value ?? {}) as Partial<Record<keyof ChatText, unknown>>;
  const cleaned = cleanText(text);
  if (typeof id !== 'string' || typeof at !== 'number' || cleaned === '') return [];
  if ((by !== 'me' && by !== 'peer') || (state !== 'sending' && state !== 'delivered')) return [];
  return [{ type: 'text', id, by, at, text: cleaned, state }];
}
