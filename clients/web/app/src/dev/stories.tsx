/**
 * Every screen from a fixed model, without a server: `stories.html` lists them, and
 * `stories.html?story=active&lang=zh-CN&theme=dark` shows one. Not part of the production build.
 */
import { computed, signal } from '@preact/signals';
import { render } from 'preact';
import { App } from '../app.tsx';
import '../style/index.css';
import { language, setLanguage } from '../text/language.ts';
import { PicturesContext } from '../ui/pictures.ts';
import { theme } from '../ui/theme.ts';
import { STORIES } from './all-stories.ts';
import { drawnPictures } from './drawn-pictures.ts';
import { Index } from './story-index.tsx';

const wanted = new URLSearchParams(location.search);
const story = STORIES[wanted.get('story') ?? ''];

await setLanguage(wanted.get('lang') === 'zh-CN' ? 'zh-CN' : 'en');
const shade = wanted.get('theme');
if (shade === 'light' || shade === 'dark') {
  theme.value = shade;
  document.documentElement.dataset['theme'] = shade;
}

const root = document.getElementById('app');
if (root) {
  if (story) {
    const clock = signal(Date.now());
    const model = computed(() => story(clock.value, language.value));
    render(
      <PicturesContext.Provider value={drawnPictures()}>
        <App model={model} send={() => {}} />
      </PicturesContext.Provider>,
      root,
    );
  } else {
    render(<Index />, root);
  }
}
