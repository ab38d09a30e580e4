/** Texts of the inspector; they come with it. */
import { inspectorEn } from './inspector/en.ts';
import { inspectorZhCn } from './inspector/zh-cn.ts';
import { type Language, speaker } from './language.ts';

/** What can be said there. */
export type InspectorKey = keyof typeof inspectorEn;

/** The dictionary of each language. */
export const INSPECTOR: Readonly<Record<Language, Readonly<Record<InspectorKey, string>>>> = {
  en: inspectorEn,
  'zh-CN': inspectorZhCn,
};

/** The text for `key` in the page's language. */
export const i = speaker(INSPECTOR);
