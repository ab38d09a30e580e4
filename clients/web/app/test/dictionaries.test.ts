import { describe, expect, test } from 'vitest';
import { ADMIN } from '../src/text/admin.ts';
import { BACKGROUND } from '../src/text/background.ts';
import { CAUSES } from '../src/text/cause.ts';
import { CHAT } from '../src/text/chat.ts';
import { CHECK } from '../src/text/check.ts';
import type { Language } from '../src/text/choose-language.ts';
import { DOCTOR } from '../src/text/doctor.ts';
import { INSPECTOR } from '../src/text/inspector.ts';
import { NOISE } from '../src/text/noise.ts';
import { NOTIFICATIONS } from '../src/text/notifications.ts';
import { PAGES } from '../src/text/pages.ts';
import { QUALITY } from '../src/text/quality.ts';
import { SMALL_WINDOW } from '../src/text/small-window.ts';

type Dictionaries = Readonly<Record<Language, Readonly<Record<string, string>>>>;

const words = (text = '') => [...text.matchAll(/\{\w+\}/g)].map(String);

describe.each<[string, Dictionaries]>([
  ['pages', PAGES],
  ['checks', CHECK],
  ['causes', CAUSES],
  ['the chat', CHAT],
  ['the doctor', DOCTOR],
  ['quality', QUALITY],
  ['notifications', NOTIFICATIONS],
  ['inspector', INSPECTOR],
  ['administration', ADMIN],
  ['the small window', SMALL_WINDOW],
  ['noise', NOISE],
  ['the background', BACKGROUND],
])('the dictionaries of %s', (_, { en, 'zh-CN': zhCn }) => {
  test('say the same things in both languages, and nothing else', () => {
    expect(Object.keys(zhCn)).toEqual(Object.keys(en));
    const texts = [...Object.values(en), ...Object.values(zhCn)];
    expect(texts.filter((text) => text.trim() === '')).toEqual([]);
  });

  test('never ask for more words in Chinese than in English', () => {
    const unknown = Object.keys(en).filter((key) =>
      words(zhCn[key]).some((word) => !words(en[key]).includes(word)),
    );
    expect(unknown).toEqual([]);
  });

  test('write Chinese with Chinese punctuation', () => {
    expect(Object.values(zhCn).filter((text) => /\p{Script=Han}[,.?!:;]/u.test(text))).toEqual([]);
  });
});
