// Somebody who talks into the microphone and then listens, again and again: a file for Chromium's fake one, whose own beep is
// too short to be taken for a voice.
import { writeFileSync } from 'node:fs';

/** So long each, in turn. */
export const TALKS_S = 4;
export const LISTENS_S = 6;

const RATE = 48_000;
const PITCH_HZ = 140;
const SYLLABLES_HZ = 4;
const HARMONICS = 12;
const HEADER_BYTES = 44;

export type Surroundings = {
  /** So many seconds each, in turn. */
  talks?: number;
  listens?: number;
  /** How loud it is around them, all the time, as by a ventilator; 1 is as loud as it gets. */
  noise?: number;
};

/** Writes the voice as a WAV file, and returns the switches for a Chromium that hears it. */
export function voice(
  path: string,
  { talks = TALKS_S, listens = LISTENS_S, noise = 0 }: Surroundings = {},
): readonly string[] {
  const file = Buffer.alloc(HEADER_BYTES + 2 * RATE * (talks + listens));
  header(file);
  for (let index = 0; index < RATE * (talks + listens); index++) {
    const said = index < RATE * talks ? sample(index / RATE) : 0;
    const heard = said + noise * (2 * Math.random() - 1);
    file.writeInt16LE(Math.round(32_767 * heard), HEADER_BYTES + 2 * index);
  }
  writeFileSync(path, new Uint8Array(file));
  return [`--use-file-for-fake-audio-capture=${path}`];
}

/** A buzz that rises and falls as syllables do, since a steady tone would be taken for noise and filtered out. */
function sample(seconds: number): number {
  const syllable = Math.sin(Math.PI * SYLLABLES_HZ * seconds) ** 2;
  const pitch = PITCH_HZ * (1 + 0.1 * Math.sin(2 * Math.PI * 0.7 * seconds));
  let buzz = 0;
  for (let nth = 1; nth <= HARMONICS; nth++) buzz += Math.sin(2 * Math.PI * nth * pitch * seconds) / nth;
  return 0.3 * syllable * buzz;
}

/** One channel of 16 bits. */
function header(file: Buffer): void {
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(2 * RATE, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(file.length - HEADER_BYTES, 40);
}
