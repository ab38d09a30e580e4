/** Every dictionary at once, for those who compare them; a page has only those that it speaks. */
import { callEn } from './call-en.ts';
import { callZhCn } from './call-zh-cn.ts';
import type { Language } from './choose-language.ts';
import { en, type Key } from './en.ts';
import { zhCn } from './zh-cn.ts';

/** The dictionary of each language. */
export const DICTIONARIES: Readonly<Record<Language, Readonly<Record<Key, string>>>> = {
  en: { ...en, ...callEn },
  'zh-CN': { ...zhCn, ...callZhCn },
};
