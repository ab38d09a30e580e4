//! What may happen next: the tape's bytes as steps. Clients ask for what they may have and for what they may not, say
//! things again, bent or with the credentials of others; the machine, the network and the clock have steps, too.

use std::net::SocketAddr;
use std::time::Duration;

use visavis_turn::Input;
use visavis_turn::codec::{AttributeType, Class, MessageBuilder, Method, TransactionId};

use super::model::key;
use super::{CLIENTS, Play};
use crate::server::{ADVERTISED, BOUND, LISTENING, Login, OVER_IPV6, PORTS};
use crate::tape::Tape;

/// Sizes beyond this make no difference.
const LARGEST_PAYLOAD: usize = 64;

impl Play {
    pub(super) fn step(&mut self, step: u8, tape: &mut Tape<'_>) {
        self.may_end = false;
        let who = usize::from(step >> 5) % CLIENTS;
        match step & 0x1f {
            0 => self.advance(Duration::from_millis(u64::from(tape.short()))),
            1 => self.advance(Duration::from_secs(u64::from(tape.short() % 4096))),
            // The shell is late.
            2 => self.server.now += Duration::from_secs(u64::from(tape.byte())),
            3 => self.server.waits = tape.flag(),
            4 => self.server.refusals = tape.byte() % 4,
            5 => self.settle(tape.byte(), tape.flag()),
            6 => {
                self.may_end = true;
                self.model.on_broken(key(self.clients[who].at));
                self.tell(Input::Disconnected { five_tuple: self.clients[who].at });
            }
            7 => {
                self.may_end = true;
                let subject = *tape.pick(&["alice", "alice/c1", "bob", "bob/c3", "carol", ""]);
                self.tell(Input::Revoke { subject, until: Duration::ZERO });
            }
            8 => {
                let forward = Duration::from_secs(u64::from(tape.short()));
                let unix = self.server.unix() + forward;
                let deeds = self.server.set_wall_clock(unix);
                self.note(deeds);
            }
            9 => self.renew(who),
            10 => {
                let again = self.clients[who].last.clone();
                self.say(who, &again);
            }
            11 => {
                let raw = tape.bytes().to_vec();
                self.say(who, &raw);
            }
            12 => self.bent(who, tape),
            13 => self.borrowed(who, tape),
            14 | 15 => self.peer_sends(tape),
            16 | 17 => self.send(who, tape),
            18..=20 => self.channel_data(who, tape),
            21 | 22 => self.create_permission(who, tape),
            23 | 24 => self.channel_bind(who, tape),
            25 | 26 => self.refresh(who, tape),
            27 => self.any_request(who, tape),
            28 => self.icmp(tape),
            29 => self.resume(who, tape),
            _ => self.allocate(who, tape),
        }
    }

    /// A new credential and a new nonce.
    fn renew(&mut self, who: usize) {
        let until = self.server.unix() + Duration::from_secs(3600);
        let subject = self.clients[who].login.username.split_once(':').map(|(_, subject)| subject.to_owned());
        self.clients[who].login = Login::new(&subject.unwrap_or_default(), until);
        self.clients[who].nonce.clear();
        self.logins.push(self.clients[who].login.clone());
    }

    pub(super) fn message(&mut self, class: Class, method: Method) -> MessageBuilder {
        self.transactions += 1;
        let mut id = [7; 12];
        id[8..].copy_from_slice(&self.transactions.to_be_bytes());
        MessageBuilder::new(class, method, TransactionId(id))
    }

    /// Signs and sends; gets a nonce before if there is none.
    pub(super) fn request(&mut self, who: usize, message: MessageBuilder) {
        if self.clients[who].nonce.is_empty() {
            let hello = self.message(Class::Request, Method::Refresh).finish();
            self.say(who, &hello);
        }
        let client = &self.clients[who];
        let bytes = client.login.sign(message, &client.nonce).finish();
        self.say(who, &bytes);
    }

    fn allocate(&mut self, who: usize, tape: &mut Tape<'_>) {
        let mut message = self
            .message(Class::Request, Method::Allocate)
            .attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        let choice = tape.byte();
        if choice & 1 == 1 {
            message = lifetime(message, tape);
        }
        message = match choice >> 1 & 7 {
            1 => message.attribute(AttributeType::EVEN_PORT, &[0]),
            2 => message.attribute(AttributeType::EVEN_PORT, &[0x80]),
            3 => message.attribute(AttributeType::RESERVATION_TOKEN, &self.token),
            _ => message,
        };
        message = match choice >> 4 & 7 {
            1 => message.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[1, 0, 0, 0]),
            2 | 3 => message.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]),
            4 => message.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, tape.bytes()),
            5 | 6 => message.attribute(AttributeType::ADDITIONAL_ADDRESS_FAMILY, &[2, 0, 0, 0]),
            _ => message,
        };
        message = match choice >> 7 {
            1 => message.attribute(AttributeType::MOBILITY_TICKET, &[]),
            _ => message,
        };
        self.request(who, message);
    }

    /// Goes on from here with what was opened from elsewhere, as whoever opened it.
    fn resume(&mut self, who: usize, tape: &mut Tape<'_>) {
        let which = usize::from(tape.byte()) % self.tickets.len().max(1);
        let Some((ticket, _, login)) = self.tickets.get(which).cloned() else { return };
        self.clients[who].login = login;
        let message = self.message(Class::Request, Method::Refresh);
        let message = message.attribute(AttributeType::MOBILITY_TICKET, &ticket);
        let message = if tape.flag() { lifetime(message, tape) } else { message };
        self.request(who, message);
    }

    fn refresh(&mut self, who: usize, tape: &mut Tape<'_>) {
        let message = self.message(Class::Request, Method::Refresh);
        let choice = tape.byte();
        let message = if choice & 1 == 1 { lifetime(message, tape) } else { message };
        let message = match choice >> 1 & 7 {
            1 => message.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[1, 0, 0, 0]),
            2 => message.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]),
            _ => message,
        };
        self.request(who, message);
    }

    fn create_permission(&mut self, who: usize, tape: &mut Tape<'_>) {
        let mut message = self.message(Class::Request, Method::CreatePermission);
        for _ in 0..=tape.byte() % 6 {
            message = message.address(AttributeType::XOR_PEER_ADDRESS, self.peer(tape));
        }
        self.request(who, message);
    }

    fn channel_bind(&mut self, who: usize, tape: &mut Tape<'_>) {
        let number = self.number(tape);
        let peer = self.peer(tape);
        let message = self
            .message(Class::Request, Method::ChannelBind)
            .attribute(AttributeType::CHANNEL_NUMBER, &[number.to_be_bytes(), [0; 2]].concat())
            .address(AttributeType::XOR_PEER_ADDRESS, peer);
        self.request(who, message);
    }

    /// Any method with any attributes, rightly signed.
    fn any_request(&mut self, who: usize, tape: &mut Tape<'_>) {
        let method = *tape.pick(&[
            Method::Allocate,
            Method::Refresh,
            Method::CreatePermission,
            Method::ChannelBind,
            Method::Binding,
            Method::Send,
        ]);
        let mut message = self.message(Class::Request, method);
        for _ in 0..tape.byte() % 6 {
            let kind = AttributeType(tape.short());
            message = message.attribute(kind, tape.bytes());
        }
        self.request(who, message);
    }

    /// What was said last with some of its bytes changed, cut or added on its way.
    fn bent(&mut self, who: usize, tape: &mut Tape<'_>) {
        let mut bytes = self.clients[who].last.clone();
        for _ in 0..=tape.byte() % 4 {
            let position = usize::from(tape.short()) % bytes.len().max(1);
            match tape.byte() % 4 {
                0 => bytes.truncate(position),
                1 => bytes.extend_from_slice(tape.bytes()),
                _ => {
                    let bits = tape.byte();
                    bytes.iter_mut().skip(position).take(1).for_each(|byte| *byte ^= bits);
                }
            }
        }
        if tape.flag() && bytes.len() >= 4 {
            // As if the change had been meant: the length field fits again.
            let length = u16::try_from(bytes.len().saturating_sub(20)).unwrap_or(u16::MAX);
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
        }
        self.say(who, &bytes);
    }

    /// A request on this connection with the credential of another.
    fn borrowed(&mut self, who: usize, tape: &mut Tape<'_>) {
        let other = usize::from(tape.byte()) % CLIENTS;
        let method = *tape.pick(&[Method::Refresh, Method::CreatePermission, Method::Allocate]);
        let peer = self.peer(tape);
        let message = self
            .message(Class::Request, method)
            .attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
            .address(AttributeType::XOR_PEER_ADDRESS, peer);
        let bytes = self.clients[other].login.sign(message, &self.clients[who].nonce).finish();
        self.say(who, &bytes);
    }

    fn send(&mut self, who: usize, tape: &mut Tape<'_>) {
        let peer = self.peer(tape);
        let message = self
            .message(Class::Indication, Method::Send)
            .address(AttributeType::XOR_PEER_ADDRESS, peer)
            .attribute(AttributeType::DATA, &payload(tape));
        let message =
            if tape.flag() { message.attribute(AttributeType::DONT_FRAGMENT, &[]) } else { message };
        self.say(who, &message.finish());
    }

    fn channel_data(&mut self, who: usize, tape: &mut Tape<'_>) {
        let number = self.number(tape);
        let data = payload(tape);
        let length = u16::try_from(data.len()).expect("a short payload");
        self.say(who, &[&number.to_be_bytes()[..], &length.to_be_bytes(), &data].concat());
    }

    /// A number, rarely one outside the range.
    fn number(&self, tape: &mut Tape<'_>) -> u16 {
        let byte = tape.byte();
        if byte < 0xF0 { 0x4000 + u16::from(byte % 5) } else { tape.short() }
    }

    /// A peer: a few far away, some that may not be reached, our own relayed ports, or any address at all.
    pub(super) fn peer(&self, tape: &mut Tape<'_>) -> SocketAddr {
        let fixed = |text: &str| text.parse().expect("an address");
        match tape.byte() % 24 {
            0..=3 => fixed("9.9.9.9:9000"),
            4 | 5 => fixed("9.9.9.9:9001"),
            6 => fixed("8.8.8.8:8000"),
            7 => fixed("8.8.4.4:53"),
            8 => fixed("10.1.0.1:5000"),
            9 => fixed("10.2.0.1:5000"),
            10 => fixed("127.0.0.1:7000"),
            11 => fixed("[2a00::9]:9000"),
            12 => fixed("[2a00::9]:9001"),
            13 => fixed("[::ffff:127.0.0.1]:9000"),
            14 => fixed("[64:ff9b::7f00:1]:9000"),
            15 => SocketAddr::new(OVER_IPV6, PORTS.start() + u16::from(tape.byte() % 9)),
            16 => SocketAddr::new(BOUND, PORTS.start() + u16::from(tape.byte() % 9)),
            17 => SocketAddr::new(ADVERTISED, LISTENING),
            18 => tape.address(),
            _ => {
                // Somebody's relayed address, if there is one.
                let relayed: Vec<_> = self
                    .model
                    .sessions
                    .values()
                    .flat_map(|session| &session.relayed)
                    .map(|(at, _)| *at)
                    .collect();
                let index = usize::from(tape.byte()) % relayed.len().max(1);
                relayed.get(index).copied().unwrap_or_else(|| SocketAddr::new(ADVERTISED, *PORTS.start()))
            }
        }
    }
}

pub(super) fn payload(tape: &mut Tape<'_>) -> Vec<u8> {
    let length = usize::from(tape.byte()) % LARGEST_PAYLOAD;
    (0..length).map(|index| u8::try_from(index).unwrap_or_default()).collect()
}

/// A LIFETIME around what is special.
fn lifetime(message: MessageBuilder, tape: &mut Tape<'_>) -> MessageBuilder {
    let seconds: u32 = *tape.pick(&[0, 1, 599, 600, 601, 1800, 3599, 3600, 3601, u32::MAX]);
    message.attribute(AttributeType::LIFETIME, &seconds.to_be_bytes())
}
