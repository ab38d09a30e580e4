//! What the relay inside the server is told of its users: who is signed in, and who no longer is.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use visavis_relay::probe::{Probe, ProbeError};
use visavis_turn::Credential;
use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, IntegrityKey, Message, MessageBuilder, Method, TransactionId,
};

use crate::bed::*;

async fn two_people() -> Bed {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    bed
}

/// A device that has said hello, and what it was given for the relay.
async fn phone_with_credential(bed: &Bed, user: &str, device: &str) -> (Phone, Credential) {
    let (phone, welcome) = bed.phone_with(user, device, json!([])).await;
    let servers = welcome["data"]["ice"]["servers"].as_array().unwrap();
    let turn = servers.iter().find(|server| server["username"].is_string()).unwrap();
    let text = |name: &str| turn[name].as_str().unwrap().to_owned();
    (phone, Credential { username: text("username"), password: text("credential") })
}

fn relay_of(bed: &Bed) -> SocketAddr {
    bed.server.reach.relay_udp[0]
}

/// Waits until a line of the metrics is this.
async fn until_metrics_say(bed: &Bed, line: &str) {
    let header = format!("authorization: Bearer {}\r\n", bed.server.metrics_token);
    let said = async {
        while !bed.get("/metrics", &header).await.1.lines().any(|it| it == line) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, said).await.unwrap_or_else(|_| panic!("the metrics never say {line}"));
}

async fn refusal(bed: &Bed, credential: &Credential) -> Option<ErrorCode> {
    match Probe::udp(relay_of(bed), credential).await.err()? {
        ProbeError::Refused(code) => Some(code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_signs_out_loses_what_they_have_at_the_relay_and_others_keep_theirs() {
    let bed = two_people().await;
    let (_alice, of_alice) = phone_with_credential(&bed, "alice", "tab").await;
    let (mut bob, of_bob) = phone_with_credential(&bed, "bob", "phone").await;
    let mut kept = Probe::udp(relay_of(&bed), &of_alice).await.unwrap();
    let _lost = Probe::udp(relay_of(&bed), &of_bob).await.unwrap();
    until_metrics_say(&bed, "visavis_relay_allocations 2").await;

    bed.sign_out("bob").await;

    assert_eq!(bob.hear_end().await, End::Code(4403));
    until_metrics_say(&bed, "visavis_relay_allocations 1").await;
    assert_eq!(refusal(&bed, &of_bob).await, Some(ErrorCode::Unauthorized));
    let mut other = Probe::udp(relay_of(&bed), &of_alice).await.unwrap();
    visavis_relay::probe::exchange(&mut kept, &mut other).await.unwrap();
    // Who comes back, within the same second, is given a credential that is good.
    bed.log_in_again("bob").await;
    let (_bob, of_bob) = phone_with_credential(&bed, "bob", "phone").await;
    assert_eq!(refusal(&bed, &of_bob).await, None);
}

#[tokio::test]
async fn who_is_removed_loses_what_devices_that_are_not_connected_have_at_the_relay() {
    let bed = two_people().await;
    let (bob, of_bob) = phone_with_credential(&bed, "bob", "phone").await;
    let _lost = Probe::udp(relay_of(&bed), &of_bob).await.unwrap();
    drop(bob);
    bed.until_sockets(0).await;

    bed.server.accounts.user_is_gone(&"bob".parse().unwrap());

    until_metrics_say(&bed, "visavis_relay_allocations 0").await;
    assert_eq!(refusal(&bed, &of_bob).await, Some(ErrorCode::Unauthorized));
}

/// A message's transaction.
fn number(number: u32) -> TransactionId {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&number.to_be_bytes());
    TransactionId(id)
}

#[tokio::test]
async fn an_address_at_which_somebody_is_signed_in_is_answered_more_often_than_a_strangers() {
    let bed = two_people().await;
    let _alice = bed.phone("alice", "tab").await;
    let ask = |nth| MessageBuilder::new(Class::Request, Method::Binding, number(nth)).finish();

    // Far more than a stranger gets at once, and each is answered.
    let known = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    for nth in 0..2000 {
        known.send_to(&ask(nth), relay_of(&bed)).await.unwrap();
        let mut answer = [0; 64];
        let length = timeout(PATIENCE, known.recv(&mut answer)).await.unwrap().unwrap();
        assert_eq!(Message::decode(&answer[..length]).unwrap().transaction, number(nth));
    }
    let header = format!("authorization: Bearer {}\r\n", bed.server.metrics_token);
    let none = "visavis_relay_dropped{reason=\"rate_limited\"} 0";
    assert!(bed.get("/metrics", &header).await.1.lines().any(|line| line == none));

    // At another address of this machine nobody is signed in.
    let stranger = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).await.unwrap();
    let refused = async {
        let mut nth = 0;
        while bed.get("/metrics", &header).await.1.lines().any(|line| line == none) {
            for _ in 0..100 {
                nth += 1;
                stranger.send_to(&ask(nth), relay_of(&bed)).await.unwrap();
            }
        }
    };
    timeout(PATIENCE, refused).await.unwrap();
}

/// The answer to an Allocate with these attributes.
async fn allocate(
    socket: &UdpSocket,
    nth: u32,
    add: impl FnOnce(MessageBuilder) -> MessageBuilder,
) -> Vec<u8> {
    let request = MessageBuilder::new(Class::Request, Method::Allocate, number(nth))
        // 17 is UDP.
        .attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    socket.send(&add(request).finish()).await.unwrap();
    let mut answer = vec![0; 1500];
    let length = timeout(PATIENCE, socket.recv(&mut answer)).await.unwrap().unwrap();
    answer.truncate(length);
    answer
}

/// Asks for an allocation with a hash in place of the name (RFC 8489 §14.4).
async fn allocate_by_hash(bed: &Bed, credential: &Credential) -> (Vec<u8>, Class) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.connect(relay_of(bed)).await.unwrap();
    let challenge = allocate(&socket, 1, |request| request).await;
    let challenge = Message::decode(&challenge).unwrap();
    let (realm, nonce) =
        (challenge.text(AttributeType::REALM).unwrap(), challenge.text(AttributeType::NONCE).unwrap());
    let hash = Sha256::digest(format!("{}:{realm}", credential.username));
    let key = IntegrityKey::long_term(&credential.username, realm, &credential.password);
    let signed = |request: MessageBuilder| {
        request
            .attribute(AttributeType::USERHASH, &hash)
            .attribute(AttributeType::REALM, realm.as_bytes())
            .attribute(AttributeType::NONCE, nonce.as_bytes())
            .integrity(&key)
    };
    let answer = allocate(&socket, 2, signed).await;
    (nonce.as_bytes().to_vec(), Message::decode(&answer).unwrap().class)
}

#[tokio::test]
async fn a_name_that_was_handed_out_may_come_as_a_hash_unless_there_are_relays_that_know_no_names() {
    let bed = two_people().await;
    let (_bob, credential) = phone_with_credential(&bed, "bob", "phone").await;
    let (nonce, class) = allocate_by_hash(&bed, &credential).await;
    assert_eq!(class, Class::Success);
    // The third of its features (RFC 8489 §18.1) offers it.
    assert!(nonce.starts_with(b"obMatJos2AAAD"));

    let bed = Bed::new(&["relay.others=turn:192.0.2.9"]).await;
    bed.person("bob", "Bob").await;
    let (_bob, credential) = phone_with_credential(&bed, "bob", "phone").await;
    let (nonce, class) = allocate_by_hash(&bed, &credential).await;
    assert_eq!(class, Class::Error);
    assert!(nonce.starts_with(b"obMatJos2AAAB"));
}

#[tokio::test]
async fn a_device_is_told_of_relays_elsewhere_behind_the_servers_own() {
    let bed = Bed::new(&["relay.others=turns:turn2.example.org"]).await;
    bed.person("bob", "Bob").await;
    let (_phone, welcome) = bed.phone_with("bob", "phone", json!([])).await;
    let port = relay_of(&bed).port();
    let servers = &welcome["data"]["ice"]["servers"];
    let urls: Vec<&Value> =
        servers.as_array().unwrap().iter().flat_map(|server| server["urls"].as_array().unwrap()).collect();
    assert_eq!(urls[0], &json!(format!("stun:127.0.0.1:{port}")));
    assert_eq!(urls.last().unwrap(), &&json!("turns:turn2.example.org:5349?transport=tcp"));
}
