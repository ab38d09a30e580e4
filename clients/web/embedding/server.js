/**
 * A tiny shop, on an origin of its own. It gives out one page, and knows two things: where the Visavis server is, and a guest
 * link of the help desk's. No secret, no library, no call goes through here.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const { PORT = '8081', VISAVIS = 'http://localhost:7070', LINK = '' } = process.env;
// A guest link names the address at which other machines reach the server; this page is given its calls from `VISAVIS`.
const link = LINK && new URL(new URL(LINK).hash, VISAVIS).href;

const PAGE = new URL('page/', import.meta.url);
const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/shop.js': ['shop.js', 'text/javascript; charset=utf-8'],
};

/** All that a page with calls needs of its own security policy: scripts and a frame from the server, and connections to it. */
const socket = VISAVIS.replace(/^http/, 'ws');
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  `script-src 'self' ${VISAVIS}`,
  `connect-src 'self' ${VISAVIS} ${socket}`,
  `frame-src ${VISAVIS}`,
].join('; ');

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

async function answer(path, response) {
  const [name, type] = FILES[path] ?? [];
  if (!name) return response.writeHead(404).end();
  const text = await readFile(new URL(name, PAGE), 'utf8');
  // In the frame's address the link stands behind the `#`, within other settings.
  const filled = text
    .replaceAll('{{VISAVIS}}', escaped(VISAVIS))
    .replaceAll('{{LINK}}', escaped(link))
    .replaceAll('{{LINK-IN-ADDRESS}}', encodeURIComponent(link));
  response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(filled);
}

const server = createServer((request, response) => {
  answer(new URL(request.url, 'http://here').pathname, response).catch((error) => {
    console.warn(error.message);
    response.writeHead(500).end();
  });
});
// This machine only: over anything else browsers want HTTPS for microphone and camera.
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`ready: http://localhost:${server.address().port}`);
});
