//! Whoever has no password: whatever they send, nothing is opened, remembered or forwarded for them, and what they are
//! answered is small and rationed by address.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use visavis_turn::codec::{AttributeType, Class, Message, MessageBuilder, Method, TransactionId};
use visavis_turn::{FiveTuple, Input, Route, Transport};

use crate::server::{BOUND, Deed, LISTENING, Login, OVER_IPV6, Server, limits};
use crate::tape::Tape;

/// The answer to a Binding request: header, an IPv6 address, FINGERPRINT.
const LARGEST_BINDING: usize = 20 + 24 + 8;
/// Any other answer: header, code, realm, nonce, algorithms, FINGERPRINT; or the unknown attributes named.
const LARGEST_REFUSAL: usize = 140;

pub(crate) fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let mut street = Street { server: Server::new(), began: Instant::now(), answers: BTreeMap::new() };
    street.began = street.server.now;
    while let Some(step) = tape.next_step() {
        match step % 8 {
            0 => street.server.now += Duration::from_millis(u64::from(tape.short())),
            1 => {
                let raw = tape.bytes().to_vec();
                street.say(&mut tape, &raw);
            }
            2 => {
                let message = message(&mut tape).fingerprint().finish();
                street.say(&mut tape, &message);
            }
            3 | 4 => {
                // The password of somebody else's server.
                let mut guess = Login::new("alice", street.server.unix() + Duration::from_secs(3600));
                guess.key = visavis_turn::codec::IntegrityKey::short_term("guess");
                let nonce = tape.bytes();
                let message = guess.sign(message(&mut tape), nonce).finish();
                street.say(&mut tape, &message);
            }
            _ => {
                let message = message(&mut tape).finish();
                street.say(&mut tape, &message);
            }
        }
    }
}

/// A message of any class and method with any attributes.
fn message(tape: &mut Tape<'_>) -> MessageBuilder {
    const CLASSES: [Class; 4] = [Class::Request, Class::Indication, Class::Success, Class::Error];
    const METHODS: [Method; 7] = [
        Method::Binding,
        Method::Allocate,
        Method::Refresh,
        Method::Send,
        Method::Data,
        Method::CreatePermission,
        Method::ChannelBind,
    ];
    let (class, method) = (*tape.pick(&CLASSES), *tape.pick(&METHODS));
    let mut message = MessageBuilder::new(class, method, TransactionId([tape.byte(); 12]));
    for _ in 0..tape.byte() % 6 {
        let kind = AttributeType(tape.short());
        message = message.attribute(kind, tape.bytes());
    }
    message
}

struct Street {
    server: Server,
    began: Instant,
    /// UDP answers, by address.
    answers: BTreeMap<IpAddr, u32>,
}

impl Street {
    fn say(&mut self, tape: &mut Tape<'_>, bytes: &[u8]) {
        let client =
            if tape.flag() { tape.address() } else { "192.0.2.7:40000".parse().expect("an address") };
        let server = if client.is_ipv4() { BOUND } else { OVER_IPV6 };
        let transport = if tape.flag() { Transport::Tcp } else { Transport::Udp };
        let from = FiveTuple { transport, client, server: SocketAddr::new(server, LISTENING) };

        let (route, _, mut deeds) = self.server.take_from_client(from, bytes);
        assert!(matches!(route, Route::Control | Route::Dropped(_)), "{route:?} for a stranger");
        // The control path by itself, too, though the router would not have passed everything on.
        deeds.extend(self.server.handle(Input::Message { from, over_tls: false, bytes }));
        assert!(self.server.ports.is_empty() && self.server.wishes.is_empty(), "a port for a stranger");
        assert_eq!(self.server.next_timeout(), None, "something is remembered about a stranger");
        for deed in deeds {
            self.is_small_and_rationed(from, &deed);
        }
    }

    fn is_small_and_rationed(&mut self, from: FiveTuple, deed: &Deed) {
        let Deed::Answered { to, bytes } = deed else { panic!("{deed:?} for a stranger") };
        assert_eq!(*to, from, "the answer goes to who asked");
        let answer = Message::decode(bytes).expect("the server sends well-formed messages");
        assert_eq!(answer.integrity(), None, "nothing is signed for a stranger");
        match (answer.class, answer.method) {
            (Class::Success, Method::Binding) => assert!(bytes.len() <= LARGEST_BINDING, "{}", bytes.len()),
            (Class::Error, _) => assert!(bytes.len() <= LARGEST_REFUSAL, "{}", bytes.len()),
            other => panic!("{other:?} for a stranger"),
        }
        if from.transport == Transport::Tcp {
            return;
        }
        let answers = self.answers.entry(from.client.ip()).or_default();
        *answers += 1;
        let limits = limits();
        let elapsed = self.server.now.duration_since(self.began).as_secs_f64();
        let sustained = elapsed * f64::from(limits.stranger_answers_per_second);
        let most = f64::from(limits.stranger_answers_burst) + sustained;
        assert!(f64::from(*answers) <= most + 1.0, "{answers} answers within {elapsed} s");
    }
}
