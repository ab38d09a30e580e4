/** The two switches that every page has: language and appearance. */
import { switchLanguage, t } from '../text/language.ts';
import { Icon, type IconName } from './icons.tsx';
import { switchTheme, type Theme, theme } from './theme.ts';

const ICONS: Readonly<Record<Theme, IconName>> = { system: 'half-moon', light: 'sun', dark: 'moon' };

/** Side by side, as small as a finger allows. */
export function Preferences() {
  const themeLabel = t('theme.switch', { theme: t(`theme.${theme.value}`) });
  return (
    <>
      <button
        type="button"
        class="icon-button"
        data-testid="lang-switch"
        onClick={switchLanguage}
        title={t('language.switch')}
      >
        <span class="visually-hidden">{t('language.switch')}</span>
        <span class="icon-letters" aria-hidden="true">
          {t('language.short')}
        </span>
      </button>
      <button
        type="button"
        class="icon-button"
        data-testid="theme-switch"
        onClick={switchTheme}
        aria-label={themeLabel}
        title={themeLabel}
      >
        <Icon name={ICONS[theme.value]} size={20} />
      </button>
    </>
  );
}
