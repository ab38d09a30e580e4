/** Both sides beside each other on one canvas: a picture of each, or its name. */
import { SIDES, type Side, type Sides } from './sides.ts';

const TILE = { width: 640, height: 480 };
export const FRAMES_PER_SECOND = 20;
const BACKGROUND = '#14171c';
const INK = '#e8eaee';

export class Picture {
  readonly track: MediaStreamTrack;
  readonly #brush: CanvasRenderingContext2D;
  readonly #sides: Sides;

  constructor(sides: Sides) {
    this.#sides = sides;
    const canvas = document.createElement('canvas');
    canvas.width = TILE.width * SIDES.length;
    canvas.height = TILE.height;
    const brush = canvas.getContext('2d', { alpha: false });
    if (!brush) throw new Error('a browser that records has a brush for its canvas');
    this.#brush = brush;
    this.draw();
    const [track] = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks();
    if (!track) throw new Error('a captured canvas has one track');
    this.track = track;
  }

  /** The next frame. */
  draw(): void {
    this.#brush.fillStyle = BACKGROUND;
    this.#brush.fillRect(0, 0, TILE.width * SIDES.length, TILE.height);
    for (const [place, side] of SIDES.entries()) this.#drawTile(side, place * TILE.width);
  }

  release(): void {
    this.track.stop();
  }

  /** The whole of a picture: of a tall one more would be cut off than is left. */
  #drawTile(side: Side, left: number): void {
    const video = this.#sides.picture(side);
    if (!video) return this.#drawName(this.#sides.name(side), left);
    const scale = Math.min(TILE.width / video.videoWidth, TILE.height / video.videoHeight);
    const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
    this.#brush.drawImage(video, left + (TILE.width - width) / 2, (TILE.height - height) / 2, width, height);
  }

  #drawName(name: string, left: number): void {
    this.#brush.fillStyle = INK;
    this.#brush.font = '32px system-ui, sans-serif';
    this.#brush.textAlign = 'center';
    this.#brush.textBaseline = 'middle';
    this.#brush.fillText(name, left + TILE.width / 2, TILE.height / 2, TILE.width - 40);
  }
}
