// The inner half of `gate.ts`: whoever connects to the socket in the file system is led to a port of loopback in here.
import { connect, createServer } from 'node:net';
import process from 'node:process';

const [middle, port] = process.argv.slice(2);

createServer((near) => {
  const far = connect(Number(port), '127.0.0.1');
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ]) {
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
    socket.pipe(other);
  }
}).listen(middle, () => process.stdout.write('open\n'));

// Whoever made us is gone.
process.stdin.on('end', () => process.exit()).resume();
