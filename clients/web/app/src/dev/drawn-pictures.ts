/** Pictures for stories: people drawn on a canvas, in the place of cameras. */
import { type Check, ClientError } from '@visavis/client';
import type { Pictures } from '../ui/pictures.ts';

interface Look {
  readonly wall: string;
  readonly light: string;
  readonly skin: string;
  readonly hair: string;
  readonly shirt: string;
}

const THEM: Look = { wall: '#7d8f8a', light: '#e8d9bf', skin: '#d9a583', hair: '#3a2a22', shirt: '#2f5d73' };
const US: Look = { wall: '#9a8f86', light: '#cfe0e8', skin: '#c98f6b', hair: '#1f1a1a', shirt: '#8a4b3c' };

/** A network that lets no UDP out. */
const CHECKED: readonly Check[] = [
  { name: 'server', ms: 23 },
  { name: 'relay-udp', ms: 8_000, error: new ClientError('server-unreachable') },
  { name: 'relay-tcp', ms: 640, rttMs: 31, loss: 0 },
  { name: 'relay-tls', ms: 710, rttMs: 33, loss: 0.04 },
  { name: 'mic', ms: 400, level: 0.2 },
  { name: 'camera', ms: 350 },
  { name: 'speaker', ms: 60 },
];

/** A person on either side. */
export function drawnPictures(chatOf: Pictures['chatOf']): Pictures {
  return {
    attachRemote: (_, element, view) => (view === 'screen' ? showScreen(element) : show(element, THEM)),
    attachSelf: (_, element) => show(element, US),
    chatOf,
    preflight: ({ progress }) => {
      for (const check of CHECKED) progress?.(check);
      return Promise.resolve(CHECKED);
    },
  };
}

function show(element: HTMLMediaElement, look: Look): () => void {
  return play(element, { width: 1280, height: 960 }, (canvas) => draw(canvas, look));
}

function showScreen(element: HTMLMediaElement): () => void {
  return play(element, { width: 1600, height: 900 }, drawScreen);
}

function play(
  element: HTMLMediaElement,
  size: { readonly width: number; readonly height: number },
  paint: (canvas: HTMLCanvasElement) => void,
): () => void {
  const canvas = Object.assign(document.createElement('canvas'), size);
  paint(canvas);
  const stream = canvas.captureStream(5);
  // A captured canvas sends a picture when it is drawn on.
  const timer = setInterval(() => paint(canvas), 200);
  element.srcObject = stream;
  element.play().catch(() => {});
  return () => {
    clearInterval(timer);
    element.srcObject = null;
  };
}

/** A window with a text and a chart. */
function drawScreen(canvas: HTMLCanvasElement): void {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.fillStyle = '#dfe7ee';
  pen.fillRect(0, 0, 1600, 900);
  pen.fillStyle = '#ffffff';
  pen.fillRect(60, 50, 1480, 800);
  pen.fillStyle = '#33485a';
  pen.fillRect(60, 50, 1480, 56);
  pen.font = '600 40px sans-serif';
  pen.fillText('Quarterly report', 110, 190);
  pen.fillStyle = '#9aaab8';
  for (let line = 0; line < 9; line += 1) pen.fillRect(110, 240 + line * 52, 560 - (line % 3) * 70, 18);
  for (const [bar, height] of [210, 320, 280, 410, 470].entries()) {
    pen.fillStyle = bar === 4 ? '#1f8f7d' : '#7fc4b8';
    pen.fillRect(800 + bar * 140, 760 - height, 90, height);
  }
}

function draw(canvas: HTMLCanvasElement, look: Look): void {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const wall = pen.createLinearGradient(0, 0, 1280, 960);
  wall.addColorStop(0, look.light);
  wall.addColorStop(1, look.wall);
  pen.fillStyle = wall;
  pen.fillRect(0, 0, 1280, 960);
  pen.fillStyle = '#ffffff55';
  pen.fillRect(90, 80, 240, 420);
  pen.fillStyle = look.shirt;
  ellipse(pen, 640, 1010, 360, 330);
  pen.fillStyle = look.skin;
  pen.fillRect(580, 600, 120, 130);
  pen.fillStyle = look.hair;
  ellipse(pen, 640, 390, 205, 225);
  pen.fillStyle = look.skin;
  ellipse(pen, 640, 440, 165, 205);
  pen.fillStyle = look.hair;
  ellipse(pen, 640, 265, 170, 75);
  pen.fillStyle = '#2a2320';
  ellipse(pen, 575, 430, 15, 17);
  ellipse(pen, 705, 430, 15, 17);
  pen.lineWidth = 9;
  pen.strokeStyle = '#8d4b3d';
  pen.beginPath();
  pen.arc(640, 500, 70, 0.35, Math.PI - 0.35);
  pen.stroke();
}

function ellipse(pen: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  pen.beginPath();
  pen.ellipse(x, y, width, height, 0, 0, Math.PI * 2);
  pen.fill();
}
