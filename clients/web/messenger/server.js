/**
 * A tiny messenger: people sign in, chat, and call each other. Calls are Visavis calls; their messages travel as messages
 * of this messenger, through the bridge of a Visavis server.
 *
 *   page ──POST /say, /call──► this ──POST /bridge/messages──► Visavis
 *   page ◄──event stream────── this ◄──POST /visavis (signed)── Visavis
 *
 * What matters for an application of your own is `toVisavis` and `fromVisavis`.
 */
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const {
  PORT = '8080',
  PEOPLE = '',
  VISAVIS = 'http://localhost:7070',
  VISAVIS_TOKEN = '',
  VISAVIS_WEBHOOK_KEY = '',
} = process.env;

/** Name → password. */
const people = new Map(PEOPLE.split(',').map((pair) => pair.split(':')));
/** Session → name. */
const sessions = new Map();
/** Name → the event streams of their open pages. */
const pages = new Map();

const BODY_BYTES = 512 * 1024;
/** Signatures of before are refused, so that a request that was overheard cannot be sent again. */
const SIGNATURE_AGE_S = 300;
const PAGE = new URL('page/', import.meta.url);
const CLIENT = new URL('../sdk/dist/', import.meta.url);
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8' };

/** From a page to the server. The user is the one who is signed in here; what the page says about that does not count. */
async function toVisavis(user, text) {
  const answer = await fetch(`${VISAVIS}/bridge/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${VISAVIS_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user, parcel: JSON.parse(text) }),
  });
  if (!answer.ok) console.warn(`the bridge answers ${answer.status}: ${await answer.text()}`);
  return answer.status;
}

/** From the server to all pages of a user; each takes what belongs to it. */
function fromVisavis(headers, body) {
  if (!isSigned(headers, body)) return 401;
  const { user, parcel } = JSON.parse(body);
  // Nobody there: a device that has gone. Refusing makes the server close it.
  return tell(user, 'call', JSON.stringify(parcel)) ? 204 : 410;
}

/** Standard Webhooks: HMAC-SHA256 over id, time and body. */
function isSigned(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures = '' } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(time)) < SIGNATURE_AGE_S)) return false;
  const key = Buffer.from(VISAVIS_WEBHOOK_KEY.replace('whsec_', ''), 'base64');
  const wanted = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return signatures.split(' ').some((signature) => isSame(signature, `v1,${wanted}`));
}

function isSame(one, other) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Tells all pages of somebody; false if there is none. */
function tell(name, event, data) {
  const open = pages.get(name) ?? new Set();
  for (const page of open) page.write(`event: ${event}\ndata: ${data}\n\n`);
  return open.size > 0;
}

function signIn({ name, password }, response) {
  const wanted = people.get(name);
  if (wanted === undefined || !isSame(String(password), wanted)) return 401;
  const session = randomUUID();
  sessions.set(session, name);
  response.setHeader('set-cookie', `session=${session}; HttpOnly; SameSite=Strict; Path=/`);
  return 204;
}

function listen(name, request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(`event: people\ndata: ${JSON.stringify([...people.keys()])}\n\n`);
  const open = pages.get(name) ?? new Set();
  pages.set(name, open.add(response));
  request.on('close', () => open.delete(response));
}

function say(from, { to, text }) {
  const line = JSON.stringify({ from, to, text });
  for (const name of new Set([from, to])) tell(name, 'chat', line);
  return 204;
}

async function read(request) {
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > BODY_BYTES) throw new RangeError('the body is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

async function file(path, response) {
  const [folder, name] = path.startsWith('/client/')
    ? [CLIENT, path.slice('/client/'.length)]
    : [PAGE, path === '/' ? 'index.html' : path.slice(1)];
  if (!/^[\w-]+\.(html|js)$/.test(name)) return 404;
  const content = await readFile(new URL(name, folder)).catch(() => undefined);
  if (!content) return 404;
  response.writeHead(200, { 'content-type': TYPES[name.split('.').pop()] }).end(content);
}

async function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://here');
  const session = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  const name = sessions.get(session);
  if (request.method === 'GET' && pathname === '/events') {
    return name === undefined ? 401 : listen(name, request, response);
  }
  if (request.method === 'GET') return file(pathname, response);
  const body = await read(request);
  switch (pathname) {
    case '/visavis':
      return fromVisavis(request.headers, body);
    case '/sign-in':
      return signIn(JSON.parse(body), response);
    case '/say':
      return name === undefined ? 401 : say(name, JSON.parse(body));
    case '/call':
      return name === undefined ? 401 : toVisavis(name, body);
    default:
      return 404;
  }
}

const server = createServer((request, response) => {
  answer(request, response).then(
    (status) => status && response.writeHead(status).end(),
    (error) => {
      console.warn(error.message);
      response.writeHead(error instanceof RangeError ? 413 : 400).end();
    },
  );
});
// This machine only: over anything else browsers want HTTPS for microphone and camera.
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`ready: http://localhost:${server.address().port} (${fileURLToPath(PAGE)})`);
});
