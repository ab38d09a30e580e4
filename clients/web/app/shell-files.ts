/** Reads what the app was built to, so that its service worker knows what to keep. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ShellFiles } from './src/worker/shell.ts';

/** The files below `folder`, which is where the app was built to. */
export function shellFiles(folder: string): ShellFiles {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const entry = /<script[^>]* src="([^"]+)"/.exec(page)?.[1];
  if (entry === undefined) throw new Error(`${folder}/index.html begins with no script: build the app first`);
  const parts = readdirSync(join(folder, 'assets'))
    .filter((name) => /\.(js|css)$/.test(name))
    .map((name) => `/assets/${name}`)
    .sort();
  const version = createHash('sha256')
    .update(page + parts.join())
    .digest('hex')
    .slice(0, 16);
  return { version, entry, parts };
}
