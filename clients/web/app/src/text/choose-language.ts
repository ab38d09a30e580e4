/** Which language suits; apart from the dictionaries, so that the service worker needs none of them. */

/** The languages there are. */
export type Language = 'en' | 'zh-CN';

/** The language that suits what is stored and what the browser prefers. */
export function chooseLanguage(stored: string | null, preferred: readonly string[]): Language {
  if (stored === 'en' || stored === 'zh-CN') return stored;
  for (const tag of preferred) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}
