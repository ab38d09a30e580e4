import { defaultClientConditions, defineConfig } from 'vite';

/**
 * What shows calls on pages of other sites: `embed.js`, which those pages load from here by this name, and `embed-frame.js`
 * for the page that they frame. What these fetch later is beside the assets of the app; a page of another origin finds it
 * relative to the script.
 */
export default defineConfig({
  publicDir: false,
  resolve: { conditions: ['source', ...defaultClientConditions] },
  build: {
    target: 'es2022',
    emptyOutDir: false,
    lib: {
      entry: { embed: 'src/embed/embed.ts', 'embed-frame': 'src/embed/frame.ts' },
      formats: ['es'],
      fileName: (_, name) => `${name}.js`,
    },
    rolldownOptions: { output: { chunkFileNames: 'assets/embed/[name]-[hash].js', minify: true } },
  },
});
