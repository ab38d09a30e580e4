/** What is recorded of each side: the person, and the screen they share, each in an element that nobody sees or hears. */
import type { Call } from '../public.ts';

export type Side = 'me' | 'peer';
export type View = 'camera' | 'screen';

/** The other person comes first: on the left. */
export const SIDES: readonly Side[] = ['peer', 'me'];
const VIEWS: readonly View[] = ['screen', 'camera'];

export class Sides {
  readonly #call: Call;
  readonly #name: string;
  readonly #leave: (() => void)[] = [];
  readonly #elements: Readonly<Record<Side, Readonly<Record<View, HTMLVideoElement>>>>;

  constructor(call: Call, name: string) {
    this.#call = call;
    this.#name = name;
    const element = (side: Side, view: View) => {
      const video = document.createElement('video');
      video.muted = true;
      const from = side === 'me' ? call.local : call;
      this.#leave.push(from.attach(video, view));
      return video;
    };
    const views = (side: Side) => ({ camera: element(side, 'camera'), screen: element(side, 'screen') });
    this.#elements = { peer: views('peer'), me: views('me') };
  }

  /** The picture that stands for a side: its screen, else its camera, else none. One that is off may leave its last behind. */
  picture(side: Side): HTMLVideoElement | undefined {
    const shows = this.#shows(side);
    return VIEWS.filter((view) => shows[view])
      .map((view) => this.#elements[side][view])
      .find((video) => video.videoWidth > 0 && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA);
  }

  name(side: Side): string {
    return side === 'me' ? this.#name : this.#call.peer.value.name;
  }

  /** Every voice and sound there is at this moment. */
  voices(): MediaStreamTrack[] {
    return SIDES.flatMap((side) => VIEWS.map((view) => this.#elements[side][view].srcObject)).flatMap(
      (stream) => (stream instanceof MediaStream ? stream.getAudioTracks() : []),
    );
  }

  release(): void {
    for (const leave of this.#leave) leave();
  }

  #shows(side: Side): Readonly<Record<View, boolean>> {
    if (side === 'peer') {
      const { video, screen } = this.#call.remote.value;
      return { camera: video, screen };
    }
    const { camera, screen } = this.#call.local.state.value;
    return { camera: camera === 'on', screen: screen === 'on' };
  }
}
