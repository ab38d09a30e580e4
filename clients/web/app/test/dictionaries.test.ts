import { describe, expect, test } from 'vitest';
import type { Language } from '../src/text/choose-language.ts';
import { NOTIFICATIONS } from '../src/text/notifications.ts';
import { PAGES } from '../src/text/pages.ts';

type Dictionaries = Readonly<Record<Language, Readonly<Record<string, string>>>>;

const words = (text = '') => [...text.matchAll(/\{\w+\}/g)].map(String);

describe.each<[string, Dictionaries]>([
  ['pages', PAGES],
  ['notifications', NOTIFICATIONS],
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
