/**
 * Every screen from a fixed model, without a server: `stories.html` lists them, and
 * `stories.html?story=active&lang=zh-CN&theme=dark` shows one. Not part of the production build.
 */
import { computed, signal } from '@preact/signals';
import { render } from 'preact';
import { App } from '../app.tsx';
import { AdminApiContext } from '../screens/admin/parts.tsx';
import '../style/index.css';
import { language, learnCalls, setLanguage } from '../text/language.ts';
import { PicturesContext } from '../ui/pictures.ts';
import { ReportsContext } from '../ui/reports.ts';
import { theme } from '../ui/theme.ts';
import { drawnAdminApi } from './admin-stories.ts';
import { STORIES } from './all-stories.ts';
import { drawnChat } from './chat-stories.ts';
import { drawnPictures } from './drawn-pictures.ts';
import { drawnReports } from './drawn-report.ts';
import { Index } from './story-index.tsx';

const wanted = new URLSearchParams(location.search);

await setLanguage(wanted.get('lang') === 'zh-CN' ? 'zh-CN' : 'en');
await learnCalls();
const shade = wanted.get('theme');
if (shade === 'light' || shade === 'dark') {
  theme.value = shade;
  document.documentElement.dataset['theme'] = shade;
}

/** One story, with nothing left of the one before; without such a story the list of all. */
function show(name: string): void {
  const root = document.getElementById('app');
  if (!root) return;
  render(null, root);
  const story = STORIES[name];
  if (!story) return render(<Index />, root);
  const clock = signal(Date.now());
  // The same each time it is asked for, as in a page.
  const chats = new Map<number, ReturnType<typeof drawnChat>>();
  const chatOf = (serial: number) => {
    if (!chats.has(serial)) chats.set(serial, drawnChat(serial, language.value));
    return chats.get(serial);
  };
  const model = computed(() => story(clock.value, language.value));
  render(
    <AdminApiContext.Provider value={drawnAdminApi(language.value)}>
      <PicturesContext.Provider value={drawnPictures(chatOf)}>
        <ReportsContext.Provider value={drawnReports()}>
          <App model={model} send={() => {}} />
        </ReportsContext.Provider>
      </PicturesContext.Provider>
    </AdminApiContext.Provider>,
    root,
  );
}

show(wanted.get('story') ?? '');
// For programs that look at one after the other.
Object.assign(window, { showStory: show });
