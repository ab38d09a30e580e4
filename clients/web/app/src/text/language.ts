/** The page's language: chosen by the user, else the browser's, else English. */
import { signal } from '@preact/signals';
import { en, type Key } from './en.ts';
import { fill, type Params } from './fill.ts';
import { zhCn } from './zh-cn.ts';

/** The languages there are. */
export type Language = 'en' | 'zh-CN';

const STORED = 'visavis.lang';

/** The dictionary of each language. */
export const DICTIONARIES: Readonly<Record<Language, Readonly<Record<Key, string>>>> = {
  en,
  'zh-CN': zhCn,
};

/** The language in use. */
export const language = signal<Language>('en');

/** A text before its language is known. */
export interface Message {
  readonly key: Key;
  readonly params?: Params;
}

/** The text for `key` in the page's language. */
export function t(key: Key, params: Params = {}): string {
  return fill(DICTIONARIES[language.value][key], params);
}

/** The same for a message that was made elsewhere. */
export function say(message: Message): string {
  return t(message.key, message.params);
}

/** The language that suits what is stored and what the browser prefers. */
export function chooseLanguage(stored: string | null, preferred: readonly string[]): Language {
  if (stored === 'en' || stored === 'zh-CN') return stored;
  for (const tag of preferred) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

/** Takes up the language; called once, before the first screen. */
export function startLanguage(): void {
  setLanguage(chooseLanguage(localStorage.getItem(STORED), navigator.languages));
}

/** Changes the page's language and remembers it. */
export function switchLanguage(): void {
  const next: Language = language.value === 'en' ? 'zh-CN' : 'en';
  localStorage.setItem(STORED, next);
  setLanguage(next);
}

function setLanguage(next: Language): void {
  language.value = next;
  document.documentElement.lang = next;
}
