import { preact } from '@preact/preset-vite';
import { defaultClientConditions, defaultServerConditions, defineConfig } from 'vite';

/** Where `cargo run -p visavis-server -- serve` listens, for the development server only. */
const server = process.env['VISAVIS_SERVER'] ?? 'http://localhost:7070';

export default defineConfig({
  plugins: [preact()],
  // The SDK is bundled from its sources, so the app never runs against an old build of it.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  build: {
    target: 'es2022',
    // The page's security policy allows no inline scripts; without this Vite would write one.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    // As objects: behind a bare address Vite changes the Host header, and the server then takes our page for a stranger's.
    proxy: {
      '/api': { target: server },
      '/ws': { target: server, ws: true },
    },
  },
});
