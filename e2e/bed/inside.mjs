// UDP sockets inside a network, for a test outside of it. What it says comes by lines of JSON on standard input, what it
// hears goes by lines of JSON to standard output:
//
//     ← { "socket": 1, "to": { "address": "10.77.0.1", "port": 3478 }, "packet": "base64" }
//     → { "socket": 1, "from": { "address": "10.77.0.1", "port": 3478 }, "packet": "base64" }
//
// A socket is opened by its first packet.
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import process from 'node:process';
import { createInterface } from 'node:readline';

const sockets = new Map();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { socket, to, packet } = JSON.parse(line);
    open(socket).send(Buffer.from(packet, 'base64'), to.port, to.address);
  })
  // Whoever made us is gone.
  .on('close', () => process.exit());

function open(number) {
  const known = sockets.get(number);
  if (known) return known;
  const socket = createSocket('udp4');
  socket.on('message', (packet, { address, port }) => {
    const heard = { socket: number, from: { address, port }, packet: packet.toString('base64') };
    process.stdout.write(`${JSON.stringify(heard)}\n`);
  });
  sockets.set(number, socket);
  return socket;
}
