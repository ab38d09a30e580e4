/** The microphone outside a call: how loud it is. */
import { ClientError } from '@visavis/client';
import { captureErrorCode } from './camera.ts';
import { onAbort, stopTracks } from './keep-open.ts';

/** A microphone that is listened to. */
export interface Meter {
  /** 0 is silence, 1 is as loud as it gets. */
  level(): number;
}

/** Opens the microphone until `signal` is aborted, or says why there is none. */
export async function openMeter(signal: AbortSignal): Promise<Meter | ClientError> {
  if (!window.isSecureContext) {
    return new ClientError('insecure-context', 'the microphone needs https', { device: 'mic' });
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    onAbort(signal, () => stopTracks(stream));
    const context = new AudioContext();
    onAbort(signal, () => void context.close());
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    return {
      level() {
        analyser.getFloatTimeDomainData(samples);
        let sum = 0;
        for (const sample of samples) sum += sample * sample;
        // Speech is far from full scale: the root twice over makes it fill the meter.
        return Math.min(1, Math.sqrt(Math.sqrt(sum / samples.length)));
      },
    };
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : '';
    return new ClientError(captureErrorCode(name), name, { device: 'mic', cause });
  }
}
