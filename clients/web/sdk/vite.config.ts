import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    target: 'es2022',
    lib: { entry: ['src/index.ts', 'src/channel.ts'], formats: ['es'] },
    minify: 'oxc',
    sourcemap: true,
  },
});
