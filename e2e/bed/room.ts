// A room without anybody in it, all edges: a file for Chromium's fake camera, whose own figure the blur takes for a person.
import { writeFileSync } from 'node:fs';

const WIDTH = 640;
const HEIGHT = 360;
const SQUARE = 16;
const PICTURES = 16;
const WHITE = 235;
const BLACK = 16;
const GREY = 128;

/** Writes a chessboard that moves as a film, and returns the switches for a Chromium that sees it. */
export function room(path: string): readonly string[] {
  const words = (text: string): Uint8Array => new TextEncoder().encode(text);
  const film = [words(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`)];
  for (let picture = 0; picture < PICTURES; picture++) {
    const light = new Uint8Array(WIDTH * HEIGHT);
    for (let at = 0; at < light.length; at++) {
      const across = Math.floor(((at % WIDTH) + 2 * picture) / SQUARE);
      const down = Math.floor(at / WIDTH / SQUARE);
      light[at] = (across + down) % 2 === 0 ? WHITE : BLACK;
    }
    film.push(words('FRAME\n'), light, new Uint8Array((WIDTH * HEIGHT) / 2).fill(GREY));
  }
  writeFileSync(path, new Uint8Array(Buffer.concat(film)));
  return [`--use-file-for-fake-video-capture=${path}`];
}
