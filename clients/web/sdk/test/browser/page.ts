/**
 * Runs inside a real browser: two people in one page, the server in memory between them, everything else the
 * browser's own. Every peer connection and track is noted, so that a test can ask what became of it.
 */
import { type Call, type Client, connect } from '../../src/index.ts';
import { FakeServer } from '../fake-server.ts';

const peers: RTCPeerConnection[] = [];
const tracks: MediaStreamTrack[] = [];

const RealPeer = RTCPeerConnection;
class NotedPeer extends RealPeer {
  constructor(config?: RTCConfiguration) {
    super(config);
    peers.push(this);
  }
}
window.RTCPeerConnection = NotedPeer;

const realCapture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const stream = await realCapture(constraints);
  tracks.push(...stream.getTracks());
  return stream;
};

const server = new FakeServer();

function person(user: string): Client {
  return connect({
    url: 'ws://in-memory/ws',
    ticket: () => Promise.resolve('tkt'),
    device: { id: `${user}-tab`, name: 'this page' },
    transport: server.transport(user),
  });
}

/** How much the picture in an element changes in half a second, 0 to 255 per pixel and channel. */
async function motion(element: HTMLVideoElement): Promise<number> {
  const look = () => {
    const canvas = document.createElement('canvas');
    canvas.width = 32;
    canvas.height = 24;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context?.drawImage(element, 0, 0, 32, 24);
    return context?.getImageData(0, 0, 32, 24).data ?? new Uint8ClampedArray();
  };
  const before = look();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const after = look();
  return after.reduce((sum, value, index) => sum + Math.abs(value - (before[index] ?? 0)), 0) / (32 * 24 * 4);
}

/** The loudest moment of what a connection receives within two seconds. */
async function loudness(peer: RTCPeerConnection): Promise<number> {
  let loudest = 0;
  for (let look = 0; look < 20; look += 1) {
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type === 'inbound-rtp' && entry.kind === 'audio')
        loudest = Math.max(loudest, entry.audioLevel ?? 0);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return loudest;
}

function video(): HTMLVideoElement {
  const element = document.createElement('video');
  document.body.append(element);
  return element;
}

const alice = person('alice');
const bob = person('bob');

/** What the tests drive. */
export const bed = { alice, bob, server, peers, tracks, motion, loudness, video };
export type Bed = typeof bed & { out: Call; in: Call };
Object.assign(window, { bed });
