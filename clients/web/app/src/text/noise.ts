/** Texts of what is done about noise around the microphone. */
import { speaker } from './language.ts';

const en = {
  noise: 'Noise suppression',
  'noise.off': 'Off',
  'noise.off.hint': 'Everything is heard, music too.',
  'noise.browser': 'Standard',
  'noise.browser.hint': 'What your browser has.',
  'noise.strong': 'Strong',
  'noise.strong.hint': 'Little but voices gets through. Your device works a bit harder.',
} as const;

const zhCn: Record<keyof typeof en, string> = {
  noise: '降噪',
  'noise.off': '关闭',
  'noise.off.hint': '所有声音都能听到，包括音乐。',
  'noise.browser': '标准',
  'noise.browser.hint': '使用浏览器自带的降噪。',
  'noise.strong': '强力',
  'noise.strong.hint': '几乎只保留人声，设备会多耗一点电。',
};

/** The dictionary of each language. */
export const NOISE = { en, 'zh-CN': zhCn } as const;

/** The text for `key` in the page's language. */
export const n = speaker<keyof typeof en>(NOISE);
