// A video call between two browsers: all of it, without a library. Each part is explained in `index.html`.

// part: media
const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
document.querySelector('#own').srcObject = stream;

// part: room
const server = location.origin.replace('http', 'ws');
const socket = new WebSocket(`${server}/signal${location.search}`);

// part: send
const send = (cmd, data) => socket.send(JSON.stringify({ cmd, data }));
const on = {};
socket.onmessage = (message) => {
  const { cmd, data } = JSON.parse(message.data);
  on[cmd]?.(data);
};

// part: connection
let peer;
const openConnection = () => {
  const stun = `stun:${location.hostname}:3478`;
  peer = new RTCPeerConnection({ iceServers: [{ urls: stun }] });
  for (const track of stream.getTracks()) peer.addTrack(track, stream);
  peer.onicecandidate = sendCandidate;
  peer.ontrack = showTrack;
};

// part: offer
let first = false;
on.hello = async ({ parties }) => {
  if (parties === 1) first = true;
  if (parties === 1 || !first) return;
  openConnection();
  await peer.setLocalDescription(await peer.createOffer());
  send('offer', peer.localDescription);
};

// part: answer
on.offer = async (offer) => {
  openConnection();
  await peer.setRemoteDescription(offer);
  await peer.setLocalDescription(await peer.createAnswer());
  send('answer', peer.localDescription);
};
on.answer = (answer) => peer.setRemoteDescription(answer);

// part: candidates
const sendCandidate = ({ candidate }) => send('icecandidate', candidate);
on.icecandidate = (candidate) => peer?.addIceCandidate(candidate);

// part: track
const showTrack = ({ streams }) => {
  document.querySelector('#other').srcObject = streams[0];
};

// part: close
on.close = () => {
  peer?.close();
  document.querySelector('#other').srcObject = null;
  first = true;
};
document.querySelector('#hang-up').onclick = () => {
  send('close');
  on.close();
  for (const track of stream.getTracks()) track.stop();
  socket.close();
};
