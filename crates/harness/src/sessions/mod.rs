//! Clients with credentials, their peers, a machine that refuses ports or is late, and a clock: any sequence of what
//! they do, right or wrong, against what must be true of it.
//!
//! ```text
//!  tape ──► step ──► Server (the core in memory) ──► what it did
//!             │                                        │
//!             └──────────► Model (what must be) ◄──────┘  compared after each step
//! ```
//!
//! At the end everything runs out, and then everything must be there to be had again: no port, no place of a user's
//! quota and no timer is lost on the way.

mod model;
mod steps;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, Integrity, Message, Method, PasswordAlgorithm, decode_channel_data,
    decode_error_code, decode_send_indication,
};
use visavis_turn::{DropReason, FiveTuple, IcmpError, Input, RelayId, Route, Transport};

use self::model::{Key, Model, Session, Wish, key};
use self::steps::payload;
use crate::server::{ADVERTISED, BOUND, Deed, LISTENING, Login, OVER_IPV6, Server, limits};
use crate::tape::Tape;

/// Longer than anything lives: an allocation, a reservation, a channel's quarantine.
const FOR_EVER: Duration = Duration::from_secs(4 * 3600);
/// Few enough that they get into each other's way.
const CLIENTS: usize = 6;

pub(crate) fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let mut play = Play::new();
    while let Some(step) = tape.next_step() {
        play.step(step, &mut tape);
        play.keeps_the_rules();
    }
    play.ends_without_trace();
}

struct Client {
    at: FiveTuple,
    login: Login,
    nonce: Vec<u8>,
    /// What it said last, to be said again.
    last: Vec<u8>,
}

struct Play {
    server: Server,
    model: Model,
    clients: Vec<Client>,
    /// Every credential that was ever issued.
    logins: Vec<Login>,
    /// What was asked and may be answered, by client and transaction: more than once if it was bent on its way.
    asked: BTreeMap<(Key, [u8; 12]), Vec<Vec<u8>>>,
    /// The last RESERVATION-TOKEN that was given out.
    token: Vec<u8>,
    /// The mobility tickets that were given out, the last first, for which relayed address, and to whom. All of them: what was
    /// said is said again much later, and a request answered again gives the same ticket again.
    tickets: VecDeque<(Vec<u8>, SocketAddr, Login)>,
    /// The relayed address whose ticket is being shown.
    shown: Option<SocketAddr>,
    transactions: u32,
    /// Whether what the server is about to hear may end an allocation before its time.
    may_end: bool,
}

impl Play {
    fn new() -> Self {
        let server = Server::new();
        let until = server.unix() + Duration::from_secs(3600);
        let client = |index: usize, subject: &str, at: &str, transport| {
            let client: SocketAddr = at.parse().expect("an address");
            let ip = if client.is_ipv4() { BOUND } else { OVER_IPV6 };
            let at = FiveTuple { transport, client, server: SocketAddr::new(ip, LISTENING) };
            let until = until + Duration::from_secs(u64::try_from(index).expect("a small number"));
            Client { at, login: Login::new(subject, until), nonce: Vec::new(), last: Vec::new() }
        };
        let mut clients = vec![
            client(0, "alice/c1", "192.0.2.7:40000", Transport::Udp),
            client(1, "alice/c1", "192.0.2.7:40001", Transport::Udp),
            client(2, "alice/c2", "192.0.2.7:40000", Transport::Tcp),
            client(3, "bob/c1", "192.0.2.8:40000", Transport::Udp),
            client(4, "bob/c3", "[2a00::17]:40000", Transport::Udp),
            client(5, "carol", "[2a00::17]:40000", Transport::Tcp),
        ];
        assert_eq!(clients.len(), CLIENTS);
        // Two that are newer than the browsers.
        let (sha1, sha256) = (Integrity::Sha1, Integrity::Sha256);
        clients[4].login = Login::with(sha1, PasswordAlgorithm::Sha256, "bob/c3", until);
        clients[5].login = Login::with(sha256, PasswordAlgorithm::Sha256, "carol", until);
        Self {
            server,
            model: Model::default(),
            logins: clients.iter().map(|client| client.login.clone()).collect(),
            clients,
            asked: BTreeMap::new(),
            token: vec![0; 8],
            tickets: VecDeque::new(),
            shown: None,
            transactions: 0,
            may_end: false,
        }
    }

    /// Lets time pass, waking the server whenever it asked for it.
    fn advance(&mut self, by: Duration) {
        let until = self.server.now + by;
        while let Some(next) = self.server.next_timeout().filter(|next| *next <= until) {
            self.server.now = self.server.now.max(next);
            self.tell(Input::Timeout);
        }
        self.server.now = until;
    }

    fn tell(&mut self, input: Input<'_>) {
        let deeds = self.server.handle(input);
        self.note(deeds);
    }

    /// The machine comes round to a port it was asked for.
    fn settle(&mut self, which: u8, is_opened: bool) {
        let count = self.server.wishes.len();
        if count > 0 {
            self.server.settle_wish(usize::from(which) % count, is_opened);
            self.tell(Input::Timeout);
        }
    }

    /// A client says something; what follows is compared with what must follow.
    fn say(&mut self, who: usize, bytes: &[u8]) {
        let from = self.clients[who].at;
        self.clients[who].last = bytes.to_vec();
        if let Ok(message) = Message::decode(bytes) {
            self.asked.entry((key(from), message.transaction.0)).or_default().push(bytes.to_vec());
        }
        self.may_end = Message::decode(bytes).is_ok_and(|message| {
            message.method == Method::Refresh && message.attribute(AttributeType::LIFETIME) == Some(&[0; 4])
        });
        self.shown = Message::decode(bytes).ok().and_then(|message| {
            let shown = message.attribute(AttributeType::MOBILITY_TICKET)?;
            let known = self.tickets.iter().find(|(ticket, ..)| ticket == shown);
            known.filter(|_| message.method == Method::Refresh).map(|(_, relayed, _)| *relayed)
        });
        if is_data(bytes) {
            self.model.arrive(key(from));
        }
        let expected = expected(&self.model, &self.server, from, bytes);
        let (route, sent, deeds) = self.server.take_from_client(from, bytes);
        match (route, expected) {
            (Route::Control, Some(_)) => panic!("application data taken for a request"),
            (Route::Control, None) => {}
            (Route::ToPeer { relay, peer, dont_fragment, .. }, Some((Ok(to), data))) => {
                assert_eq!((peer, &sent), (to, &data));
                // RFC 8656 §13, §15: where there is such a bit, and a packet of the client's to have it.
                let wishes =
                    decode_send_indication(bytes).ok().flatten().is_some_and(|send| send.dont_fragment);
                let is_translated = from.transport == Transport::Udp && from.client.is_ipv6();
                assert_eq!(dont_fragment, wishes && to.is_ipv4() && !is_translated);
                let session = &self.model.sessions[&key(from)];
                assert!(self.model.at(to).is_none(), "{to} is in this house");
                assert!(is_port_of(&self.server, relay, session), "from a port that is not the client's");
            }
            (Route::ToClient { to: client, .. }, Some((Ok(to), data))) => {
                let other = self.model.at(to).expect("only between allocations");
                assert_eq!(self.model.sessions[&key(client)].relayed, other.relayed);
                let source = self.model.sessions[&key(from)].relayed_as(to).expect("of one family");
                self.is_brought(client, source, &data, &sent);
            }
            // Whose port is still being opened has no allocation yet, and may hear it in other words.
            (Route::Dropped(_), Some((Err(DropReason::NoAllocation), _)))
                if !self.server.wishes.is_empty() => {}
            (Route::Dropped(reason), Some((Err(must), _))) => assert_eq!(reason, must),
            (Route::Dropped(DropReason::Malformed), None) => {}
            (route, expected) => panic!("{route:?} where {expected:?} is right"),
        }
        self.note(deeds);
        self.shown = None;
    }

    /// A peer sends to one of the open ports.
    fn peer_sends(&mut self, tape: &mut Tape<'_>) {
        let peer = self.peer(tape);
        let which = usize::from(tape.byte()) % self.server.ports.len().max(1);
        let Some((relay, at)) = self.server.ports.iter().nth(which).map(|(relay, at)| (*relay, *at)) else {
            return;
        };
        let data = payload(tape);
        if peer.is_ipv4() != at.is_ipv4() {
            // No packet travels between the two.
            return;
        }
        let (route, sent) = self.server.take_from_peer(relay, peer, &data);
        // One of our own ports is known by what peers see of it.
        let peer = if self.model.at(advertised(peer)).is_some() { advertised(peer) } else { peer };
        let now = self.server.now;
        let holder = self.model.at(advertised(at));
        match route {
            Route::ToClient { to, .. } => {
                let holder = holder.expect("only to who has an allocation");
                assert_eq!(self.model.sessions[&key(to)].relayed, holder.relayed, "to who holds the port");
                assert!(holder.permits(now, peer.ip()) && peer.port() != 0, "{peer} is not let in");
                self.is_brought(to, peer, &data, &sent);
            }
            Route::Dropped(DropReason::NoAllocation) => assert!(holder.is_none()),
            Route::Dropped(DropReason::NoPermission) => {
                assert!(holder.is_some_and(|holder| !holder.permits(now, peer.ip())));
            }
            Route::Dropped(DropReason::BadSource) => assert_eq!(peer.port(), 0),
            other => panic!("{other:?} for what a peer sent"),
        }
    }

    /// The network says that a packet of an open port came to nothing.
    fn icmp(&mut self, tape: &mut Tape<'_>) {
        let peer = self.peer(tape);
        let which = usize::from(tape.byte()) % self.server.ports.len().max(1);
        let error = IcmpError { kind: tape.byte(), code: tape.byte(), mtu: u32::from(tape.short()) };
        let Some((relay, at)) = self.server.ports.iter().nth(which).map(|(relay, at)| (*relay, *at)) else {
            return;
        };
        let deeds = self.server.handle(Input::Icmp { relay, peer, error });
        let (told, others): (Vec<_>, Vec<_>) =
            deeds.into_iter().partition(|deed| matches!(deed, Deed::Answered { .. }));
        self.note(others);
        assert!(told.len() <= 1);
        for deed in told {
            let Deed::Answered { to, bytes } = deed else { continue };
            let session = &self.model.sessions[&key(to)];
            assert!(session.is_at(advertised(at)), "told to somebody else");
            assert!(session.permits(self.server.now, peer.ip()), "told of a peer that is not let in");
            let message = Message::decode(&bytes).expect("the server sends well-formed messages");
            assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
            let about = message.attribute(AttributeType::XOR_PEER_ADDRESS).expect("it says about whom");
            assert_eq!(visavis_turn::codec::decode_xor_address(about, message.transaction), Some(peer));
            assert!(message.attribute(AttributeType::ICMP).is_some_and(|value| value.len() == 8));
        }
    }

    /// Whether `sent` carries these data from this peer, in the form RFC 8656 §12.7 prescribes.
    fn is_brought(&self, client: FiveTuple, peer: SocketAddr, data: &[u8], sent: &[u8]) {
        let session = &self.model.sessions[&key(client)];
        if let Some(number) = session.number(self.server.now, peer) {
            let (channel, range) = decode_channel_data(sent).expect("a bound channel is used");
            assert_eq!((channel.number(), &sent[range.clone()]), (number, data));
            let padding = &sent[range.end..];
            let is_padded = client.transport == Transport::Tcp;
            assert_eq!(padding.len(), if is_padded { data.len().wrapping_neg() & 3 } else { 0 });
            assert!(padding.iter().all(|byte| *byte == 0));
            return;
        }
        let message = Message::decode(sent).expect("else it is a Data indication");
        assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
        assert_eq!(message.attribute(AttributeType::DATA), Some(data));
        let from = message.attribute(AttributeType::XOR_PEER_ADDRESS).expect("it says from whom");
        assert_eq!(visavis_turn::codec::decode_xor_address(from, message.transaction), Some(peer));
    }

    /// Takes note of what the server did.
    fn note(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Allocated(at) if self.shown.is_some() => {
                    self.model.expect(key(at), self.shown.expect("it was looked at"));
                }
                Deed::Allocated(at) => {
                    let before = self.model.sessions.insert(key(at), Session::default());
                    assert!(before.is_none(), "{at:?} is allocated twice");
                }
                Deed::Released(at) => self.model.on_released(key(at)),
                Deed::Closed(at) => self.model.on_closed(self.server.now, advertised(at), self.may_end),
                Deed::Answered { to, bytes } => self.note_answer(to, &bytes),
            }
        }
    }

    fn note_answer(&mut self, to: FiveTuple, bytes: &[u8]) {
        let answer = Message::decode(bytes).expect("the server sends well-formed messages");
        let asked = self.asked.get(&(key(to), answer.transaction.0)).cloned().unwrap_or_default();
        let asked = asked.iter().filter_map(|bytes| Message::decode(bytes).ok());
        let asked: Vec<_> = asked
            .filter(|asked| (asked.class, asked.method) == (Class::Request, answer.method))
            .map(|asked| (asked, self.signer(&asked)))
            .collect();
        let last = asked.last().cloned().expect("nothing is answered unasked");
        let (asked, signer) = asked.into_iter().rev().find(|(_, signer)| signer.is_some()).unwrap_or(last);
        let who = self.clients.iter().position(|client| client.at == to).expect("one of ours");
        if let Some(nonce) = answer.attribute(AttributeType::NONCE) {
            self.clients[who].nonce = nonce.to_vec();
        }
        if let Some(token) = answer.attribute(AttributeType::RESERVATION_TOKEN) {
            self.token = token.to_vec();
        }
        if asked.method == Method::Binding {
            return assert_eq!(answer.integrity(), None);
        }
        match answer.class {
            Class::Success => {
                let login = signer.expect("nothing is granted to who has no password");
                assert!(answer.verify_integrity(&login.key), "the answer is signed for who asked");
                self.model.on_granted(self.server.now, to, &asked, &answer);
                let session = self.model.sessions.get(&self.model.home(key(to)));
                if let (Some(ticket), Some(session)) =
                    (answer.attribute(AttributeType::MOBILITY_TICKET), session)
                {
                    let relayed = session.relayed[0].0;
                    self.tickets.retain(|(known, ..)| known != ticket);
                    self.tickets.push_front((ticket.to_vec(), relayed, login.clone()));
                }
                let is_own = session.is_none_or(|session| session.username == login.username);
                assert!(is_own, "somebody else's allocation was changed");
            }
            Class::Error => {
                let code = answer.attribute(AttributeType::ERROR_CODE).and_then(decode_error_code);
                let code = code.expect("an error says which");
                let is_for_strangers =
                    matches!(code, ErrorCode::Unauthorized | ErrorCode::StaleNonce | ErrorCode::BadRequest);
                let is_signed = signer.is_some_and(|signer| answer.verify_integrity(&signer.key));
                assert!(is_signed || (is_for_strangers && answer.integrity().is_none()), "{code:?}");
            }
            Class::Request | Class::Indication => panic!("{:?} is no answer", answer.class),
        }
    }

    /// Whose password a request was signed with.
    fn signer(&self, asked: &Message<'_>) -> Option<Login> {
        let username = asked.attribute(AttributeType::USERNAME)?;
        let is_signer =
            |login: &&Login| login.username.as_bytes() == username && asked.verify_integrity(&login.key);
        self.logins.iter().find(is_signer).cloned()
    }

    /// What holds between any two steps.
    fn keeps_the_rules(&self) {
        let (stats, limits) = (self.server.stats(), limits());
        let count = |number: u64| usize::try_from(number).expect("a count");
        assert!(self.server.ports.len() <= limits.allocations, "{} ports", self.server.ports.len());
        let mut by_user: BTreeMap<&str, usize> = BTreeMap::new();
        let mut relayed = Vec::new();
        for session in self.model.sessions.values().chain(&self.model.suspended) {
            let subject = session.username.split_once(':').map_or("", |(_, subject)| subject);
            let user = subject.split_once('/').map_or(subject, |(user, _)| user);
            *by_user.entry(user).or_default() += session.relayed.len();
            relayed.extend(session.relayed.iter().map(|(at, _)| *at));
        }
        assert_eq!(count(stats.allocations), relayed.len());
        assert!(by_user.values().all(|held| *held <= limits.allocations_per_user), "{by_user:?}");
        // A port is somebody's, or it is kept for somebody; what is being opened is not open yet.
        // The first of two families is, while the second is waited for.
        let held = relayed.len() + count(stats.reservations);
        let is_waiting = !self.server.wishes.is_empty() && self.server.ports.len() > held;
        assert!(is_waiting || self.server.ports.len() == held, "a port is left open");
        for at in &relayed {
            assert!(self.server.ports.values().any(|open| advertised(*open) == *at), "{at} is not open");
        }
        let is_idle = relayed.is_empty() && stats.reservations == 0;
        assert_eq!(self.server.next_timeout().is_none(), is_idle, "a timer without need, or a need without");
    }

    /// Everything runs out; then as much can be had as at the beginning.
    fn ends_without_trace(&mut self) {
        while !self.server.wishes.is_empty() {
            self.settle(0, true);
        }
        (self.server.waits, self.server.refusals) = (false, 0);
        self.advance(FOR_EVER);
        self.keeps_the_rules();
        let is_empty = self.model.sessions.is_empty() && self.model.suspended.is_empty();
        assert!(is_empty && self.server.ports.is_empty(), "not all has run out");

        let limits = limits();
        let until = self.server.unix() + Duration::from_secs(3600);
        let mut granted = Vec::new();
        for index in 0..=limits.allocations {
            // Each user to the limit of one, until the limit of all is met; then one too many.
            let user =
                *["alice/z", "bob/z", "carol/z"].get(index / limits.allocations_per_user).expect("few");
            let port = 41000 + u16::try_from(index).expect("a small number");
            let client = FiveTuple {
                transport: Transport::Tcp,
                client: SocketAddr::new(IpAddr::from([192, 0, 2, 99]), port),
                server: SocketAddr::new(BOUND, LISTENING),
            };
            self.clients[0] =
                Client { at: client, login: Login::new(user, until), nonce: Vec::new(), last: Vec::new() };
            self.logins.push(self.clients[0].login.clone());
            let message = self
                .message(Class::Request, Method::Allocate)
                .attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
            self.request(0, message);
            granted.push(self.model.sessions.contains_key(&key(client)));
        }
        let mut expected = vec![true; limits.allocations];
        expected.push(false);
        assert_eq!(granted, expected, "what ran out can be had again");
    }
}

/// Whether these are application data, for whomever.
fn is_data(bytes: &[u8]) -> bool {
    matches!(decode_send_indication(bytes), Ok(Some(_))) || decode_channel_data(bytes).is_some()
}

/// What must become of application data, and the data; `None` for what is neither.
fn expected(
    model: &Model,
    server: &Server,
    from: FiveTuple,
    bytes: &[u8],
) -> Option<(Result<SocketAddr, DropReason>, Vec<u8>)> {
    let (wish, data) = if let Ok(Some(send)) = decode_send_indication(bytes) {
        (Wish::Send(send.peer), bytes[send.data].to_vec())
    } else {
        let (number, data) = decode_channel_data(bytes)?;
        (Wish::Channel(number.number()), bytes[data].to_vec())
    };
    Some((model.fate(server.now, from, &wish), data))
}

fn is_port_of(server: &Server, relay: RelayId, session: &Session) -> bool {
    server.ports.get(&relay).is_some_and(|at| session.is_at(advertised(*at)))
}

/// What peers see of a port.
fn advertised(bound: SocketAddr) -> SocketAddr {
    let ip = if bound.ip() == BOUND { ADVERTISED } else { bound.ip() };
    SocketAddr::new(ip, bound.port())
}
