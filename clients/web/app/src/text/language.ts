/** The page's language: chosen by the user, else the browser's, else English. */
import { signal } from '@preact/signals';
import { chooseLanguage, type Language } from './choose-language.ts';
import { en, type Key } from './en.ts';
import { fill, type Params } from './fill.ts';
import { zhCn } from './zh-cn.ts';

export { chooseLanguage, type Language };

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

/** A function that speaks the page's language from these dictionaries. */
export function speaker<K extends string>(
  dictionaries: Readonly<Record<Language, Readonly<Record<K, string>>>>,
): (key: K, params?: Params) => string {
  return (key, params = {}) => fill(dictionaries[language.value][key], params);
}

/** The text for `key` in the page's language. */
export const t = speaker(DICTIONARIES);

/** The same for a message that was made elsewhere. */
export function say(message: Message): string {
  return t(message.key, message.params);
}

/** Takes up the language; called once, before the first screen. */
export function startLanguage(): void {
  setLanguage(chooseLanguage(localStorage.getItem(STORED), navigator.languages));
}

/** Changes the page's language and remembers it. */
export function keepLanguage(next: Language): void {
  localStorage.setItem(STORED, next);
  setLanguage(next);
}

/** Changes to the other language. */
export function switchLanguage(): void {
  keepLanguage(language.value === 'en' ? 'zh-CN' : 'en');
}

function setLanguage(next: Language): void {
  language.value = next;
  document.documentElement.lang = next;
}
