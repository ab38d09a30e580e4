/**
 * The media of one call: what is captured here, the connection, and what is played. This is all of the browser that
 * the driver knows, so tests put something else in its place.
 */
import type { ClientError } from '../client-error.ts';
import type { InterruptionCause } from '../core/state.ts';
import type { Candidate, IceServer, MediaNotice, SessionDescription } from '../protocol.ts';
import type { LocalMedia, MediaChoice, Path, Readable } from '../public.ts';
import { Connection } from './connection.ts';
import type { DeviceList } from './device-list.ts';
import { LocalDevices } from './local-devices.ts';
import { Player, type View } from './player.ts';

/** What the media tells the store. */
export interface MediaEvents {
  described(description: SessionDescription): void;
  gathered(candidates: Candidate[] | null): void;
  sending(notice: MediaNotice): void;
  connected(path: Path): void;
  flowing(): void;
  interrupted(cause: InterruptionCause): void;
  broken(reason: 'media_failed' | 'incompatible_media'): void;
  problem(error: ClientError): void;
}

/** What the store's outputs and the application want of the media. */
export interface CallMedia {
  readonly local: LocalMedia;
  /** What arrives, whatever the other side says of it. */
  readonly arriving: Readable<Arriving>;
  capture(choice: Required<MediaChoice>): void;
  /** Sends and plays nothing, or goes on with what there was. */
  hold(on: boolean): void;
  prepare(ice: readonly IceServer[]): void;
  offer(ice: readonly IceServer[], restart: boolean): void;
  describe(description: SessionDescription, ice: readonly IceServer[], polite: boolean): void;
  addCandidates(candidates: readonly Candidate[]): void;
  attach(element: HTMLMediaElement, view: View): () => void;
  unblock(): Promise<void>;
  /** Stops and closes everything, at once. Nothing is told after it. */
  release(): void;
}

/** Tracks that have brought something, and whether the browser plays them. */
export interface Arriving {
  readonly audio: boolean;
  readonly video: boolean;
  readonly screen: boolean;
  readonly blocked: boolean;
}

/** How to capture and connect. */
export interface MediaSettings {
  readonly audio: MediaTrackConstraints;
  readonly video: MediaTrackConstraints;
  readonly rtc: RTCConfiguration;
  readonly list: DeviceList;
}

/** The media of a call in a browser. */
export function browserMedia(settings: MediaSettings, events: MediaEvents): CallMedia {
  const player = new Player(settings.list.chosen('speaker'));
  const connection = new Connection(settings.rtc, events, player);
  const local = new LocalDevices(settings, settings.list, {
    send: (line, track) => connection.send(line, track),
    sending: (notice) => events.sending(notice),
    speaker: (id) => player.speaker(id),
    problem: (error) => events.problem(error),
  });
  return {
    local,
    arriving: player.arriving,
    capture: (choice) => local.capture(choice),
    hold(on) {
      local.hold(on);
      player.hold(on);
    },
    prepare: (ice) => connection.prepare(ice),
    offer: (ice, restart) => connection.offer(ice, restart),
    describe: (description, ice, polite) => connection.describe(description, ice, polite),
    addCandidates: (candidates) => connection.addCandidates(candidates),
    attach: (element, view) => player.attach(element, view),
    unblock: () => player.unblock(),
    release() {
      local.release();
      connection.release();
      player.release();
    },
  };
}
