//! setsockopt(2) where `socket2` has no name for the option.

#![expect(unsafe_code, reason = "socket2 has none of these options")]

use std::io;
use std::os::fd::AsRawFd;

use mio::net::UdpSocket;
use socket2::SockRef;

/// Has the kernel say with which DSCP and ECN bits datagrams came. Or takes that back.
pub(super) fn receive_tos(socket: &UdpSocket, is_wanted: bool) {
    let is_ipv6 = socket.local_addr().is_ok_and(|address| address.is_ipv6());
    let options = SockRef::from(socket);
    let told =
        if is_ipv6 { options.set_recv_tclass_v6(is_wanted) } else { options.set_recv_tos_v4(is_wanted) };
    if let Err(error) = told {
        tracing::debug!(%error, "datagrams come without their DSCP and ECN bits");
    }
}

/// Has the kernel hand over datagrams in runs. An old kernel may not; then they come one by one. Or takes that back.
pub(super) fn receive_in_runs(socket: &UdpSocket, in_runs: bool) {
    if let Err(error) = set(socket, libc::SOL_UDP, libc::UDP_GRO, in_runs.into())
        && in_runs
    {
        tracing::debug!(%error, "datagrams are received one by one");
    }
}

/// Has the kernel keep what the network says of packets that left this socket, and send them so that routers may cut them
/// (RFC 8656 §14), whatever anybody has claimed of their way. Or takes the first back.
pub(super) fn tell_failures(socket: &UdpSocket, told: bool) {
    let is_ipv6 = socket.local_addr().is_ok_and(|address| address.is_ipv6());
    let set = if is_ipv6 {
        set(socket, libc::SOL_IPV6, libc::IPV6_RECVERR, told.into())
    } else {
        set(socket, libc::SOL_IP, libc::IP_RECVERR, told.into()).and_then(|()| keep_whole(socket, false))
    };
    if let Err(error) = set {
        tracing::debug!(%error, "clients are not told what became of their packets");
    }
}

/// Whether IPv4 packets are sent with DF from now on.
pub(super) fn keep_whole(socket: &UdpSocket, whole: bool) -> io::Result<()> {
    // Neither believes what an ICMP message has said about the way: with one that is forged anybody could have everything
    // cut. A router that finds a packet too large says so each time, and the client is told each time.
    let mode = if whole { libc::IP_PMTUDISC_PROBE } else { libc::IP_PMTUDISC_OMIT };
    set(socket, libc::SOL_IP, libc::IP_MTU_DISCOVER, mode)
}

/// Whether the kernel cuts one large datagram into many.
pub(super) fn can_send_in_runs(socket: &UdpSocket) -> bool {
    // Zero: none of those sent without saying so themselves.
    set(socket, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok()
}

fn set(socket: &UdpSocket, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let size = libc::socklen_t::try_from(size_of_val(&value)).expect("an int is small");
    // SAFETY: the descriptor is open, and the value is an int of the size that is given.
    let result =
        unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const value).cast(), size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
