import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    target: 'es2022',
    lib: {
      entry: [
        'src/index.ts',
        'src/channel.ts',
        'src/recorder.ts',
        'src/inspect.ts',
        'src/safety.ts',
        'src/element.ts',
        'src/effects.ts',
      ],
      formats: ['es'],
    },
    minify: 'oxc',
    // What several files need has a file of its own: if it lay in `index.js`, a page that has that under another name would
    // load it twice.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } } },
    sourcemap: true,
  },
});
