//! What must be true of clients with credentials, told from what everybody sees: requests, answers, the clock.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use visavis_turn::codec::{AttributeType, Message, Method, decode_xor_address};
use visavis_turn::{DropReason, FiveTuple};

use crate::reach::may_reach;
use crate::server::limits;

/// RFC 8656 §9.
const PERMISSION: Duration = Duration::from_secs(300);
/// RFC 8656 §12.
const CHANNEL: Duration = Duration::from_secs(600);
/// RFC 8656 §12: how long neither half of an expired channel may be paired anew.
const QUARANTINE: Duration = Duration::from_secs(300);

/// One client's allocation: one relayed address, or one of each family.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    pub(super) username: String,
    pub(super) is_mobile: bool,
    /// Its client's connection broke: nobody is let in.
    is_suspended: bool,
    /// What peers see, and until when.
    pub(super) relayed: Vec<(SocketAddr, Instant)>,
    permissions: BTreeMap<IpAddr, Instant>,
    channels: Vec<(u16, SocketAddr, Instant)>,
}

/// All allocations there should be, by client.
#[derive(Default)]
pub(super) struct Model {
    pub(super) sessions: BTreeMap<Key, Session>,
    /// Clients that may come to where the first says, and are where the second says (RFC 8016).
    expected: BTreeMap<Key, Key>,
    /// Where clients have left for good, which the server has not said yet.
    left: Vec<Key>,
    /// What clients have whose connection broke.
    pub(super) suspended: Vec<Session>,
}

/// A five-tuple as a key with an order: the client's address, and whether it came over TCP. A client of the harness comes
/// to one of our addresses only.
pub(super) type Key = (SocketAddr, bool);

/// What a client wanted done with application data.
pub(super) enum Wish {
    /// A Send indication to this peer.
    Send(SocketAddr),
    /// ChannelData on this number.
    Channel(u16),
}

pub(super) fn key(of: FiveTuple) -> Key {
    (of.client, of.transport == visavis_turn::Transport::Tcp)
}

impl Session {
    pub(super) fn permits(&self, now: Instant, peer: IpAddr) -> bool {
        !self.is_suspended && self.permissions.get(&peer).is_some_and(|until| now < *until)
    }

    pub(super) fn peer(&self, now: Instant, number: u16) -> Option<SocketAddr> {
        let bound = self.channels.iter().find(|(bound, _, until)| *bound == number && now < *until);
        bound.map(|(_, peer, _)| *peer)
    }

    pub(super) fn number(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let bound = self.channels.iter().find(|(_, bound, until)| *bound == peer && now < *until);
        bound.map(|(number, _, _)| *number)
    }

    /// The address peers of this family see.
    pub(super) fn relayed_as(&self, peer: SocketAddr) -> Option<SocketAddr> {
        self.relayed.iter().map(|(at, _)| *at).find(|at| at.is_ipv4() == peer.is_ipv4())
    }

    pub(super) fn is_at(&self, relayed: SocketAddr) -> bool {
        self.relayed.iter().any(|(at, _)| *at == relayed)
    }

    /// What the address of one family had goes with it.
    fn lose(&mut self, relayed: SocketAddr) {
        self.relayed.retain(|(at, _)| *at != relayed);
        self.permissions.retain(|ip, _| ip.is_ipv4() != relayed.is_ipv4());
        self.channels.retain(|(_, peer, _)| peer.is_ipv4() != relayed.is_ipv4());
    }

    fn permit(&mut self, now: Instant, peer: SocketAddr) {
        assert!(self.relayed_as(peer).is_some(), "{peer} is of no family of this allocation");
        self.permissions.insert(peer.ip(), now + PERMISSION);
        let live =
            self.permissions.iter().filter(|(ip, until)| ip.is_ipv4() == peer.is_ipv4() && now < **until);
        assert!(live.count() <= limits().permissions, "too many permissions");
    }

    fn bind(&mut self, now: Instant, number: u16, peer: SocketAddr) {
        self.channels.retain(|(_, _, until)| now < *until + QUARANTINE);
        for (bound, to, _) in &self.channels {
            assert_eq!(*bound == number, *to == peer, "{number:#x} and {peer}: one of them is paired");
        }
        self.channels.retain(|(bound, _, _)| *bound != number);
        self.channels.push((number, peer, now + CHANNEL));
        let of_family = self.channels.iter().filter(|(_, to, _)| to.is_ipv4() == peer.is_ipv4());
        assert!(of_family.count() <= limits().channels, "too many channels");
    }
}

impl Model {
    /// Where a client is that speaks from here.
    pub(super) fn home(&self, from: Key) -> Key {
        self.expected.get(&from).copied().unwrap_or(from)
    }

    /// The client whose relayed address this is may come there, or is there if it was nowhere.
    pub(super) fn expect(&mut self, at: Key, relayed: SocketAddr) {
        if let Some(place) = self.suspended.iter().position(|session| session.is_at(relayed)) {
            let session = Session { is_suspended: false, ..self.suspended.remove(place) };
            assert!(self.sessions.insert(at, session).is_none(), "there is an allocation already");
            return;
        }
        let home = self.sessions.iter().find(|(_, session)| session.is_at(relayed)).map(|(home, _)| *home);
        let home = home.expect("only who has an allocation takes it along");
        assert!(!self.expected.values().any(|other| *other == home), "one client is expected in two places");
        assert!(!self.sessions.contains_key(&at), "there is an allocation already");
        self.expected.insert(at, home);
    }

    /// Data come from there: whoever was expected is there.
    pub(super) fn arrive(&mut self, at: Key) {
        let Some(home) = self.expected.remove(&at) else { return };
        let session = self.sessions.remove(&home).expect("who is expected has an allocation");
        self.sessions.insert(at, session);
        self.left.push(home);
    }

    /// A connection breaks: who was to come to another is there, and who may move has time to.
    pub(super) fn on_broken(&mut self, at: Key) {
        let next = self.expected.iter().find(|(_, home)| **home == at).map(|(next, _)| *next);
        if let Some(next) = next {
            self.arrive(next);
        } else if self.sessions.get(&at).is_some_and(|session| session.is_mobile) {
            let session = self.sessions.remove(&at).expect("it was looked at");
            self.suspended.push(Session { is_suspended: true, ..session });
            self.left.push(at);
        }
    }

    /// The server says that nobody is there any more.
    pub(super) fn on_released(&mut self, at: Key) {
        if let Some(place) = self.left.iter().position(|left| *left == at) {
            self.left.remove(place);
            return;
        }
        let was_known = self.expected.remove(&at).is_some() || self.sessions.remove(&at).is_some();
        assert!(was_known, "{at:?} was not allocated");
    }

    /// The allocation that is seen under this address.
    pub(super) fn at(&self, relayed: SocketAddr) -> Option<&Session> {
        self.sessions.values().chain(&self.suspended).find(|session| session.is_at(relayed))
    }

    /// A relayed address is no more. `may_end`: somebody has just ended it; else its time must be over.
    pub(super) fn on_closed(&mut self, now: Instant, relayed: SocketAddr, may_end: bool) {
        for session in self.sessions.values_mut().chain(&mut self.suspended) {
            for (at, until) in &session.relayed {
                assert!(*at != relayed || may_end || *until <= now, "{at} is closed before its time");
            }
            if session.is_at(relayed) {
                session.lose(relayed);
            }
        }
        self.suspended.retain(|session| !session.relayed.is_empty());
    }

    /// Takes note of a request that was granted.
    pub(super) fn on_granted(
        &mut self,
        now: Instant,
        from: FiveTuple,
        request: &Message<'_>,
        answer: &Message<'_>,
    ) {
        let addresses = |message: &Message<'_>, wanted| -> Vec<SocketAddr> {
            let values = message.attributes().filter(move |(kind, _)| *kind == wanted);
            values.filter_map(|(_, value)| decode_xor_address(value, message.transaction)).collect()
        };
        let peers = addresses(request, AttributeType::XOR_PEER_ADDRESS);
        let lifetime = answer.attribute(AttributeType::LIFETIME).map(|value| {
            let seconds: [u8; 4] = value.try_into().expect("LIFETIME has four bytes");
            Duration::from_secs(u64::from(u32::from_be_bytes(seconds)))
        });
        let is_meant = |relayed: &SocketAddr| match request.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY)
        {
            Some([1, ..]) => relayed.is_ipv4(),
            Some(_) => relayed.is_ipv6(),
            None => true,
        };
        if request.method == Method::Refresh && lifetime == Some(Duration::ZERO) {
            let left = self
                .sessions
                .get(&self.home(key(from)))
                .is_some_and(|left| left.relayed.iter().any(|(at, _)| is_meant(at)));
            assert!(!left, "refreshed with zero, and still there");
            return;
        }
        let home = self.home(key(from));
        let session = self.sessions.get_mut(&home).expect("granted to who has an allocation");
        match request.method {
            Method::Allocate => {
                let until = now + lifetime.expect("the answer to an Allocate says its lifetime");
                // The answer to a repetition says what the first one said.
                if session.relayed.is_empty() {
                    session.is_mobile = answer.attribute(AttributeType::MOBILITY_TICKET).is_some();
                    session.username = request.text(AttributeType::USERNAME).unwrap_or_default().to_owned();
                    let relayed = addresses(answer, AttributeType::XOR_RELAYED_ADDRESS);
                    session.relayed = relayed.into_iter().map(|at| (at, until)).collect();
                    assert!(!session.relayed.is_empty(), "an allocation has a relayed address");
                }
                let mapped = addresses(answer, AttributeType::XOR_MAPPED_ADDRESS);
                assert_eq!(mapped, [from.client]);
            }
            Method::Refresh => {
                let lifetime = lifetime.expect("the answer to a Refresh says its lifetime");
                assert!(lifetime <= limits().longest_lifetime);
                for (at, until) in &mut session.relayed {
                    *until = if is_meant(at) { now + lifetime } else { *until };
                }
            }
            Method::CreatePermission => {
                assert!(!peers.is_empty(), "permission for nobody");
                for peer in peers {
                    session.permit(now, peer);
                }
            }
            Method::ChannelBind => {
                let number = request.attribute(AttributeType::CHANNEL_NUMBER).expect("a number was granted");
                let number = u16::from_be_bytes([number[0], number[1]]);
                assert!((0x4000..=0x4FFF).contains(&number), "{number:#x} was granted");
                let peer = peers.first().copied().expect("a peer was granted");
                assert!(peer.port() != 0, "{peer} was granted");
                session.bind(now, number, peer);
                session.permit(now, peer);
            }
            Method::Connect | Method::ConnectionBind | Method::ConnectionAttempt => {
                panic!("nobody may have TCP to peers")
            }
            Method::Binding | Method::Send | Method::Data => {}
        }
    }

    /// The peer this client's data is for, or why it goes nowhere. For reasons that lie in the data itself see the
    /// codec's rules.
    pub(super) fn fate(&self, now: Instant, from: FiveTuple, wish: &Wish) -> Result<SocketAddr, DropReason> {
        let session = self.sessions.get(&key(from)).ok_or(DropReason::NoAllocation)?;
        let peer = match wish {
            Wish::Send(peer) => {
                session.relayed_as(*peer).ok_or(DropReason::FamilyMismatch)?;
                if !session.permits(now, peer.ip()) {
                    return Err(DropReason::NoPermission);
                }
                *peer
            }
            Wish::Channel(number) => session.peer(now, *number).ok_or(DropReason::NoChannel)?,
        };
        if let Some(other) = self.at(peer) {
            let source = session.relayed_as(peer).ok_or(DropReason::FamilyMismatch)?;
            return if other.permits(now, source.ip()) { Ok(peer) } else { Err(DropReason::NoPermission) };
        }
        let may = peer.port() >= limits().lowest_peer_port && may_reach(peer.ip());
        if may { Ok(peer) } else { Err(DropReason::PeerDenied) }
    }
}
