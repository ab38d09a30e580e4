/** Plays scores by WebAudio. A browser that has seen no gesture yet stays silent: it allows nothing else. */
import type { Chime, Loop } from './plan.ts';
import { CHIMES, LOOPS, type Note } from './scores.ts';
import { bellTurn } from './turn.ts';

/** Plays one loop at a time, and chimes over it. */
export interface Player {
  /** Goes over to a loop, or to silence. The same loop again changes nothing. */
  loop(loop: Loop | null): void;
  chime(chime: Chime): void;
}

/** A player that wakes up with the first gesture on the page. */
export function createPlayer(): Player {
  let context: AudioContext | null = null;
  let playing: Loop | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let bus: GainNode | null = null;
  const bell = bellTurn();

  /** Browsers start no sound before a gesture; each gesture is a chance to begin. */
  const wake = () => {
    context ??= new AudioContext();
    if (context.state === 'suspended') context.resume().catch(() => {});
  };
  for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, wake, { capture: true });

  function silence(): void {
    clearInterval(timer);
    bell.leave();
    if (context && bus) bus.gain.setTargetAtTime(0, context.currentTime, 0.02);
    bus = null;
  }

  function round(notes: readonly Note[]): void {
    if (context?.state !== 'running') return;
    bus ??= openBus(context);
    for (const note of notes) play(context, bus, note);
  }

  /** Only a page that may sound asks for the bell: another may not be as mute as this one. */
  function ring(notes: readonly Note[]): void {
    if (context?.state === 'running') bell.take(() => round(notes));
  }

  return {
    loop(loop) {
      if (loop === playing) return;
      playing = loop;
      silence();
      if (loop === null) return;
      const { every, notes } = LOOPS[loop];
      const sound = loop === 'ringtone' ? ring : round;
      sound(notes);
      timer = setInterval(() => sound(notes), every * 1000);
    },
    chime(chime) {
      if (context?.state !== 'running') return;
      const chimeBus = openBus(context);
      for (const note of CHIMES[chime]) play(context, chimeBus, note);
    },
  };
}

/** A short sound to hear whether anything is heard; from a press. Over when it has sounded. */
export async function ding(): Promise<void> {
  const context = new AudioContext();
  await context.resume();
  const bus = openBus(context);
  const notes = CHIMES.ended;
  for (const note of notes) play(context, bus, { ...note, gain: note.gain * 2 });
  const lastsS = Math.max(...notes.map((note) => note.at + note.for));
  await new Promise((resolve) => setTimeout(resolve, lastsS * 1000));
  await context.close();
}

function openBus(context: AudioContext): GainNode {
  const bus = context.createGain();
  bus.connect(context.destination);
  return bus;
}

/** A soft bell: a sine and a faint octave, with a quick rise and a long fall. */
function play(context: AudioContext, bus: GainNode, note: Note): void {
  const start = context.currentTime + note.at;
  const end = start + note.for;
  const envelope = context.createGain();
  envelope.gain.setValueAtTime(0, start);
  envelope.gain.linearRampToValueAtTime(note.gain, start + 0.02);
  envelope.gain.exponentialRampToValueAtTime(0.0001, end);
  envelope.connect(bus);
  for (const [times, share] of [
    [1, 1],
    [2, 0.18],
  ] as const) {
    const oscillator = context.createOscillator();
    const level = context.createGain();
    level.gain.value = share;
    oscillator.frequency.value = note.pitch * times;
    oscillator.connect(level).connect(envelope);
    oscillator.start(start);
    oscillator.stop(end);
  }
}
