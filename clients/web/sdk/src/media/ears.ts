/** What listens to a microphone; fetched once somebody wants to know. */

const INTERVAL_MS = 100;
/** A voice at arm's length; the hum of a room stays below. */
const VOICE = 0.04;
/** Looks (ten a second) in a row that are loud before it counts: a cough does not. */
const LOUD_LOOKS = 3;
/** Quiet looks before it is over: people breathe between words. */
const QUIET_LOOKS = 20;

/** Tells about ten times a second how loud a track is, 0 to 1, until the returned function is called. */
export function measure(track: MediaStreamTrack, tell: (level: number) => void): () => void {
  if (typeof AudioContext === 'undefined') return () => undefined;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    tell(Math.min(1, Math.sqrt(power)));
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** Tells whether somebody talks into a muted microphone, until the returned function is called. */
export function watchTalk(muted: MediaStreamTrack, tell: (talking: boolean) => void): () => void {
  // The muted track is silence here, too. Its twin is sent nowhere.
  const twin = muted.clone();
  twin.enabled = true;
  let loud = 0;
  let quiet = 0;
  const leave = measure(twin, (level) => {
    loud = level > VOICE ? loud + 1 : 0;
    quiet = level > VOICE ? 0 : quiet + 1;
    if (loud >= LOUD_LOOKS) tell(true);
    else if (quiet >= QUIET_LOOKS) tell(false);
  });
  return () => {
    leave();
    twin.stop();
  };
}
