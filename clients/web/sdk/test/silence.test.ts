/** What a series of looks at a peer connection means, without a browser and in virtual time. */
import { describe, expect, it } from 'vitest';

import { type Look, type News, Silence } from '../src/media/silence.ts';

/** A peer connection whose packets are counted by hand, looked at every 200 ms. */
class Scene {
  now = 0;
  readonly silence = new Silence(0);
  readonly news: News[] = [];
  #look: Look = {
    at: 0,
    packets: 0,
    received: { audio: 0, video: 0 },
    sent: { audio: 0, video: 0 },
    path: 'direct',
  };

  /** For so long, so much arrives and is sent in each 200 ms. */
  during(
    ms: number,
    flow: {
      audio?: number;
      video?: number;
      other?: number;
      sent?: number;
      sentPictures?: number;
      path?: Look['path'];
    },
  ): this {
    for (let passed = 0; passed < ms; passed += 200) {
      const { audio = 0, video = 0, other = 0, sent = 0, sentPictures = 0 } = flow;
      const before = this.#look;
      this.now += 200;
      this.#look = {
        at: this.now,
        packets: before.packets + audio + video + other,
        received: { audio: before.received.audio + audio, video: before.received.video + video },
        sent: { audio: before.sent.audio + sent, video: before.sent.video + sentPictures },
        path: 'path' in flow ? flow.path : 'direct',
      };
      this.news.push(...this.silence.look(this.#look));
    }
    return this;
  }

  /** Looked at once more 10 ms later, when nothing has come yet. */
  again(): this {
    this.#look = { ...this.#look, at: this.#look.at + 10 };
    this.news.push(...this.silence.look(this.#look));
    return this;
  }

  /** What was told but for the steady flow. */
  take(): News[] {
    return this.news.splice(0).filter(({ type }) => type !== 'flowing');
  }
}

const TALK = { audio: 10, video: 20 };
const NOTHING = {};

/** Both talk. */
function talking(): Scene {
  const scene = new Scene().during(2_000, TALK);
  expect(scene.take()).toEqual([{ type: 'connected', path: 'direct' }]);
  return scene;
}

describe('media', () => {
  it('flows when something has arrived by a path that is known, and says so once a second', () => {
    const scene = new Scene().during(400, { ...TALK, path: undefined });
    expect(scene.news).toEqual([]);
    scene.during(3_000, TALK);
    expect(scene.news).toEqual([
      { type: 'connected', path: 'direct' },
      { type: 'flowing' },
      { type: 'flowing' },
    ]);
  });

  it('that nobody sends is taken for flowing when the path has stood for 2 s', () => {
    const scene = new Scene().during(1_800, { other: 1 });
    expect(scene.take()).toEqual([]);
    scene.during(200, { other: 1 });
    expect(scene.take()).toEqual([{ type: 'connected', path: 'direct' }]);
  });

  it('that takes another path says which', () => {
    const scene = talking().during(200, { ...TALK, path: 'relay-udp' });
    expect(scene.take()).toEqual([{ type: 'connected', path: 'relay-udp' }]);
  });
});

describe('silence', () => {
  it('of 800 ms is told, once, and the next packet of media is news', () => {
    const scene = talking().during(600, NOTHING);
    expect(scene.take()).toEqual([{ type: 'suspect' }]);
    scene.during(200, NOTHING);
    expect(scene.take()).toEqual([{ type: 'silent' }]);
    scene.during(5_000, NOTHING);
    expect(scene.take()).toEqual([]);
    scene.during(200, TALK);
    expect(scene.take()).toEqual([{ type: 'connected', path: 'direct' }]);
  });

  it('is none where nothing is sent while nobody speaks, and some of the packets that come every 400 ms are lost', () => {
    const scene = talking();
    for (let beat = 0; beat < 4; beat += 1) scene.during(200, { audio: 1 }).during(200, NOTHING);
    scene.during(1_600, NOTHING).during(200, { audio: 1 });
    expect(scene.take()).toEqual([]);
    scene.during(4_000, NOTHING);
    expect(scene.take().at(-1)).toEqual({ type: 'silent' });
  });

  it('of 800 ms is told where a check came alone before it, in a call that has just begun, too', () => {
    const scene = new Scene().during(1_000, TALK).during(200, { other: 1 }).during(800, NOTHING);
    expect(scene.take().at(-1)).toEqual({ type: 'silent' });
  });

  it('of 800 ms is told though somebody looked twice at once in a call that has just begun', () => {
    const scene = new Scene().during(400, TALK).again().during(200, TALK).during(800, NOTHING);
    expect(scene.take().at(-1)).toEqual({ type: 'silent' });
  });

  it('is not what checks of new paths end: media is', () => {
    const scene = talking().during(800, NOTHING);
    scene.take();
    scene.during(1_000, { other: 2 });
    expect(scene.take()).toEqual([]);
  });

  it('is none while sound alone arrives, or a picture alone', () => {
    expect(talking().during(5_000, { audio: 10 }).take()).toEqual([]);
    expect(talking().during(5_000, { video: 1 }).take()).toEqual([]);
  });

  it('is none when they say that they send nothing: then only checks come, about one a second', () => {
    const scene = talking();
    scene.silence.expect({ audio: 0, video: 0 });
    for (let second = 0; second < 10; second += 1) scene.during(800, NOTHING).during(200, { other: 1 });
    expect(scene.take()).toEqual([]);
    scene.during(4_000, NOTHING);
    expect(scene.take()).toEqual([{ type: 'silent' }]);
    scene.during(200, { other: 1 });
    expect(scene.take()).toEqual([{ type: 'connected', path: 'direct' }]);
  });

  it('is none on hold, and what comes afterwards has time to begin', () => {
    const scene = talking();
    scene.silence.expect({ audio: 1, video: 1 });
    scene.silence.hold(true);
    for (let second = 0; second < 10; second += 1) scene.during(800, NOTHING).during(200, { other: 1 });
    expect(scene.take(), 'held').toEqual([]);
    scene.silence.hold(false);
    scene.during(1_800, NOTHING).during(1_000, TALK);
    expect(scene.take(), 'resumed').toEqual([]);
    scene.during(800, NOTHING);
    expect(scene.take()).toEqual([{ type: 'suspect' }, { type: 'silent' }]);
  });

  it('is none for a page that was held up itself: it has looked too seldom', () => {
    const scene = talking();
    scene.now += 5_000;
    scene.during(600, NOTHING);
    expect(scene.take()).toEqual([{ type: 'suspect' }]);
    scene.during(200, NOTHING);
    expect(scene.take()).toEqual([{ type: 'silent' }]);
  });
});

describe('one-way sound', () => {
  /** Bob tells every second how much he has got; what Alice sends does not reach him from the beginning of the scene. */
  function unheard(scene: Scene, seconds: number, received: (second: number) => number): Scene {
    for (let second = 0; second < seconds; second += 1) {
      scene.during(1_000, { ...TALK, sent: 10 });
      scene.silence.beat({ audio: received(second), video: 0 });
    }
    return scene;
  }

  it('is noticed by the side whose sound does not arrive for 4 s, again every 4 s, and its end is told', () => {
    const scene = talking();
    unheard(scene, 4, () => 70);
    expect(scene.take()).toEqual([]);
    unheard(scene, 1, () => 70);
    expect(scene.take()).toEqual([{ type: 'deaf', who: 'peer' }]);
    unheard(scene, 4, () => 70);
    expect(scene.take()).toEqual([{ type: 'deaf', who: 'peer' }]);
    unheard(scene, 2, (second) => 80 + second);
    expect(scene.take()).toEqual([{ type: 'deaf', who: undefined }]);
  });

  it('is not suspected of what has just begun to be sent', () => {
    const scene = talking();
    for (let second = 0; second < 6; second += 1) {
      scene.during(1_000, TALK);
      scene.silence.beat({ audio: 70, video: 0 });
    }
    scene.during(800, { ...TALK, sent: 20 });
    expect(scene.take()).toEqual([]);
  });

  it('is not suspected where pictures have no room beside the sound, but where neither arrives', () => {
    const scene = talking();
    for (let second = 0; second < 10; second += 1) {
      scene.during(1_000, { ...TALK, sent: 10, sentPictures: 10 });
      scene.silence.beat({ audio: 70 + second, video: 70 });
    }
    expect(scene.take()).toEqual([]);
    unheard(scene, 5, () => 80);
    expect(scene.take()).toEqual([{ type: 'deaf', who: 'peer' }]);
  });

  it('is not suspected when nothing is sent, or when they do not count', () => {
    const mute = talking();
    for (let second = 0; second < 10; second += 1) {
      mute.during(1_000, TALK);
      mute.silence.beat({ audio: 70, video: 0 });
    }
    expect(mute.take()).toEqual([]);
    expect(
      talking()
        .during(10_000, { ...TALK, sent: 10 })
        .take(),
    ).toEqual([]);
  });

  it('is noticed by the side that hears nothing of what the other says it sends', () => {
    const scene = talking();
    scene.silence.expect({ audio: 1, video: 1 });
    scene.during(4_000, { video: 20 });
    expect(scene.take()).toEqual([]);
    scene.during(200, { video: 20 });
    expect(scene.take()).toEqual([{ type: 'deaf', who: 'me' }]);
    scene.during(200, TALK);
    expect(scene.take()).toEqual([{ type: 'deaf', who: undefined }]);
  });

  it('is not noticed where they have muted themselves', () => {
    const scene = talking();
    scene.silence.expect({ audio: 0, video: 1 });
    expect(scene.during(10_000, { video: 20 }).take()).toEqual([]);
  });
});
