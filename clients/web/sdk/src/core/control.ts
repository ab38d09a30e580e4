/** The control channel: what the other device says past the server. Whichever way is first decides. */
import type { MediaNotice } from '../protocol.ts';
import { say } from './outbox.ts';
import { takeNotice } from './path.ts';
import { ended } from './record.ts';
import { stopRecording } from './recording.ts';
import { peerLeaves } from './recovery.ts';
import type { CallRecord } from './state.ts';
import { finish, type Turn } from './turn.ts';

/** What one device tells the other, past the server. */
export type ControlMessage =
  | { readonly type: 'hangup' }
  | { readonly type: 'media'; readonly data: MediaNotice }
  | { readonly type: 'received'; readonly data: Received }
  | { readonly type: 'recording-stop' }
  | { readonly type: 'verify'; readonly data: unknown }
  | { readonly type: 'leaving' };

/** Packets that have arrived in all, and what the sender of this knows of what it sends itself. */
export interface Received extends Ailing {
  readonly audio: number;
  readonly video: number;
}

/** What is wrong at a device with what it sends. */
export interface Ailing {
  /** It is too busy for its pictures. */
  readonly busy?: boolean;
  /** Its microphone gives nothing but silence. */
  readonly silent?: boolean;
}

/** The other device says something. */
export function control(turn: Turn, call: CallRecord, message: ControlMessage): void {
  switch (message.type) {
    case 'hangup':
      finish(turn, call.id, ended(turn, call, 'remote-hangup'));
      // The server hears it from both, and from each as soon as it can.
      return say(turn, call.id, { type: 'hangup', data: {} });
    case 'media':
      return takeNotice(turn, call, message.data);
    case 'recording-stop':
      return stopRecording(turn, call, 'peer');
    case 'leaving':
      return peerLeaves(turn, call);
    case 'received':
    case 'verify':
      // The media itself compares it with what it knows.
      return;
  }
}
