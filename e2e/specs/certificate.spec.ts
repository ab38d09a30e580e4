// A server whose certificate no browser knows: a page opens after a warning, but some things do not work there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSection } from '../bed/pages.ts';
import { expect, test } from '../bed/test.ts';

test.use({ settings: { https: { listen: '127.0.0.1:0' } } });

test('where the certificate is not trusted, the settings of notifications say that this is why', async ({
  bring,
  server,
}) => {
  const { https } = JSON.parse(readFileSync(join(server.data, 'run.json'), 'utf8')) as { https: string };
  const url = `https://localhost:${new URL(https).port}`;
  const alice = await bring('alice', { url, ignoreHTTPSErrors: true });
  await openSection(alice, 'notifications');
  await expect(alice.page.locator('.section-note')).toContainText('does not trust the server’s certificate');
});
