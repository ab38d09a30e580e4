/** Texts of what is done about what is behind the user. */
import { speaker } from './language.ts';

const en = {
  background: 'Background',
  'background.off': 'Off',
  'background.off.hint': 'You are seen as your camera sees you.',
  'background.blur': 'Blur',
  'background.blur.hint': 'You are sharp, and what is behind you is not. Your device works harder.',
} as const;

const zhCn: Record<keyof typeof en, string> = {
  background: '背景',
  'background.off': '关闭',
  'background.off.hint': '对方看到摄像头拍到的原样。',
  'background.blur': '虚化',
  'background.blur.hint': '你清晰可见，身后的一切变模糊。设备会多耗一些电。',
};

/** The dictionary of each language. */
export const BACKGROUND = { en, 'zh-CN': zhCn } as const;

/** The text for `key` in the page's language. */
export const b = speaker<keyof typeof en>(BACKGROUND);
