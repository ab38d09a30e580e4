/** Light or dark: the system's choice unless the user made one. */
import { signal } from '@preact/signals';

/** What can be chosen. */
export type Theme = 'system' | 'light' | 'dark';

const STORED = 'visavis.theme';
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

/** The choice in use. */
export const theme = signal<Theme>('system');

/** Takes up the stored choice; called once, before the first screen. */
export function startTheme(): void {
  const stored = localStorage.getItem(STORED);
  setTheme(stored === 'light' || stored === 'dark' ? stored : 'system');
}

/** Goes on to the next choice and remembers it. */
export function switchTheme(): void {
  keepTheme(NEXT[theme.value]);
}

/** Takes a choice and remembers it. */
export function keepTheme(next: Theme): void {
  if (next === 'system') localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, next);
  setTheme(next);
}

function setTheme(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset['theme'] = next;
}
