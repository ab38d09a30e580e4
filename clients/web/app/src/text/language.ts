/** The page's language: chosen by the user, else the browser's, else English. */
import { signal } from '@preact/signals';
import { chooseLanguage, type Language } from './choose-language.ts';
import { en, type Key } from './en.ts';
import { fill, type Params } from './fill.ts';

export { chooseLanguage, type Language };

const STORED = 'visavis.lang';

/** The dictionaries that are here: English always, the others once they are wanted. */
const DICTIONARIES: Partial<Record<Language, Readonly<Record<Key, string>>>> & Texts<Key> = { en };

/** Texts by language; what is missing is said in English. */
type Texts<K extends string> = { readonly en: Readonly<Record<K, string>> } & {
  readonly [language in Language]?: Readonly<Record<K, string>>;
};

/** The language in use. */
export const language = signal<Language>('en');

/** A text before its language is known. */
export interface Message {
  readonly key: Key;
  readonly params?: Params;
}

/** A function that speaks the page's language from these dictionaries. */
export function speaker<K extends string>(dictionaries: Texts<K>): (key: K, params?: Params) => string {
  return (key, params = {}) => fill((dictionaries[language.value] ?? dictionaries.en)[key], params);
}

/** The text for `key` in the page's language. */
export const t = speaker(DICTIONARIES);

/** The same for a message that was made elsewhere. */
export function say(message: Message): string {
  return t(message.key, message.params);
}

/** Takes up the language; called once, before the first screen. */
export function startLanguage(): Promise<void> {
  return setLanguage(chooseLanguage(localStorage.getItem(STORED), navigator.languages));
}

/** Changes the page's language and remembers it. */
export function keepLanguage(next: Language): void {
  localStorage.setItem(STORED, next);
  void setLanguage(next);
}

/** Changes to the other language. */
export function switchLanguage(): void {
  keepLanguage(language.value === 'en' ? 'zh-CN' : 'en');
}

/** Changes the page's language as soon as its texts are here. */
export async function setLanguage(next: Language): Promise<void> {
  try {
    if (next === 'zh-CN') DICTIONARIES[next] ??= (await import('./zh-cn.ts')).zhCn;
  } catch {
    // The server is gone, or was updated: the page goes on in the language that it has.
    return;
  }
  language.value = next;
  document.documentElement.lang = next;
}
