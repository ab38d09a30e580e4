/**
 * Draws the icons of the installed app, which browsers want as PNG: `npm run icons`. The mark is that of `favicon.svg`, in
 * its 32 units: two half discs.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';

const GROUND = [0x0c, 0x74, 0x66];
const NEAR = [0xff, 0xff, 0xff];
const FAR = [0x8f, 0xe3, 0xd0];
/** Points of a pixel that are looked at, each way: edges are smooth by that. */
const FINE = 4;

/** What is drawn: `maskable` ones fill their square, since the system cuts a shape of its own out of them. */
const ICONS = [
  { file: 'icon-192.png', size: 192, maskable: false },
  { file: 'icon-512.png', size: 512, maskable: false },
  { file: 'icon-maskable-512.png', size: 512, maskable: true },
];

/** The pixels of one, as PNG has them: a filter byte before each line, then red, green, blue and how opaque. */
function pixels({ size, maskable }) {
  const lines = Buffer.alloc(size * (1 + size * 4));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) lines.set(pixel(x, y, size, maskable), y * (1 + size * 4) + 1 + x * 4);
  }
  return lines;
}

function pixel(x, y, size, maskable) {
  const sum = [0, 0, 0];
  let hits = 0;
  for (let i = 0; i < FINE * FINE; i += 1) {
    const across = ((x + ((i % FINE) + 0.5) / FINE) * 32) / size;
    const down = ((y + (Math.floor(i / FINE) + 0.5) / FINE) * 32) / size;
    if (!maskable && !isGround(across, down)) continue;
    hits += 1;
    for (const [channel, value] of colour(across, down).entries()) sum[channel] += value;
  }
  const rest = hits || 1;
  return [...sum.map((value) => Math.round(value / rest)), Math.round((255 * hits) / FINE ** 2)];
}

function colour(x, y) {
  if (x <= 14.6 && Math.hypot(x - 14.6, y - 14) <= 8.5) return NEAR;
  if (x >= 17.4 && Math.hypot(x - 17.4, y - 18) <= 8.5) return FAR;
  return GROUND;
}

/** A square of 32 with corners rounded by 9. */
function isGround(x, y) {
  const beyond = (at) => Math.max(9 - at, at - 23, 0);
  return Math.hypot(beyond(x), beyond(y)) <= 9;
}

function png(icon) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(icon.size, 0);
  head.writeUInt32BE(icon.size, 4);
  // Eight bits a channel, four channels.
  head.set([8, 6], 8);
  const parts = [
    ['IHDR', head],
    ['IDAT', deflateSync(pixels(icon), { level: 9 })],
    ['IEND', Buffer.alloc(0)],
  ];
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ...parts.map(([type, data]) => chunk(type, data)),
  ]);
}

function chunk(type, data) {
  const named = Buffer.concat([Buffer.from(type), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}

for (const icon of ICONS) {
  writeFileSync(fileURLToPath(new URL(`../../public/${icon.file}`, import.meta.url)), png(icon));
}
