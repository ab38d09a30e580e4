//! Datagrams in and out, many at a time: an [`Inbox`] that holds what has been received, and an [`Outbox`] that says what of
//! it goes where. Between the two a packet is not moved, except apart from those it was received with.
//!
//! ```text
//!  recvmmsg, UDP_GRO ──► inbox: slots ──► route, in place ──► outbox: flows ──► sendmmsg, UDP_SEGMENT
//!  recv_from, one by one ──►                                            └─────► send_to, one by one
//! ```
//!
//! The lower line is the portable engine, for systems without those calls; everything else is the same.

#[cfg(target_os = "linux")]
mod control;
#[cfg(target_os = "linux")]
mod failures;
mod inbox;
mod outbox;
mod portable;
#[cfg(target_os = "linux")]
mod recvmmsg;
#[cfg(target_os = "linux")]
mod sendmmsg;
#[cfg(target_os = "linux")]
mod setsockopt;
#[cfg(target_os = "linux")]
mod sockaddr;

use std::net::SocketAddr;

use mio::net::UdpSocket;
use visavis_turn::IcmpError;

#[cfg(target_os = "linux")]
pub(crate) use self::failures::next_failure;
pub(crate) use self::inbox::{Arrival, Inbox, Packet, SLOTS};
pub(crate) use self::outbox::{Flow, Outbox, Outlet};
pub(crate) use self::portable::send as send_now;
use crate::config::Engine;

/// A packet that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Whom it was for; `None` if it never left this machine, and whoever sent it knows.
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) error: IcmpError,
}

/// Where nobody can ask.
#[cfg(not(target_os = "linux"))]
pub(crate) fn next_failure(_socket: &UdpSocket) -> Option<Failure> {
    None
}

/// How sockets are read.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) engine: Engine,
    /// Whether the kernel forwards single datagrams past the sockets. Then it must not put them together before: what comes
    /// in a run would come through the socket, and be overtaken by what comes after it.
    pub(crate) is_offloaded: bool,
}

/// Prepares a socket for how it is read, which may not be how another process has read it before.
pub(crate) fn prepare(reading: Reading, socket: &UdpSocket) {
    #[cfg(target_os = "linux")]
    {
        let is_batched = reading.engine.is_batched();
        setsockopt::receive_tos(socket, is_batched);
        setsockopt::receive_in_runs(socket, is_batched && !reading.is_offloaded);
    }
    #[cfg(not(target_os = "linux"))]
    let _same_everywhere = (reading.engine, reading.is_offloaded, socket);
}

/// The same for an allocation's socket, of which clients are told what the network says, if this engine can.
pub(crate) fn prepare_relayed(reading: Reading, socket: &UdpSocket) {
    prepare(reading, socket);
    #[cfg(target_os = "linux")]
    setsockopt::tell_failures(socket, reading.engine.is_batched());
}

#[cfg(test)]
mod tests {
    use visavis_turn::HEADROOM;

    use super::*;
    use crate::stats::SocketStats;

    fn socket(engine: Engine) -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        prepare(Reading { engine, is_offloaded: false }, &socket);
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    /// Receives what there is, and says what: sender, datagrams, type of service of each slot.
    fn received(engine: Engine, socket: &UdpSocket) -> Vec<(SocketAddr, Vec<Vec<u8>>, u8)> {
        let mut inbox = Inbox::new(engine);
        let (slots, is_dry) = inbox.receive(socket, SLOTS, &mut SocketStats::default());
        assert!(is_dry);
        let datagrams = |slot| {
            let of = |packet: Packet| inbox.bytes()[packet.start + HEADROOM..][..packet.length].to_vec();
            inbox.packets(slot).map(of).collect()
        };
        slots.map(|slot| (inbox.arrival(slot).from, datagrams(slot), inbox.arrival(slot).tos)).collect()
    }

    /// Sends datagrams of these sizes and types of service as one flow after the other.
    fn send(engine: Engine, socket: &UdpSocket, to: SocketAddr, sizes: &[usize], tos: u8) -> Vec<Vec<u8>> {
        let bytes: Vec<u8> =
            (0..sizes.iter().sum()).map(|at: usize| u8::try_from(at % 251).unwrap()).collect();
        let (mut outbox, mut stats) = (Outbox::new(engine), SocketStats::default());
        let mut start = 0;
        for size in sizes {
            outbox.push(Flow { outlet: Outlet::Listener(0), to, tos }, start..start + size);
            start += size;
        }
        outbox.flush(&bytes, |_| Some(socket), &mut stats);
        assert_eq!(stats, SocketStats::default());
        let mut rest = &bytes[..];
        let mut next = |size: &usize| rest.split_off(..*size).unwrap().to_vec();
        sizes.iter().map(&mut next).collect()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_run_is_sent_as_one_and_received_as_one() {
        let ((from, here), (to, there)) = (socket(Engine::Auto), socket(Engine::Auto));
        let datagrams = send(Engine::Auto, &from, there, &[1000, 1000, 1000, 400, 1000, 0, 7, 8], 0xb8);
        let runs = received(Engine::Auto, &to);
        let expected: Vec<_> =
            [&datagrams[..4], &datagrams[4..5], &datagrams[5..6], &datagrams[6..7], &datagrams[7..]]
                .into_iter()
                .map(|run| (here, run.to_vec(), 0xb8))
                .collect();
        assert_eq!(runs, expected);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_the_kernel_forwards_datagrams_come_one_by_one() {
        let ((from, here), (to, there)) = (socket(Engine::Auto), socket(Engine::Auto));
        prepare(Reading { engine: Engine::Auto, is_offloaded: true }, &to);
        let datagrams = send(Engine::Auto, &from, there, &[100; 5], 0xb8);
        let expected: Vec<_> = datagrams.into_iter().map(|datagram| (here, vec![datagram], 0xb8)).collect();
        assert_eq!(received(Engine::Auto, &to), expected);
    }

    #[test]
    fn every_engine_hears_what_every_engine_says() {
        let engines = [Engine::Auto, Engine::Portable];
        // Longer than the longest run, and more bytes than one datagram can have.
        let sizes = [&[500; 70][..], &[1400; 50], &[3, 3, 2, 3]].concat();
        for (sender, receiver) in engines.into_iter().flat_map(|one| engines.map(|other| (one, other))) {
            let ((from, here), (to, there)) = (socket(sender), socket(receiver));
            let mut expected = Vec::new();
            let mut heard = Vec::new();
            for sizes in sizes.chunks(20) {
                expected.extend(send(sender, &from, there, sizes, 0));
                for (source, datagrams, _) in received(receiver, &to) {
                    assert_eq!(source, here);
                    heard.extend(datagrams);
                }
            }
            assert_eq!(heard, expected, "{sender:?} {receiver:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_that_was_read_in_runs_can_be_read_one_by_one() {
        let ((from, here), (to, there)) = (socket(Engine::Auto), socket(Engine::Auto));
        prepare(Reading { engine: Engine::Portable, is_offloaded: false }, &to);
        let datagrams = send(Engine::Auto, &from, there, &[100; 5], 0);
        let expected: Vec<_> = datagrams.into_iter().map(|datagram| (here, vec![datagram], 0)).collect();
        assert_eq!(received(Engine::Portable, &to), expected);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_run_longer_than_the_system_takes_goes_as_several() {
        let ((from, _), (to, there)) = (socket(Engine::Auto), socket(Engine::Auto));
        let datagrams = send(Engine::Auto, &from, there, &[100; 150], 0);
        let runs = received(Engine::Auto, &to);
        assert_eq!(runs.iter().map(|(_, run, _)| run.len()).collect::<Vec<_>>(), [64, 64, 22]);
        assert_eq!(runs.into_iter().flat_map(|(_, run, _)| run).collect::<Vec<_>>(), datagrams);
    }
}
