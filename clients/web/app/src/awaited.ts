/** Whom this browser's user waits for, kept for the next page: a reload forgets nobody. */
import type { Awaited } from './model/people.ts';

const STORED = 'visavis.awaited';

/** Takes the place of who was kept before. */
export function keepAwaited(user: string, people: readonly Awaited[]): void {
  if (people.length === 0) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, JSON.stringify({ user, people }));
}

/** Those of this user; nobody, if another one has signed in since, or if what is there makes no sense. */
export function keptAwaited(user: string): readonly Awaited[] {
  let kept: unknown;
  try {
    kept = JSON.parse(localStorage.getItem(STORED) ?? 'null');
  } catch {
    return [];
  }
  if (!isRecord(kept) || kept['user'] !== user || !Array.isArray(kept['people'])) return [];
  return kept['people'].flatMap((person: unknown) =>
    isRecord(person) && typeof person['id'] === 'string' && typeof person['name'] === 'string'
      ? [{ id: person['id'], name: person['name'] }]
      : [],
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
