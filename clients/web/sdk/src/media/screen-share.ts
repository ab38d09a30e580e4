/** A shared screen: asking for it, and its end, which the browser's own bar may bring. */
import { ClientError } from '../client-error.ts';
import { explain } from './capture.ts';

/** What a screen gives: its picture, and its sound if the user allowed that. */
export interface SharedScreen {
  readonly picture: MediaStreamTrack;
  readonly sound: MediaStreamTrack | undefined;
}

// Text is what people look at; a film is still a film at this rate.
const PICTURE = { frameRate: { ideal: 30 } };
// The voice of the other person, which this page plays, must not go back to them; the rest is no voice to be cleaned.
const SOUND = {
  restrictOwnAudio: true,
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
};

/** Lets the user choose a screen. Browsers ask for a gesture, so call it at once. */
export async function shareScreen(audio: boolean): Promise<SharedScreen> {
  try {
    const devices: MediaDevices | undefined = navigator.mediaDevices;
    if (!devices?.getDisplayMedia) {
      throw new ClientError(isSecureContext ? 'unsupported-browser' : 'insecure-context');
    }
    const stream = await devices.getDisplayMedia({ video: PICTURE, audio: audio && SOUND });
    const [picture] = stream.getVideoTracks();
    if (!picture) throw new ClientError('device-missing');
    // Rather fewer pictures than letters one cannot read.
    picture.contentHint = 'detail';
    return { picture, sound: stream.getAudioTracks()[0] };
  } catch (cause) {
    throw await explain(cause, 'screen');
  }
}
