import { preact } from '@preact/preset-vite';
import { defaultClientConditions, defaultServerConditions, defineConfig } from 'vite';

/** Where `cargo run -p visavis-server -- serve` listens, for the development server only. */
const server = process.env['VISAVIS_SERVER'] ?? 'http://localhost:7070';

export default defineConfig({
  plugins: [preact()],
  worker: {
    format: 'es',
    rolldownOptions: { output: { entryFileNames: 'assets/wanted/[name]-[hash].js' } },
  },
  // The SDK is bundled from its sources, so the app never runs against an old build of it.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  build: {
    target: 'es2022',
    // The page's security policy allows no inline scripts; without this Vite would write one.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // The libraries' own words; some ask for them to be beside what is made of them.
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      output: {
        // Of libraries that few want: the service worker does not keep what is in there for everybody.
        assetFileNames: ({ names }) =>
          names.some((name) => /worklet|\.(wasm|tflite)$/i.test(name))
            ? 'assets/wanted/[name]-[hash][extname]'
            : 'assets/[name]-[hash][extname]',
        // What every page needs, in one file: by itself the bundler makes one of each that several of them share.
        codeSplitting: {
          groups: [
            {
              name: 'base',
              test: /preact|src\/(ui\/(icons|logo|preferences|theme)|text\/(device|language))\./,
            },
          ],
        },
      },
    },
  },
  server: {
    // As objects: behind a bare address Vite changes the Host header, and the server then takes our page for a stranger's.
    proxy: {
      '/api': { target: server },
      '/ws': { target: server, ws: true },
    },
  },
});
