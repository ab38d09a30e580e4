//! Credentials and nonces: who was issued one gets in until it ends, whatever the name; who bends any of it does not.

use std::net::SocketAddr;
use std::time::Duration;

use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, Message, MessageBuilder, Method, TransactionId, decode_error_code,
};
use visavis_turn::credentials::Username;
use visavis_turn::{FiveTuple, Transport};

use crate::server::{BOUND, Deed, LISTENING, Login, Server};
use crate::tape::Tape;

/// What a subject may have at most to fit a message beside the rest.
const LONGEST_SUBJECT: usize = 400;

pub(crate) fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let lifetime = tape.short();
    let bend = (tape.byte(), tape.short(), tape.byte());
    let text = String::from_utf8_lossy(tape.remainder());
    parsed(&text);
    let subject: String = text.chars().take(LONGEST_SUBJECT / 4).collect();
    used(&subject, Duration::from_secs(u64::from(lifetime)), bend);
}

/// A user name is taken apart without loss.
fn parsed(text: &str) {
    let Some(name) = Username::parse(text) else { return };
    let (expiry, subject) = text.split_once(':').expect("it has a colon");
    assert_eq!(name.subject, subject);
    assert_eq!(Some(name.expires_at.as_secs()), expiry.parse().ok());
    assert!(!name.user.contains('/') && subject.starts_with(name.user));
    assert!(subject.len() == name.user.len() || subject[name.user.len()..].starts_with('/'));
}

/// A login from beginning to end, with one byte of the user name, the nonce or the password bent.
fn used(subject: &str, lifetime: Duration, (what, position, bits): (u8, u16, u8)) {
    let mut server = Server::new();
    let from = FiveTuple {
        transport: Transport::Udp,
        client: SocketAddr::from(([192, 0, 2, 7], 40000)),
        server: SocketAddr::new(BOUND, LISTENING),
    };
    let expires_at = server.unix() + lifetime;
    let login = Login::new(subject, expires_at);
    let name = Username::parse(&login.username).expect("what was issued can be read");
    assert_eq!((name.expires_at, name.subject), (expires_at, subject));

    let hello = MessageBuilder::new(Class::Request, Method::Allocate, TransactionId([1; 12])).finish();
    let nonce = answer(&mut server, from, &hello, |answer| {
        assert_eq!(code(answer), Some(ErrorCode::Unauthorized));
        answer.attribute(AttributeType::NONCE).expect("a challenge holds a nonce").to_vec()
    });
    let bent = |value: &[u8], is_meant: bool| {
        let mut value = value.to_vec();
        let index = usize::from(position) % value.len();
        value[index] ^= if is_meant { bits } else { 0 };
        value
    };
    let username = bent(login.username.as_bytes(), what == 1);
    let given_nonce = bent(&nonce, what == 2);
    let message = MessageBuilder::new(Class::Request, Method::Allocate, TransactionId([2; 12]))
        .attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
        .attribute(AttributeType::USERNAME, &username)
        .attribute(AttributeType::REALM, crate::server::REALM.as_bytes())
        .attribute(AttributeType::NONCE, &given_nonce)
        .integrity(&login.key)
        .finish();
    let got = answer(&mut server, from, &message, code);
    let expected = if username != login.username.as_bytes() || lifetime.is_zero() {
        Some(ErrorCode::Unauthorized)
    } else if given_nonce != nonce {
        Some(ErrorCode::StaleNonce)
    } else {
        None
    };
    assert_eq!(got, expected);
    assert_eq!(server.stats().allocations, u64::from(expected.is_none()));
}

fn code(answer: &Message<'_>) -> Option<ErrorCode> {
    let value = answer.attribute(AttributeType::ERROR_CODE)?;
    Some(decode_error_code(value).expect("a code this server sends"))
}

fn answer<R>(
    server: &mut Server,
    from: FiveTuple,
    request: &[u8],
    read: impl FnOnce(&Message<'_>) -> R,
) -> R {
    let (_, _, deeds) = server.take_from_client(from, request);
    let bytes = deeds.iter().find_map(|deed| match deed {
        Deed::Answered { bytes, .. } => Some(bytes),
        Deed::Allocated(_) | Deed::Released(_) | Deed::Closed(_) => None,
    });
    read(&Message::decode(bytes.expect("a request is answered")).expect("a well-formed answer"))
}
