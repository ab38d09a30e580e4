/** Texts of the administration, which come with its pages. */
import { adminEn } from './admin-en.ts';
import { adminZhCn } from './admin-zh-cn.ts';
import { type Language, speaker } from './language.ts';

/** What can be said there. */
export type AdminKey = keyof typeof adminEn;

/** The dictionary of each language. */
export const ADMIN: Readonly<Record<Language, Readonly<Record<AdminKey, string>>>> = {
  en: adminEn,
  'zh-CN': adminZhCn,
};

/** The text for `key` in the page's language. */
export const a = speaker(ADMIN);
