/** Texts of the pages that are loaded when they are opened; their dictionaries come with them. */
import { type Language, speaker } from './language.ts';
import { pagesEn } from './pages/en.ts';
import { pagesZhCn } from './pages/zh-cn.ts';

/** What can be said there. */
export type PageKey = keyof typeof pagesEn;

/** The dictionary of each language. */
export const PAGES: Readonly<Record<Language, Readonly<Record<PageKey, string>>>> = {
  en: pagesEn,
  'zh-CN': pagesZhCn,
};

/** The text for `key` in the page's language. */
export const p = speaker(PAGES);
