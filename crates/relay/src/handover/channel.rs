//! Messages and open sockets from one process to the next, over a Unix socket.
//!
//! ```text
//!  frame  | length of the text, 4 bytes | number of sockets, 4 bytes | text … |
//!  then, SOCKETS_AT_ONCE at a time       | 1 byte, carrying sockets (SCM_RIGHTS) | …
//! ```
//!
//! Both ends are processes of one user on one machine; still, neither believes a length the other names.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// The kernel passes at most 253 descriptors with one message (SCM_MAX_FD).
const SOCKETS_AT_ONCE: usize = 200;
/// The longest text taken: 64 Ki allocations with all their permissions and channels are below it.
const LONGEST_TEXT: usize = 512 << 20;
/// The most sockets taken: every port there is, twice, and listeners.
const MOST_SOCKETS: usize = 1 << 18;
/// How long the other side may be silent in the middle of a handover.
const SILENCE: Duration = Duration::from_secs(20);

/// One end of a handover.
#[derive(Debug)]
pub struct Channel {
    stream: UnixStream,
}

/// What arrives in one go.
#[derive(Debug, Default)]
pub struct Parcel {
    /// Text, JSON by convention.
    pub text: Vec<u8>,
    /// Open sockets, in the order in which they were sent.
    pub sockets: Vec<OwnedFd>,
}

impl Channel {
    /// Wraps a connected socket.
    ///
    /// # Errors
    /// If its time limits can not be set.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        Ok(Self { stream })
    }

    /// Sends a text with sockets; the sender keeps its own descriptors of them.
    ///
    /// # Errors
    /// If the other side is gone or silent, or there is too much.
    pub fn send(&mut self, text: &[u8], sockets: &[BorrowedFd<'_>]) -> io::Result<()> {
        if text.len() > LONGEST_TEXT || sockets.len() > MOST_SOCKETS {
            return Err(io::Error::other("too much to hand over at once"));
        }
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        let count = u32::try_from(sockets.len()).map_err(io::Error::other)?;
        self.stream.write_all(&length.to_be_bytes())?;
        self.stream.write_all(&count.to_be_bytes())?;
        self.stream.write_all(text)?;
        for some in sockets.chunks(SOCKETS_AT_ONCE) {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_AT_ONCE))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            if !ancillary.push(SendAncillaryMessage::ScmRights(some)) {
                return Err(io::Error::other("the sockets do not fit"));
            }
            sendmsg(&self.stream, &[IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)?;
        }
        Ok(())
    }

    /// Waits until the other side has ended, however long that takes.
    pub(crate) fn wait_for_end(mut self) {
        let forever = self.stream.set_read_timeout(None);
        // Whatever goes wrong: the other side is of no more use.
        let _ended = forever.and_then(|()| self.stream.read(&mut [0]));
    }

    /// Receives what one `send` sent.
    ///
    /// # Errors
    /// If the other side is gone or silent, or sends something else.
    pub fn receive(&mut self) -> io::Result<Parcel> {
        let length = self.number(LONGEST_TEXT)?;
        let count = self.number(MOST_SOCKETS)?;
        // Grows with what arrives, not with what was announced.
        let mut text = Vec::new();
        (&mut self.stream).take(length as u64).read_to_end(&mut text)?;
        if text.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut sockets = Vec::new();
        while sockets.len() < count {
            let wanted = (count - sockets.len()).min(SOCKETS_AT_ONCE);
            let before = sockets.len();
            self.receive_some(&mut sockets)?;
            if sockets.len() - before != wanted {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "sockets are missing"));
            }
        }
        Ok(Parcel { text, sockets })
    }

    fn number(&mut self, most: usize) -> io::Result<usize> {
        let mut bytes = [0; 4];
        self.stream.read_exact(&mut bytes)?;
        let number = u32::from_be_bytes(bytes) as usize;
        if number > most {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "more is announced than there can be"));
        }
        Ok(number)
    }

    fn receive_some(&self, sockets: &mut Vec<OwnedFd>) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_AT_ONCE))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let flags = RecvFlags::CMSG_CLOEXEC;
        let received = recvmsg(&self.stream, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, flags)?;
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(passed) = message {
                sockets.extend(passed);
            }
        }
        if received.bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if received.flags.contains(ReturnFlags::CTRUNC) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the system gave us fewer sockets than were sent: raise the limit on open files (`ulimit -n`)",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd as _;
    use std::thread;

    use super::*;

    fn pair() -> (Channel, Channel) {
        let (one, other) = UnixStream::pair().unwrap();
        (Channel::new(one).unwrap(), Channel::new(other).unwrap())
    }

    #[test]
    fn sockets_arrive_open_and_in_order_however_many_they_are() {
        let (mut old, mut new) = pair();
        let sockets: Vec<UdpSocket> = (0..450).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        let addresses: Vec<_> = sockets.iter().map(|socket| socket.local_addr().unwrap()).collect();
        let sender = thread::spawn(move || {
            let borrowed: Vec<_> = sockets.iter().map(UdpSocket::as_fd).collect();
            old.send(b"450 of them", &borrowed).unwrap();
            old.send(b"none", &[]).unwrap();
        });

        let (first, second) = (new.receive().unwrap(), new.receive().unwrap());

        sender.join().unwrap();
        let arrived = first.sockets.into_iter().map(|socket| UdpSocket::from(socket).local_addr().unwrap());
        assert_eq!(arrived.collect::<Vec<_>>(), addresses);
        assert_eq!((first.text.as_slice(), second.text.as_slice()), (&b"450 of them"[..], &b"none"[..]));
        assert!(second.sockets.is_empty());
    }

    #[test]
    fn what_the_kernel_keeps_for_a_socket_is_read_by_its_next_owner() {
        let (mut old, mut new) = pair();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.send_to(b"sent before the handover", socket.local_addr().unwrap()).unwrap();

        old.send(b"", &[socket.as_fd()]).unwrap();
        let taken = UdpSocket::from(new.receive().unwrap().sockets.remove(0));
        drop(socket);

        let mut buffer = [0; 64];
        let length = taken.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"sent before the handover");
    }

    #[test]
    fn a_sender_that_dies_or_lies_about_lengths_is_an_error() {
        for sent in [&b""[..], &[0, 0, 0, 5, 0, 0, 0, 0, b'x'], &[0xff; 8], &[0, 0, 0, 0, 0xff, 0, 0, 0]] {
            let (mut old, mut new) = pair();
            old.stream.write_all(sent).unwrap();
            drop(old);
            assert!(new.receive().is_err(), "{sent:?}");
        }
    }
}
