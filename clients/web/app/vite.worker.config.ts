import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { shellFiles } from './shell-files.ts';

/** The service worker is one file of its own: it is fetched by a fixed name, and shares no parts with the pages. */
export default defineConfig({
  publicDir: false,
  // Built after the pages, whose parts it keeps.
  define: { SHELL: JSON.stringify(shellFiles(fileURLToPath(new URL('dist', import.meta.url)))) },
  build: {
    target: 'es2022',
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: fileURLToPath(new URL('src/worker/sw.ts', import.meta.url)),
      output: { format: 'iife', entryFileNames: 'sw.js' },
    },
  },
});
