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
    chat: {},
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

/** How loud what a connection receives is at this moment, 0 to 1. */
async function level(peer: RTCPeerConnection): Promise<number> {
  const levels = [...(await peer.getStats()).values()]
    .filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
    .map(({ audioLevel }) => audioLevel ?? 0);
  return Math.max(0, ...levels);
}

function video(): HTMLVideoElement {
  const element = document.createElement('video');
  document.body.append(element);
  return element;
}

const alice = person('alice');
const bob = person('bob');

/** What the tests drive. */
export const bed = { alice, bob, person, server, peers, tracks, motion, level, video };
export type Bed = typeof bed & { out: Call; in: Call };
Object.assign(window, { bed });
