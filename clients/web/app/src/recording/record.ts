/** Records a call on this device, and gives what was recorded to its user. Loaded when the first recording begins. */
import type { Call } from '@visavis/client';
import { recordCall } from '@visavis/client/recorder';
import type { Send } from '../model/message.ts';
import { append, begin, hold, left, read, setSaved } from './disk.ts';

/** Who records. */
export interface Recorder {
  readonly id: string;
  readonly name: string;
}

/** Records as long as both agree; then saves. Throws if this browser cannot. */
export async function record(call: Call, me: Recorder, send: Send): Promise<void> {
  const id = crypto.randomUUID();
  const peer = call.peer.value.name;
  // A part may come before the line that it belongs to is written.
  const about = { id, user: me.id, peer, startedAt: Date.now(), saved: false };
  let begun: Promise<void> | undefined;
  const recorder = recordCall(call, {
    name: me.name,
    sink: {
      async write(part) {
        begun ??= begin({ ...about, type: recorder.type });
        await begun;
        await append(id, part);
      },
    },
  });
  hold(id, recorder.finished);
  const { bytes, problem } = await recorder.finished;
  if (bytes === 0) return problem ? send({ type: 'recording-failed' }) : undefined;
  await save(id);
  send({ type: 'recording-saved', id, ...(problem ? { problem } : {}) });
}

/** Gives a recording to its user, as a file among their downloads. */
export async function save(id: string): Promise<void> {
  const kept = await read(id);
  if (!kept) return;
  const { recording, file } = kept;
  const address = URL.createObjectURL(file);
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = fileName(recording.peer, new Date(recording.startedAt), recording.type);
  anchor.click();
  // The browser reads it after the click; the page is not told when it has.
  setTimeout(() => URL.revokeObjectURL(address), 10 * 60 * 1000);
  await setSaved(id);
}

/** Tells of what pages before this one have recorded and could not save. */
export async function tellLeft(user: string, send: Send): Promise<void> {
  for (const { id, peer } of await left(user, Date.now())) send({ type: 'recording-left', id, peer });
}

/** Sorts by time, and names whom one talked to. */
export function fileName(peer: string, startedAt: Date, type: string): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = [startedAt.getFullYear(), two(startedAt.getMonth() + 1), two(startedAt.getDate())].join('-');
  const time = [two(startedAt.getHours()), two(startedAt.getMinutes())].join('.');
  // No character that a file system would take for something else.
  const name = peer.replace(/[\p{Cc}\p{Cf}\\/:*?"<>|]+/gu, ' ').trim();
  const ending = type.startsWith('video/mp4') ? 'mp4' : 'webm';
  return `${day} ${time} ${name}.${ending}`;
}
