//! A1–A7: long-term credentials.

use std::time::Duration;

use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, Integrity, IntegrityKey, Message, MessageBuilder, Method,
    PasswordAlgorithm,
};
use visavis_turn::{Input, Output, issue};

use crate::world::{Client, Fate, REALM, START, World, secret, udp};

/// What comes with 401 and 438.
const CHALLENGE: [AttributeType; 3] =
    [AttributeType::REALM, AttributeType::NONCE, AttributeType::PASSWORD_ALGORITHMS];

fn code_of(world: &mut World, client: &Client, bytes: &[u8]) -> Option<ErrorCode> {
    match world.send(client.at, bytes) {
        Fate::Answered(answer) => answer.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a1_without_integrity_the_answer_is_401_with_realm_and_nonce_for_every_method() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    for method in [Method::Allocate, Method::Refresh, Method::CreatePermission, Method::ChannelBind] {
        let request = MessageBuilder::new(Class::Request, method, world.transaction()).finish();
        let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
        assert_eq!((answer.class, answer.code), (Class::Error, Some(ErrorCode::Unauthorized)));
        assert_eq!(answer.attribute(AttributeType::REALM), REALM.as_bytes());
        assert_eq!(answer.kinds(), CHALLENGE);
    }
}

#[test]
fn a1_integrity_without_user_name_realm_or_nonce_is_400() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let attributes = [
        (AttributeType::USERNAME, client.username.clone()),
        (AttributeType::REALM, REALM.to_owned()),
        (AttributeType::NONCE, client.nonce.clone()),
    ];
    for missing in 0..3 {
        let mut message = udp(MessageBuilder::new(Class::Request, Method::Allocate, world.transaction()));
        for (index, (kind, value)) in attributes.iter().enumerate() {
            if index != missing {
                message = message.attribute(*kind, value.as_bytes());
            }
        }
        let Fate::Answered(answer) = world.send(client.at, &message.integrity(&client.key).finish()) else {
            panic!()
        };
        assert_eq!((answer.code, answer.attributes), (Some(ErrorCode::BadRequest), vec![]));
    }
}

#[test]
fn a1_a_wrong_password_or_user_name_is_401_even_with_a_stale_nonce() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let mut wrong = client.clone();
    wrong.key = IntegrityKey::long_term(&client.username, REALM, "guess");
    assert_eq!(world.request(&wrong, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
    wrong.nonce = "stale".to_owned();
    assert_eq!(world.request(&wrong, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
    for username in ["alice", "", "soon:alice", ":alice"] {
        let mut other = client.clone();
        other.username = username.to_owned();
        assert_eq!(
            world.request(&other, Method::Allocate, udp).code,
            Some(ErrorCode::Unauthorized),
            "{username}"
        );
    }
    assert_eq!(world.stats().allocations, 0);
    assert_eq!(world.request(&client, Method::Allocate, udp).class, Class::Success);
}

#[test]
fn a1_an_unknown_or_old_nonce_is_438_with_a_fresh_one_that_works() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    let strangers_nonce = {
        let mut other = world.client("198.51.100.9:40000");
        world.challenge(&mut other);
        other.nonce
    };
    let good = client.nonce.clone();
    for nonce in ["", "x", &good[..21], &format!("{good}A"), &strangers_nonce, "AAAAAAAAAAAAAAAAAAAAAA"] {
        client.nonce = nonce.to_owned();
        assert_eq!(world.refresh(&client, 600).code, Some(ErrorCode::StaleNonce), "{nonce}");
    }
    let answer = world.refresh(&client, 600);
    assert_eq!(answer.kinds(), CHALLENGE);
    client.nonce = String::from_utf8(answer.attribute(AttributeType::NONCE).to_vec()).unwrap();
    assert_eq!(world.refresh(&client, 600).class, Class::Success);
}

#[test]
fn a6_a_nonce_is_good_for_its_lifetime_and_no_longer() {
    let mut world = World::with(|config| config.limits.nonce_lifetime = Duration::from_secs(300));
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.advance(Duration::from_secs(299));
    assert_eq!(world.refresh(&client, 600).class, Class::Success);
    world.advance(Duration::from_secs(1));
    assert_eq!(world.refresh(&client, 600).code, Some(ErrorCode::StaleNonce));
}

#[test]
fn a3_a_nonce_outlives_a_restart_and_one_change_of_key() {
    let mut before = World::new();
    let mut client = before.client("192.0.2.7:40000");
    before.challenge(&mut client);

    let mut restarted = World::new();
    assert_eq!(restarted.request(&client, Method::Allocate, udp).class, Class::Success);
    let mut changed =
        World::with(|config| (config.nonce_key, config.previous_nonce_key) = ([2; 32], Some([1; 32])));
    assert_eq!(changed.request(&client, Method::Allocate, udp).class, Class::Success);
    let mut foreign = World::with(|config| config.nonce_key = [3; 32]);
    assert_eq!(foreign.request(&client, Method::Allocate, udp).code, Some(ErrorCode::StaleNonce));
}

#[test]
fn a4_the_first_authenticated_allocate_is_never_438_even_from_another_port() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    // Chrome's answer to 437: a new socket, the old nonce.
    client.at.client.set_port(40001);
    assert_eq!(world.request(&client, Method::Allocate, udp).class, Class::Success);
}

#[test]
fn a5_another_user_name_on_the_same_connection_is_441() {
    let mut world = World::new();
    let mut alice = world.client_of("alice", "192.0.2.7:40000");
    world.allocate(&mut alice);
    let mut bob = world.client_of("bob", "192.0.2.7:40000");
    bob.nonce = alice.nonce.clone();
    assert_eq!(world.refresh(&bob, 0).code, Some(ErrorCode::WrongCredentials));
    assert_eq!(world.permit(&bob, &["9.9.9.9:0"]).code, Some(ErrorCode::WrongCredentials));
    assert_eq!(world.bind(&bob, 0x4000, "9.9.9.9:9000").code, Some(ErrorCode::WrongCredentials));
    assert_eq!(world.request(&bob, Method::Allocate, udp).code, Some(ErrorCode::AllocationMismatch));
    assert_eq!(world.stats().allocations, 1);
}

#[test]
fn a5_requests_without_allocation_are_437() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    assert_eq!(world.refresh(&client, 600).code, Some(ErrorCode::AllocationMismatch));
    assert_eq!(world.permit(&client, &["9.9.9.9:0"]).code, Some(ErrorCode::AllocationMismatch));
    assert_eq!(world.bind(&client, 0x4000, "9.9.9.9:9000").code, Some(ErrorCode::AllocationMismatch));
}

#[test]
fn a6_an_expired_credential_opens_nothing_but_refreshes_until_its_grace_is_over() {
    let mut world = World::with(|config| config.limits.credential_grace = Duration::from_secs(1000));
    let at = world.client("192.0.2.7:40000").at;
    let mut client = Client::new(at, "alice", START + Duration::from_secs(100));
    world.allocate(&mut client);
    world.advance(Duration::from_secs(100));
    assert_eq!(world.refresh(&client, 3600).class, Class::Success);
    let mut late = client.clone();
    late.at.client.set_port(40001);
    assert_eq!(world.request(&late, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
    world.advance(Duration::from_secs(999));
    assert_eq!(world.refresh(&client, 3600).class, Class::Success);
    world.advance(Duration::from_secs(1));
    assert_eq!(world.refresh(&client, 3600).code, Some(ErrorCode::Unauthorized));
}

#[test]
fn a6_credentials_follow_the_time_of_day_when_it_is_set() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    world.handle(Input::WallClock { unix: START + Duration::from_secs(3600) });
    assert_eq!(world.request(&client, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
}

#[test]
fn a7_a_hang_up_ends_the_allocations_of_the_call_and_no_others() {
    let mut world = World::new();
    let mut clients: Vec<Client> = [("alice/c1", 1), ("alice/c1", 2), ("alice/c2", 3), ("bob/c1", 4)]
        .map(|(user, port)| world.client_of(user, &format!("192.0.2.7:{port}")))
        .into();
    for client in &mut clients {
        world.allocate(client);
    }
    world.told.clear();
    world.handle(Input::Revoke { subject: "alice/c1", until: START + Duration::from_secs(3600) });
    let released = |client: &Client| Output::Released { five_tuple: client.at };
    assert_eq!(world.told, [released(&clients[0]), released(&clients[1])]);
    assert_eq!((world.stats().allocations, world.ports.len()), (2, 2));
    assert_eq!(world.refresh(&clients[0], 600).code, Some(ErrorCode::Unauthorized));
    assert_eq!(world.refresh(&clients[2], 600).class, Class::Success);
}

#[test]
fn a7_a_credential_for_a_call_goes_with_the_call_the_device_or_the_user_and_with_no_other_call() {
    let until = START + Duration::from_secs(3600);
    let released_by = |subject: &str| {
        let mut world = World::new();
        for (user, port) in
            [("alice/laptop/c1", 1), ("alice/laptop/c2", 2), ("alice/phone/c1", 3), ("alice/laptop", 4)]
        {
            let mut client = world.client_of(user, &format!("192.0.2.7:{port}"));
            world.allocate(&mut client);
        }
        world.told.clear();
        world.handle(Input::Revoke { subject, until });
        let port = |told: &Output| match told {
            Output::Released { five_tuple } => five_tuple.client.port(),
            other => panic!("{other:?}"),
        };
        world.told.iter().map(port).collect::<Vec<u16>>()
    };
    assert_eq!(released_by("alice/c1"), [1, 3]);
    assert_eq!(released_by("alice/laptop"), [1, 2, 4]);
    assert_eq!(released_by("alice"), [1, 2, 3, 4]);
    for other in ["alice/laptop/c1", "alice/c", "bob/c1", "c1", ""] {
        assert_eq!(released_by(other), [0; 0], "{other}");
    }
}

#[test]
fn a1_a_user_name_that_is_not_text_is_401() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let request = udp(MessageBuilder::new(Class::Request, Method::Allocate, world.transaction()))
        .attribute(AttributeType::USERNAME, &[0xff, 0xfe])
        .attribute(AttributeType::REALM, REALM.as_bytes())
        .attribute(AttributeType::NONCE, client.nonce.as_bytes())
        .integrity(&client.key)
        .finish();
    assert_eq!(code_of(&mut world, &client, &request), Some(ErrorCode::Unauthorized));
}

const SHA_256: [u8; 4] = [0, 2, 0, 0];

/// Signs a request as a client of RFC 8489 does that has made its key by the better algorithm.
fn sign_by_sha_256(client: &Client, message: MessageBuilder) -> Vec<u8> {
    client.sign(
        message
            .attribute(AttributeType::PASSWORD_ALGORITHMS, &PasswordAlgorithm::OFFERED)
            .attribute(AttributeType::PASSWORD_ALGORITHM, &SHA_256),
    )
}

/// The client with the key that an algorithm and an attribute ask for.
fn with_key(client: &Client, integrity: Integrity, algorithm: PasswordAlgorithm) -> Client {
    let mut client = client.clone();
    let (expiry, user) = client.username.split_once(':').unwrap();
    let credential = issue(&secret(), user, Duration::from_secs(expiry.parse().unwrap()));
    client.key = IntegrityKey::derived(integrity, algorithm, &client.username, REALM, &credential.password);
    client
}

#[test]
fn a2_the_nonce_says_that_password_algorithms_were_offered_the_better_one_first() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    let request = MessageBuilder::new(Class::Request, Method::Allocate, world.transaction()).finish();
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    // RFC 8489 §18.1 with erratum 6290: bit 0 of the security features is the last one, in base64 behind the cookie.
    assert!(answer.attribute(AttributeType::NONCE).starts_with(b"obMatJos2AAAB"));
    assert_eq!(answer.attribute(AttributeType::PASSWORD_ALGORITHMS), [0, 2, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn a2_each_algorithm_goes_with_each_integrity_and_the_answer_is_protected_alike() {
    for integrity in [Integrity::Sha1, Integrity::Sha256] {
        for algorithm in [PasswordAlgorithm::Md5, PasswordAlgorithm::Sha256] {
            let mut world = World::new();
            let mut client = world.client("192.0.2.7:40000");
            world.challenge(&mut client);
            let client = with_key(&client, integrity, algorithm);
            for method in [Method::Allocate, Method::Refresh] {
                let message = udp(MessageBuilder::new(Class::Request, method, world.transaction()));
                let request = match algorithm {
                    PasswordAlgorithm::Md5 => client.sign(message),
                    PasswordAlgorithm::Sha256 => sign_by_sha_256(&client, message),
                };
                let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
                assert_eq!(
                    (answer.class, answer.code),
                    (Class::Success, None),
                    "{integrity:?} {algorithm:?}"
                );
                let read = Message::decode(&answer.bytes).unwrap();
                assert_eq!(read.integrity(), Some(integrity));
                assert!(read.verify_integrity(&client.key));
            }
        }
    }
}

#[test]
fn a2_one_allocation_may_be_spoken_for_in_both_ways() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    let better = with_key(&client, Integrity::Sha256, PasswordAlgorithm::Sha256);
    let refresh = MessageBuilder::new(Class::Request, Method::Refresh, world.transaction());
    let request = sign_by_sha_256(&better, refresh);
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    assert_eq!(answer.class, Class::Success);
    assert_eq!(world.refresh(&client, 600).class, Class::Success);
}

#[test]
fn a2_an_offer_that_comes_back_changed_or_a_choice_without_it_is_400() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let client = with_key(&client, Integrity::Sha256, PasswordAlgorithm::Sha256);
    let offered = PasswordAlgorithm::OFFERED;
    let only_md5 = [0, 1, 0, 0];
    let wrong: [&[(AttributeType, &[u8])]; 6] = [
        &[(AttributeType::PASSWORD_ALGORITHM, &SHA_256)],
        &[(AttributeType::PASSWORD_ALGORITHMS, &offered)],
        &[(AttributeType::PASSWORD_ALGORITHMS, &only_md5), (AttributeType::PASSWORD_ALGORITHM, &only_md5)],
        &[(AttributeType::PASSWORD_ALGORITHMS, &offered), (AttributeType::PASSWORD_ALGORITHM, &[0, 3, 0, 0])],
        &[(AttributeType::PASSWORD_ALGORITHMS, &offered), (AttributeType::PASSWORD_ALGORITHM, &[0, 2])],
        &[(AttributeType::PASSWORD_ALGORITHMS, &[]), (AttributeType::PASSWORD_ALGORITHM, &SHA_256)],
    ];
    for attributes in wrong {
        let message = udp(MessageBuilder::new(Class::Request, Method::Allocate, world.transaction()));
        let message =
            attributes.iter().fold(message, |message, (kind, value)| message.attribute(*kind, value));
        assert_eq!(
            code_of(&mut world, &client, &client.sign(message)),
            Some(ErrorCode::BadRequest),
            "{attributes:?}"
        );
    }
    assert_eq!(world.stats().allocations, 0);
}

#[test]
fn a2_who_strips_the_offer_from_the_challenge_has_to_change_the_nonce_and_that_is_438() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    for nonce in
        [client.nonce.replace("obMatJos2AAAB", "obMatJos2AAAA"), client.nonce.replace("obMatJos2AAAB", "")]
    {
        let mut misled = client.clone();
        misled.nonce = nonce;
        assert_eq!(world.request(&misled, Method::Allocate, udp).code, Some(ErrorCode::StaleNonce));
    }
}

#[test]
fn a2_of_two_integrity_attributes_the_stronger_counts_and_a_short_one_is_no_message() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let strong = with_key(&client, Integrity::Sha256, PasswordAlgorithm::Md5);
    let named = udp(MessageBuilder::new(Class::Request, Method::Allocate, world.transaction()))
        .attribute(AttributeType::USERNAME, client.username.as_bytes())
        .attribute(AttributeType::REALM, REALM.as_bytes())
        .attribute(AttributeType::NONCE, client.nonce.as_bytes());
    let mut guess = client.clone();
    guess.key = IntegrityKey::long_term(&client.username, REALM, "guess");
    let half_right = named
        .clone()
        .integrity(&client.key)
        .integrity(&with_key(&guess, Integrity::Sha256, PasswordAlgorithm::Sha256).key);
    assert_eq!(code_of(&mut world, &client, &half_right.finish()), Some(ErrorCode::Unauthorized));
    let short = named.clone().attribute(AttributeType::MESSAGE_INTEGRITY_SHA256, &[7; 16]);
    assert!(matches!(world.send(client.at, &short.finish()), Fate::Dropped(_)));
    let both = named.integrity(&client.key).integrity(&strong.key);
    let Fate::Answered(answer) = world.send(client.at, &both.finish()) else { panic!() };
    assert_eq!(Message::decode(&answer.bytes).unwrap().integrity(), Some(Integrity::Sha256));
    assert_eq!(answer.class, Class::Success);
}

/// Signs a request as a client of RFC 8489 does that shows no name.
fn sign_by_hash(client: &Client, hash: &[u8], message: MessageBuilder) -> Vec<u8> {
    message
        .attribute(AttributeType::USERHASH, hash)
        .attribute(AttributeType::REALM, REALM.as_bytes())
        .attribute(AttributeType::NONCE, client.nonce.as_bytes())
        .integrity(&client.key)
        .finish()
}

fn hash_of(client: &Client) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(format!("{}:{REALM}", client.username)).to_vec()
}

fn world_that_knows_names() -> World {
    World::with(|config| config.knows_names = true)
}

fn allocate_by_hash(world: &mut World, client: &Client, hash: &[u8]) -> Option<ErrorCode> {
    let message = udp(MessageBuilder::new(Class::Request, Method::Allocate, world.transaction()));
    code_of(world, client, &sign_by_hash(client, hash, message))
}

#[test]
fn a2_a_name_that_was_told_may_be_sent_as_a_hash_for_the_whole_life_of_an_allocation() {
    let mut world = world_that_knows_names();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let hash = hash_of(&client);
    assert_eq!(allocate_by_hash(&mut world, &client, &hash), Some(ErrorCode::Unauthorized));
    world.handle(Input::Known { username: &client.username });
    assert_eq!(allocate_by_hash(&mut world, &client, &hash), None);
    assert_eq!(world.stats().allocations, 1);
    // With the hash or the name, it is the same user; and other hashes are nobody's.
    assert_eq!(world.refresh(&client, 600).class, Class::Success);
    for wrong in [&[7; 32][..], &hash[..31], &[]] {
        let refresh = MessageBuilder::new(Class::Request, Method::Refresh, world.transaction());
        let request = sign_by_hash(&client, wrong, refresh);
        assert_eq!(code_of(&mut world, &client, &request), Some(ErrorCode::Unauthorized), "{wrong:?}");
    }
    let refresh = MessageBuilder::new(Class::Request, Method::Refresh, world.transaction());
    assert_eq!(code_of(&mut world, &client, &sign_by_hash(&client, &hash, refresh)), None);
}

#[test]
fn a2_hashes_are_offered_only_by_a_server_that_is_told_of_names() {
    for (knows_names, features) in [(true, b"obMatJos2AAAD"), (false, b"obMatJos2AAAB")] {
        let mut world = World::with(|config| config.knows_names = knows_names);
        let mut client = world.client("192.0.2.7:40000");
        world.challenge(&mut client);
        assert!(client.nonce.as_bytes().starts_with(features), "{}", client.nonce);
        world.handle(Input::Known { username: &client.username });
        let expected = if knows_names { None } else { Some(ErrorCode::BadRequest) };
        let hash = hash_of(&client);
        assert_eq!(allocate_by_hash(&mut world, &client, &hash), expected);
    }
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let both = |message| udp(message).attribute(AttributeType::USERHASH, &[7; 32]);
    let answer = world.request(&client, Method::Allocate, both);
    assert_eq!(answer.code, Some(ErrorCode::UnknownAttribute));
    assert_eq!(answer.attribute(AttributeType::UNKNOWN_ATTRIBUTES), [0x00, 0x1E]);
}

#[test]
fn a2_who_strips_the_offer_of_hashes_has_to_change_the_nonce_and_that_is_438() {
    let mut world = world_that_knows_names();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    client.nonce = client.nonce.replace("obMatJos2AAAD", "obMatJos2AAAB");
    assert_eq!(world.request(&client, Method::Allocate, udp).code, Some(ErrorCode::StaleNonce));
}

#[test]
fn a2_names_are_forgotten_when_they_expire_and_the_first_to_expire_when_there_are_too_many() {
    let mut world = World::with(|config| {
        config.knows_names = true;
        config.limits.known_names = 2;
        config.limits.credential_grace = Duration::ZERO;
    });
    let at = world.client("192.0.2.7:40000").at;
    let clients: Vec<Client> =
        [300, 100, 200].map(|seconds| Client::new(at, "alice", START + Duration::from_secs(seconds))).into();
    for client in &clients {
        world.handle(Input::Known { username: &client.username });
    }
    assert_eq!(world.stats().names_dropped, 1);
    let probe = |world: &mut World, index: usize| {
        let mut client = clients[index].clone();
        world.challenge(&mut client);
        let hash = hash_of(&client);
        let code = allocate_by_hash(world, &client, &hash);
        world.refresh(&client, 0);
        code
    };
    assert_eq!(probe(&mut world, 0), None);
    assert_eq!(probe(&mut world, 1), Some(ErrorCode::Unauthorized));
    assert_eq!(probe(&mut world, 2), None);
    world.advance(Duration::from_secs(200));
    assert_eq!(probe(&mut world, 2), Some(ErrorCode::Unauthorized));
}

#[test]
fn a7_a_revoked_credential_opens_nothing_any_more_and_a_new_one_does() {
    let mut world = World::new();
    let at = world.client("192.0.2.7:40000").at;
    let expiring = |seconds| Client::new(at, "alice/c1", START + Duration::from_secs(seconds));
    let mut old = expiring(3600);
    world.challenge(&mut old);
    world.handle(Input::Revoke { subject: "alice/c1", until: START + Duration::from_secs(3600) });
    assert_eq!(world.request(&old, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
    // Other calls of the same user go on, and who comes back is given a new credential.
    let mut other = world.client_of("alice/c2", "192.0.2.7:40001");
    world.allocate(&mut other);
    let mut new = Client { nonce: old.nonce.clone(), ..expiring(3601) };
    assert_eq!(world.request(&new, Method::Allocate, udp).class, Class::Success);
    new.at.client.set_port(40002);
    world.advance(Duration::from_secs(3599));
    world.challenge(&mut old);
    assert_eq!(world.request(&old, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
}

#[test]
fn a7_a_user_is_revoked_with_all_that_was_issued_to_him() {
    let mut world = World::new();
    let mut clients: Vec<Client> = [("alice", 1), ("alice/c1", 2), ("alicia/c1", 3)]
        .map(|(user, port)| world.client_of(user, &format!("192.0.2.7:{port}")))
        .into();
    for client in &mut clients {
        world.allocate(client);
    }
    world.handle(Input::Revoke { subject: "alice", until: START + Duration::from_secs(3600) });
    let codes: Vec<Option<ErrorCode>> =
        clients.iter().map(|client| world.refresh(client, 600).code).collect();
    assert_eq!(codes, [Some(ErrorCode::Unauthorized), Some(ErrorCode::Unauthorized), None]);
}

#[test]
fn a7_who_is_revoked_twice_while_a_port_is_opened_takes_nothing_from_who_has_the_address_next() {
    let mut world = World::new();
    let mut alice = world.client_of("alice", "192.0.2.7:40000");
    world.challenge(&mut alice);
    world.unanswered = Some(Vec::new());
    let request = world.sign(&alice, Method::Allocate, udp);
    assert_eq!(world.send(alice.at, &request), Fate::Silent);
    let revoke = Input::Revoke { subject: "alice", until: START + Duration::from_secs(3600) };
    world.handle(revoke);
    let wishes = world.unanswered.take().unwrap();

    let mut bob = world.client_of("bob", "192.0.2.7:40000");
    world.allocate(&mut bob);
    world.handle(revoke);
    assert_eq!(world.refresh(&bob, 600).code, None);
    world.handle(Input::RelayOpened { relay: wishes[0] });
    assert_eq!(world.refresh(&bob, 600).code, None);
    assert_eq!((world.stats().allocations, world.ports.len()), (1, 1));
}

#[test]
fn a7_when_too_many_are_revoked_the_first_to_expire_is_forgotten_and_counted() {
    let mut world = World::with(|config| config.limits.revocations = 2);
    for (subject, seconds) in [("alice", 100), ("bob", 50), ("carol", 200)] {
        world.handle(Input::Revoke { subject, until: START + Duration::from_secs(seconds) });
    }
    assert_eq!(world.stats().revocations_dropped, 1);
    for (user, is_revoked) in [("alice", true), ("bob", false), ("carol", true)] {
        let at = world.client("192.0.2.7:40000").at;
        let mut client = Client::new(at, user, START + Duration::from_secs(50));
        world.challenge(&mut client);
        let code = world.request(&client, Method::Allocate, udp).code;
        assert_eq!(code, is_revoked.then_some(ErrorCode::Unauthorized), "{user}");
        world.refresh(&client, 0);
    }
}
