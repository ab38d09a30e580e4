//! The store as the server uses it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use uuid::Uuid;
use visavis_proto::{Address, CallId, Direction, EndReason, MediaKind, Outcome, Timestamp, UserId};
use visavis_store::{
    Account, HISTORY_PER_USER, HistoryRow, KeptRecording, LOGINS_PER_USER, Login, PastCall, PushTarget,
    SignUpLink, Store, TokenHash, User,
};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DAY: Duration = Duration::from_secs(86_400);

struct World {
    store: Store,
    _folder: tempfile::TempDir,
}

/// A store with Alice and Bob, neither of whom has signed up.
async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("visavis.db")).unwrap();
    for name in ["alice", "bob"] {
        assert!(store.add_user(user(name), NOW).await.unwrap());
    }
    World { store, _folder: folder }
}

fn id(name: &str) -> UserId {
    name.parse().unwrap()
}

fn user(name: &str) -> User {
    User { id: id(name), display_name: name.to_uppercase() }
}

fn token(number: u32) -> TokenHash {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    TokenHash(hash)
}

fn call(number: u128) -> CallId {
    CallId(Uuid::from_u128(number))
}

/// Where calls of that browser go, for whoever is signed in there.
fn push(user: &str, device: &str, login: u32, endpoint: &str) -> PushTarget {
    PushTarget {
        address: Address { user: id(user), device: device.parse().unwrap() },
        login: token(login),
        device_name: device.to_owned(),
        endpoint: endpoint.to_owned(),
        p256dh: vec![4; 65],
        auth: vec![1; 16],
    }
}

fn row(user: &str, number: u128, peer: &str) -> HistoryRow {
    HistoryRow {
        user: id(user),
        call: call(number),
        peer: id(peer),
        direction: Direction::Out,
        outcome: Outcome::Answered,
        reason: EndReason::Hangup,
        media: vec![MediaKind::Audio, MediaKind::Video],
        started: NOW + Duration::from_secs(u64::try_from(number).unwrap()),
        duration: Duration::from_millis(61_500),
        device_name: Some("Firefox".to_owned()),
        peer_name: peer.to_owned(),
        quiet: false,
        request: false,
        guest: None,
        recordings: Vec::new(),
    }
}

fn past(row: HistoryRow, peer_name: &str) -> PastCall {
    PastCall { row, peer_name: peer_name.to_owned(), unseen: false }
}

#[tokio::test]
async fn a_name_can_be_taken_once() {
    let World { store, .. } = &world().await;

    assert!(!store.add_user(user("alice"), NOW).await.unwrap());
    assert_eq!(store.user(&id("alice")).await.unwrap(), Some(user("alice")));
    assert_eq!(store.user(&id("carol")).await.unwrap(), None);
    let account = |name| Account {
        user: user(name),
        created: NOW,
        signed_up: false,
        admin: false,
        disabled: false,
        last_seen: None,
    };
    assert_eq!(store.accounts().await.unwrap(), [account("alice"), account("bob")]);
    assert!(!store.is_empty().await.unwrap());
}

#[tokio::test]
async fn a_sign_up_link_sets_a_password_once() {
    let World { store, .. } = &world().await;
    let expires = NOW + 7 * DAY;
    assert!(store.set_sign_up_link(&id("alice"), token(1), expires).await.unwrap());
    assert!(!store.set_sign_up_link(&id("carol"), token(2), expires).await.unwrap());

    let link = store.sign_up_link(token(1), NOW).await.unwrap();
    let first = store.sign_up(token(1), "hash".to_owned(), Some("Alice A.".to_owned()), NOW).await.unwrap();
    let second = store.sign_up(token(1), "other".to_owned(), None, NOW).await.unwrap();

    assert_eq!(link, Some(SignUpLink { user: id("alice"), expires }));
    assert_eq!(first, Some(User { id: id("alice"), display_name: "Alice A.".to_owned() }));
    assert_eq!(second, None);
    assert_eq!(store.password(&id("alice")).await.unwrap(), Some("hash".to_owned()));
    assert_eq!(store.password(&id("bob")).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_signs_up() {
    let World { store, .. } = &world().await;
    store.set_sign_up_link(&id("alice"), token(1), NOW + DAY).await.unwrap();

    let (one, other) = tokio::join!(
        store.sign_up(token(1), "one".to_owned(), None, NOW),
        store.sign_up(token(1), "other".to_owned(), None, NOW),
    );

    assert_eq!((one.unwrap().is_some(), other.unwrap().is_some()), (true, false));
    assert_eq!(store.password(&id("alice")).await.unwrap(), Some("one".to_owned()));
}

#[tokio::test]
async fn a_new_link_replaces_the_old_one_and_an_expired_one_is_nothing() {
    let World { store, .. } = &world().await;
    store.set_sign_up_link(&id("alice"), token(1), NOW + DAY).await.unwrap();
    store.set_sign_up_link(&id("alice"), token(2), NOW + DAY).await.unwrap();

    assert_eq!(store.sign_up_link(token(1), NOW).await.unwrap(), None);
    assert!(store.sign_up_link(token(2), NOW).await.unwrap().is_some());
    assert_eq!(store.sign_up_link(token(2), NOW + DAY).await.unwrap(), None);
    assert_eq!(store.sign_up(token(2), "late".to_owned(), None, NOW + DAY).await.unwrap(), None);
}

#[tokio::test]
async fn choosing_a_password_ends_every_login_of_before() {
    let World { store, .. } = &world().await;
    store.add_login(token(1), &id("alice"), NOW, NOW + DAY).await.unwrap();
    store.add_login(token(2), &id("bob"), NOW, NOW + DAY).await.unwrap();
    store.set_sign_up_link(&id("alice"), token(3), NOW + DAY).await.unwrap();

    store.sign_up(token(3), "hash".to_owned(), None, NOW).await.unwrap();

    assert_eq!(store.login(token(1), NOW).await.unwrap(), None);
    assert!(store.login(token(2), NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn a_login_lasts_as_long_as_it_is_used_until_it_is_ended() {
    let World { store, .. } = &world().await;
    assert!(store.add_login(token(1), &id("alice"), NOW, NOW + DAY).await.unwrap());
    assert!(!store.add_login(token(2), &id("carol"), NOW, NOW + DAY).await.unwrap());
    assert_eq!(store.login(token(1), NOW + DAY).await.unwrap(), None);

    let later = NOW + DAY / 2;
    store.extend_login(token(1), later, later + DAY).await.unwrap();

    let (expires, user) = (later + DAY, user("alice"));
    let login = Login { user, last_seen: later, expires, is_guest: false, is_shared: false, is_admin: false };
    assert_eq!(store.login(token(1), NOW + DAY).await.unwrap(), Some(login));
    store.end_login(token(1)).await.unwrap();
    assert_eq!(store.login(token(1), NOW).await.unwrap(), None);
}

#[tokio::test]
async fn the_login_unused_longest_gives_way_when_there_are_too_many() {
    let World { store, .. } = &world().await;
    for number in 0..=LOGINS_PER_USER {
        let now = NOW + Duration::from_secs(u64::from(number));
        store.add_login(token(number), &id("alice"), now, now + DAY).await.unwrap();
    }

    assert_eq!(store.login(token(0), NOW).await.unwrap(), None);
    assert!(store.login(token(1), NOW).await.unwrap().is_some());
    assert!(store.login(token(LOGINS_PER_USER), NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn sweeping_removes_what_has_expired_and_nothing_else() {
    let World { store, .. } = &world().await;
    store.add_login(token(1), &id("alice"), NOW, NOW + DAY).await.unwrap();
    store.add_login(token(2), &id("alice"), NOW, NOW + 2 * DAY).await.unwrap();
    store.set_sign_up_link(&id("alice"), token(3), NOW + DAY).await.unwrap();

    store.sweep(NOW + DAY).await.unwrap();

    // Asked as of the beginning, when neither had expired.
    assert_eq!(store.login(token(1), NOW).await.unwrap(), None);
    assert!(store.login(token(2), NOW).await.unwrap().is_some());
    assert_eq!(store.sign_up_link(token(3), NOW).await.unwrap(), None);
}

#[tokio::test]
async fn history_is_read_newest_first_page_by_page_with_the_names_to_show() {
    let World { store, .. } = &world().await;
    let rows: Vec<_> =
        [(1, "bob"), (2, "stranger"), (3, "bob")].map(|(number, peer)| row("alice", number, peer)).into();
    store.add_history(rows.clone()).await.unwrap();

    let first = store.history(&id("alice"), None, 2).await.unwrap();
    let rest = store.history(&id("alice"), Some(call(2)), 2).await.unwrap();
    let unknown = store.history(&id("alice"), Some(call(9)), 2).await.unwrap();

    assert_eq!(first, [past(rows[2].clone(), "BOB"), past(rows[1].clone(), "stranger")]);
    assert_eq!(rest, [past(rows[0].clone(), "BOB")]);
    assert_eq!(unknown, []);
    assert_eq!(store.history(&id("bob"), None, 2).await.unwrap(), []);
}

#[tokio::test]
async fn telling_the_same_call_twice_keeps_its_first_line() {
    let World { store, .. } = &world().await;
    let first = row("alice", 1, "bob");
    let again = HistoryRow { outcome: Outcome::Failed, ..first.clone() };
    let of_bob = row("bob", 1, "alice");

    store.add_history(vec![first.clone()]).await.unwrap();
    store.add_history(vec![again, of_bob.clone(), row("stranger", 1, "alice")]).await.unwrap();

    assert_eq!(store.history(&id("alice"), None, 9).await.unwrap(), [past(first, "BOB")]);
    assert_eq!(store.history(&id("bob"), None, 9).await.unwrap(), [past(of_bob, "ALICE")]);
    assert_eq!(store.history(&id("stranger"), None, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_login_that_several_people_use_has_the_hash_of_a_pin_and_no_other_login_has_it() {
    let World { store, .. } = &world().await;
    let (tablet, phone) = (TokenHash([1; 32]), TokenHash([2; 32]));
    for login in [tablet, phone] {
        assert!(store.add_login(login, &id("alice"), NOW, NOW + DAY).await.unwrap());
    }
    let shared = async |login| store.login(login, NOW).await.unwrap().unwrap().is_shared;

    store.set_pin(tablet, Some("hash".to_owned())).await.unwrap();

    assert_eq!((shared(tablet).await, shared(phone).await), (true, false));
    assert_eq!(store.pin(tablet).await.unwrap().as_deref(), Some("hash"));
    assert_eq!(store.pin(phone).await.unwrap(), None);
    store.set_pin(tablet, None).await.unwrap();
    assert!(!shared(tablet).await);
}

#[tokio::test]
async fn what_was_recorded_of_a_call_is_kept_with_its_line() {
    let World { store, .. } = &world().await;
    let kept = |by_owner, from, seconds| KeptRecording {
        by_owner,
        since: NOW + Duration::from_secs(from),
        until: NOW + Duration::from_secs(from + seconds),
    };
    let first =
        HistoryRow { recordings: vec![kept(true, 1, 30), kept(false, 40, 0)], ..row("alice", 1, "bob") };

    store.add_history(vec![first.clone()]).await.unwrap();

    assert_eq!(store.history(&id("alice"), None, 9).await.unwrap(), [past(first, "BOB")]);
}

#[tokio::test]
async fn the_oldest_line_of_history_gives_way_when_there_are_too_many() {
    let World { store, .. } = &world().await;
    let rows = (0..=u128::from(HISTORY_PER_USER)).map(|number| row("alice", number, "bob")).collect();

    store.add_history(rows).await.unwrap();

    let all = store.history(&id("alice"), None, HISTORY_PER_USER + 9).await.unwrap();
    assert_eq!(all.len(), HISTORY_PER_USER as usize);
    assert_eq!(all.last().map(|past| past.row.call), Some(call(1)));
}

#[tokio::test]
async fn requests_at_once_are_all_answered() {
    let World { store, .. } = &world().await;
    let waiting: Vec<_> = (0..500)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.add_user(user(&format!("user{number}")), NOW).await })
        })
        .collect();

    for answer in waiting {
        assert!(answer.await.unwrap().unwrap());
    }
    assert_eq!(store.accounts().await.unwrap().len(), 502);
}

#[tokio::test]
async fn an_endpoint_is_of_whoever_registered_it_last_and_of_nobody_whose_login_has_ended() {
    let world = world().await;
    for (number, name) in [(1, "alice"), (2, "bob")] {
        assert!(world.store.add_login(token(number), &id(name), NOW, NOW + DAY).await.unwrap());
    }
    let endpoints = async |name: &str| {
        let pushes = world.store.pushes(&id(name), NOW).await.unwrap();
        pushes.into_iter().map(|push| push.endpoint).collect::<Vec<_>>()
    };
    let [here, there] = ["https://push.example.org/here", "https://push.example.org/there"];
    world.store.put_push(push("alice", "desk", 1, here), NOW).await.unwrap();
    world.store.put_push(push("alice", "couch", 1, there), NOW).await.unwrap();

    world.store.put_push(push("bob", "desk", 9, here), NOW).await.unwrap();
    assert_eq!((endpoints("alice").await.len(), endpoints("bob").await.len()), (2, 0), "no login, no change");

    world.store.put_push(push("bob", "desk", 2, here), NOW).await.unwrap();
    assert_eq!((endpoints("alice").await, endpoints("bob").await), (vec![there.into()], vec![here.into()]));
    world.store.put_push(push("bob", "renamed", 2, here), NOW).await.unwrap();
    assert_eq!(endpoints("bob").await, [here]);
}
