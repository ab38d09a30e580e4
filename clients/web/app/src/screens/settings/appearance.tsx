/** Language and colours of this browser. */
import { keepLanguage, type Language, language, t } from '../../text/language.ts';
import { p } from '../../text/pages.ts';
import { Choices } from '../../ui/choices.tsx';
import { keepTheme, theme } from '../../ui/theme.ts';

const LANGUAGES = ['en', 'zh-CN'] as const;
const NAMES: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '简体中文' };
const THEMES = ['system', 'light', 'dark'] as const;

/** Each language is named in itself, for those who read no other. */
export function AppearanceSection() {
  return (
    <>
      <Choices
        legend={p('language')}
        choices={LANGUAGES.map((value) => ({ value, label: NAMES[value] }))}
        value={language.value}
        onChange={keepLanguage}
        testId="language"
      />
      <Choices
        legend={p('theme')}
        choices={THEMES.map((value) => ({ value, label: t(`theme.${value}`) }))}
        value={theme.value}
        onChange={keepTheme}
        testId="theme"
      />
    </>
  );
}
