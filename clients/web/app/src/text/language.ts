/** The page's language: chosen by the user, else the browser's, else English. */
import { signal } from '@preact/signals';
import { chooseLanguage, type Language } from './choose-language.ts';
import type { Key } from './en.ts';
import { fill, type Params } from './fill.ts';

export { chooseLanguage, type Language };

const STORED = 'visavis.lang';

/** How long it is waited before texts are asked for again without which nothing can be shown. */
const AGAIN_MS = 1_000;

/** The texts that are here: at first none, and those of calls only once they are wanted. */
const DICTIONARIES: Record<Language, Partial<Record<Key, string>>> = { en: {}, 'zh-CN': {} };
let callsWanted = false;
/** The language that is spoken, or will be when its texts are here. */
let chosen: Language = 'en';

type Fetch = () => Promise<Partial<Record<Key, string>>>;
const FIRST: Readonly<Record<Language, Fetch>> = {
  en: async () => (await import('./en.ts')).en,
  'zh-CN': async () => (await import('./zh-cn.ts')).zhCn,
};
const OF_CALLS: Readonly<Record<Language, Fetch>> = {
  en: async () => (await import('./call-en.ts')).callEn,
  'zh-CN': async () => (await import('./call-zh-cn.ts')).callZhCn,
};

/** Texts by language; what is missing is said in English. */
type Texts<K extends string> = { readonly en: Readonly<Partial<Record<K, string>>> } & {
  readonly [language in Language]?: Readonly<Partial<Record<K, string>>>;
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
  return (key, params = {}) =>
    fill(dictionaries[language.value]?.[key] ?? dictionaries.en[key] ?? '', params);
}

/** The text for `key` in the page's language. */
export const t = speaker(DICTIONARIES);

/** Fetches the texts of calls, their devices and their ends. */
export async function learnCalls(): Promise<void> {
  callsWanted = true;
  await learn(chosen);
}

/** The same for a message that was made elsewhere. */
export function say(message: Message): string {
  return t(message.key, message.params);
}

/**
 * Takes up the language; called once, before the first screen. If its texts cannot be had, the page speaks English, and if
 * there are none at all, they are waited for: a page without words is of no use to anybody.
 */
export async function startLanguage(): Promise<void> {
  chosen = chooseLanguage(localStorage.getItem(STORED), navigator.languages);
  const wanted = chosen;
  while (!(await setLanguage(wanted)) && !(await setLanguage('en'))) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
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

/** Changes the page's language as soon as its texts are here; without them the page goes on in the one that it has. */
export async function setLanguage(next: Language): Promise<boolean> {
  try {
    await learn(next);
  } catch {
    // The server is gone, or was updated.
    return false;
  }
  chosen = next;
  language.value = next;
  document.documentElement.lang = next;
  return true;
}

async function learn(spoken: Language): Promise<void> {
  const parts = callsWanted ? [FIRST[spoken](), OF_CALLS[spoken]()] : [FIRST[spoken]()];
  Object.assign(DICTIONARIES[spoken], ...(await Promise.all(parts)));
}
