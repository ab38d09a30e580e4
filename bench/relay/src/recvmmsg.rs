//! Many datagrams with one system call, runs of them coalesced by the kernel; and the options that make it so.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

/// Messages of one call. Each may be a run of datagrams.
const MESSAGES: usize = 16;
/// The longest run.
const LONGEST: usize = 1 << 16;
/// Words of room for the one control message that we ask for, UDP_GRO with an `int`; words for its alignment.
const CONTROL: usize = 8;

/// Buffers for one call.
#[derive(Debug)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    /// Of each message received: its length and the size of the datagrams it is a run of.
    received: Vec<(usize, usize)>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; MESSAGES * LONGEST], received: Vec::with_capacity(MESSAGES) }
    }

    /// Receives what is there, up to a full inbox, without waiting.
    #[expect(unsafe_code, reason = "the system call takes raw pointers")]
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> io::Result<()> {
        self.received.clear();
        let mut controls = [[0_u64; CONTROL]; MESSAGES];
        let mut chunks = self.bytes.chunks_exact_mut(LONGEST);
        let mut vectors: [libc::iovec; MESSAGES] = std::array::from_fn(|_| {
            let chunk = chunks.next().expect("as many chunks as messages");
            libc::iovec { iov_base: chunk.as_mut_ptr().cast(), iov_len: LONGEST }
        });
        let mut headers: [libc::mmsghdr; MESSAGES] = std::array::from_fn(|nth| {
            // SAFETY: a header of zeroes is valid: null pointers with lengths of zero.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_iov = &raw mut vectors[nth];
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = (&raw mut controls[nth]).cast();
            header.msg_hdr.msg_controllen = size_of_val(&controls[nth]);
            header
        });
        // SAFETY: every pointer in `headers` is to memory above that lives until the end of this function, with its
        // true length, and none of it is touched through another path before the call is over.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                libc::c_uint::try_from(MESSAGES).map_err(io::Error::other)?,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::WouldBlock { Ok(()) } else { Err(error) };
        };
        for header in &headers[..count] {
            let length = usize::try_from(header.msg_len).unwrap_or(LONGEST);
            // SAFETY: the kernel has filled this header and the control buffer it points to.
            let run = unsafe { size_in_run(&header.msg_hdr) };
            self.received.push((length, run.unwrap_or(length)));
        }
        Ok(())
    }

    /// The datagrams of the last call.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let messages = self.bytes.chunks_exact(LONGEST).zip(&self.received);
        messages.flat_map(|(bytes, (length, size))| bytes[..*length].chunks((*size).max(1)))
    }
}

/// The size of the datagrams that the kernel has coalesced, if it has.
///
/// # Safety
/// `header` was filled by `recvmsg` or `recvmmsg` and its control buffer is alive.
#[expect(unsafe_code, reason = "control messages are found through raw pointers")]
unsafe fn size_in_run(header: &libc::msghdr) -> Option<usize> {
    // SAFETY: by the contract of this function, which is that of the macros.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while let Some(message) = control.as_ref() {
            if message.cmsg_level == libc::SOL_UDP && message.cmsg_type == libc::UDP_GRO {
                let size: libc::c_int = libc::CMSG_DATA(control).cast::<libc::c_int>().read_unaligned();
                return usize::try_from(size).ok();
            }
            control = libc::CMSG_NXTHDR(header, control);
        }
        None
    }
}

/// Has the kernel hand over runs of datagrams as one.
pub(crate) fn receive_runs(socket: &UdpSocket) -> io::Result<()> {
    set_udp_option(socket, libc::UDP_GRO, 1)
}

/// Has the kernel cut what is sent into datagrams of `size` bytes.
pub(crate) fn send_runs(socket: &UdpSocket, size: usize) -> io::Result<()> {
    let size = libc::c_int::try_from(size).map_err(io::Error::other)?;
    set_udp_option(socket, libc::UDP_SEGMENT, size)
}

#[expect(unsafe_code, reason = "the system call takes a raw pointer")]
fn set_udp_option(socket: &UdpSocket, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of_val(&value)).map_err(io::Error::other)?;
    // SAFETY: the pointer is to a living `int` and the length is its size.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_UDP, option, (&raw const value).cast(), length)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_sent_as_one_arrives_as_the_datagrams_it_was_made_of() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receive_runs(&receiver).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(receiver.local_addr().unwrap()).unwrap();
        send_runs(&sender, 100).unwrap();
        let run: Vec<u8> = (0..5).flat_map(|nth| [nth; 100]).collect();
        sender.send(&run).unwrap();
        sender.send(b"one alone").unwrap();

        let mut inbox = Inbox::new();
        let mut received = Vec::new();
        // Loopback has delivered when `send` returns.
        inbox.receive(&receiver).unwrap();
        received.extend(inbox.datagrams().map(<[u8]>::to_vec));

        let mut expected: Vec<Vec<u8>> = (0..5).map(|nth| vec![nth; 100]).collect();
        expected.push(b"one alone".to_vec());
        assert_eq!(received, expected);
        inbox.receive(&receiver).unwrap();
        assert_eq!(inbox.datagrams().count(), 0);
    }
}
