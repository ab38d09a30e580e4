/** Texts of the small window that stays above all others. */
import { speaker } from './language.ts';

const en = {
  'small.open': 'Picture in picture',
  'small.away': 'The call is in a small window',
  'small.back': 'Bring it back',
  'small.title': 'Call with {name}',
} as const;

const zhCn: Record<keyof typeof en, string> = {
  'small.open': '画中画',
  'small.away': '通话在小窗口中显示',
  'small.back': '移回此处',
  'small.title': '与{name}通话',
};

/** The dictionary of each language. */
export const SMALL_WINDOW = { en, 'zh-CN': zhCn } as const;

/** The text for `key` in the page's language. */
export const w = speaker<keyof typeof en>(SMALL_WINDOW);
