//! Contacts, blocks, preferences, missed calls, and a database of before there were any.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use rusqlite::Connection;
use uuid::Uuid;
use visavis_proto::{CallId, Callers, Direction, EndReason, MediaKind, Outcome, Timestamp, UserId, limits};
use visavis_store::{
    Contact, ContactChange, HistoryRow, KeptPreferences, NotAdded, Store, TokenHash, Unseen, User,
};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

struct World {
    store: Store,
    _folder: tempfile::TempDir,
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("visavis.db")).unwrap();
    for name in ["alice", "bob", "carol"] {
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

fn contact(name: &str, given_name: Option<&str>, favourite: bool) -> Contact {
    Contact { user: user(name), given_name: given_name.map(str::to_owned), favourite }
}

fn missed(number: u128, peer: &str) -> HistoryRow {
    HistoryRow {
        user: id("alice"),
        call: CallId(Uuid::from_u128(number)),
        peer: id(peer),
        direction: Direction::In,
        outcome: Outcome::Missed,
        reason: EndReason::NoAnswer,
        media: vec![MediaKind::Audio],
        started: NOW + Duration::from_secs(u64::try_from(number).unwrap()),
        duration: Duration::ZERO,
        device_name: None,
        peer_name: peer.to_owned(),
        quiet: false,
        request: false,
        guest: None,
        recordings: Vec::new(),
    }
}

#[tokio::test]
async fn a_contact_is_added_changed_and_removed() {
    let World { store, .. } = &world().await;
    let put = async |change| store.put_contact(&id("alice"), &id("bob"), change).await.unwrap();

    let added = put(ContactChange::default()).await;
    let named =
        put(ContactChange { favourite: Some(true), given_name: Some(Some("Bobby".to_owned())) }).await;
    let kept = put(ContactChange { favourite: None, given_name: None }).await;
    let own_name = put(ContactChange { favourite: Some(false), given_name: Some(None) }).await;

    assert_eq!(added, Ok(contact("bob", None, false)));
    assert_eq!(named, Ok(contact("bob", Some("Bobby"), true)));
    assert_eq!(kept, named);
    assert_eq!(own_name, added);
    assert!(store.delete_contact(&id("alice"), &id("bob")).await.unwrap());
    assert!(!store.delete_contact(&id("alice"), &id("bob")).await.unwrap());
    assert_eq!(store.contacts(&id("alice")).await.unwrap(), []);
}

#[tokio::test]
async fn contacts_come_favourites_first_and_then_by_the_name_that_is_shown() {
    let World { store, .. } = &world().await;
    store.add_user(user("dave"), NOW).await.unwrap();
    let put = async |name: &str, favourite, given: Option<&str>| {
        let given_name = given.map(|given| Some(given.to_owned()));
        let change = ContactChange { favourite: Some(favourite), given_name };
        store.put_contact(&id("alice"), &id(name), change).await.unwrap().unwrap();
    };
    put("bob", false, Some("zorro")).await;
    put("carol", false, None).await;
    put("dave", true, None).await;

    let names: Vec<_> = store.contacts(&id("alice")).await.unwrap();

    assert_eq!(
        names,
        [contact("dave", None, true), contact("carol", None, false), contact("bob", Some("zorro"), false)]
    );
}

#[tokio::test]
async fn a_stranger_is_no_contact_and_a_list_has_an_end() {
    let World { store, .. } = &world().await;
    let put = async |name: &str| {
        store.put_contact(&id("alice"), &id(name), ContactChange::default()).await.unwrap()
    };
    assert_eq!(put("nobody").await, Err(NotAdded::Nobody));
    for number in 0..limits::CONTACTS {
        let name = format!("user{number}");
        store.add_user(user(&name), NOW).await.unwrap();
        assert!(put(&name).await.is_ok());
    }

    assert_eq!(put("bob").await, Err(NotAdded::Full));
    assert!(put("user0").await.is_ok(), "a change is no addition");
}

#[tokio::test]
async fn only_those_who_have_each_other_on_their_lists_are_mutual_contacts() {
    let World { store, .. } = &world().await;
    for (owner, whom) in [("alice", "bob"), ("bob", "alice"), ("alice", "carol")] {
        store.put_contact(&id(owner), &id(whom), ContactChange::default()).await.unwrap().unwrap();
    }

    assert_eq!(store.mutual_contacts(&id("alice")).await.unwrap(), [id("bob")]);
    assert_eq!(store.mutual_contacts(&id("bob")).await.unwrap(), [id("alice")]);
    assert_eq!(store.mutual_contacts(&id("carol")).await.unwrap(), []);
}

#[tokio::test]
async fn who_is_blocked_is_no_contact_and_who_is_made_a_contact_is_not_blocked() {
    let World { store, .. } = &world().await;
    let put = async || {
        store.put_contact(&id("alice"), &id("bob"), ContactChange::default()).await.unwrap().unwrap()
    };
    put().await;

    assert_eq!(store.block(&id("alice"), &id("bob"), NOW).await.unwrap(), Ok(()));
    assert_eq!(store.block(&id("alice"), &id("bob"), NOW).await.unwrap(), Ok(()));
    assert_eq!(store.block(&id("alice"), &id("nobody"), NOW).await.unwrap(), Err(NotAdded::Nobody));
    assert_eq!(store.contacts(&id("alice")).await.unwrap(), []);
    let blocked: Vec<_> =
        store.blocks(&id("alice")).await.unwrap().into_iter().map(|block| block.user.id).collect();
    assert_eq!(blocked, [id("bob")]);

    put().await;
    assert_eq!(store.blocks(&id("alice")).await.unwrap(), []);
    assert!(!store.unblock(&id("alice"), &id("bob")).await.unwrap());
}

#[tokio::test]
async fn dealings_tell_all_that_an_invite_is_judged_by() {
    let World { store, .. } = &world().await;
    let (alice, bob) = (id("alice"), id("bob"));
    let preferences = KeptPreferences { callers: Callers::Contacts, ..KeptPreferences::default() };
    store.set_preferences(&bob, preferences.clone()).await.unwrap();
    store
        .put_contact(&bob, &alice, ContactChange { favourite: Some(true), given_name: None })
        .await
        .unwrap()
        .unwrap();
    let out = HistoryRow { direction: Direction::Out, outcome: Outcome::Unanswered, ..missed(1, "bob") };
    let before = HistoryRow { started: Timestamp(NOW.0 - 1), ..missed(2, "bob") };
    store.add_history(vec![out.clone(), before, missed(3, "carol")]).await.unwrap();

    let dealings = store.dealings(&alice, &bob, NOW, NOW).await.unwrap().unwrap();

    assert_eq!(dealings.callee, user("bob"));
    assert_eq!(dealings.preferences, preferences);
    assert_eq!(dealings.callees_contact, Some(contact("alice", None, true)));
    assert_eq!(dealings.callers_contact, None);
    assert_eq!(dealings.calls, [out]);
    assert!(!dealings.blocked && !dealings.callee_is_guest && dealings.guest.is_none());
    store.block(&bob, &alice, NOW).await.unwrap().unwrap();
    assert!(store.dealings(&alice, &bob, NOW, NOW).await.unwrap().unwrap().blocked);
    assert!(!store.dealings(&bob, &alice, NOW, NOW).await.unwrap().unwrap().blocked);
    assert_eq!(store.dealings(&alice, &id("nobody"), NOW, NOW).await.unwrap(), None);
}

#[tokio::test]
async fn a_missed_call_counts_once_until_it_is_seen() {
    let World { store, .. } = &world().await;
    let alice = id("alice");
    let request = HistoryRow { quiet: true, request: true, ..missed(3, "carol") };
    let answered = HistoryRow { outcome: Outcome::Answered, ..missed(4, "bob") };
    let rows = vec![missed(1, "bob"), missed(2, "bob"), request, answered];
    assert_eq!(store.add_history(rows.clone()).await.unwrap().len(), 4);
    assert_eq!(store.add_history(rows).await.unwrap(), [], "telling twice changes nothing");

    assert_eq!(store.unseen(&alice).await.unwrap(), Unseen { missed: 2, requests: 1 });
    let up_to = |number| Some(CallId(Uuid::from_u128(number)));
    assert!(store.see_history(&alice, up_to(1)).await.unwrap());
    assert_eq!(store.unseen(&alice).await.unwrap(), Unseen { missed: 1, requests: 1 });
    let unseen: Vec<_> =
        store.history(&alice, None, 9).await.unwrap().into_iter().map(|call| call.unseen).collect();
    assert_eq!(unseen, [false, true, true, false]);

    // A call that began earlier and ended later is news all the same.
    let long = HistoryRow { started: NOW, ..missed(9, "bob") };
    assert!(store.see_history(&alice, None).await.unwrap());
    store.add_history(vec![long]).await.unwrap();
    assert_eq!(store.unseen(&alice).await.unwrap(), Unseen { missed: 1, requests: 0 });
    assert!(store.see_history(&alice, None).await.unwrap());
    assert!(!store.see_history(&alice, None).await.unwrap());
}

#[tokio::test]
async fn history_shows_people_by_the_name_the_reader_gave_them_and_remembers_those_who_are_gone() {
    let World { store, .. } = &world().await;
    let gone = HistoryRow { peer_name: "Zoë".to_owned(), ..missed(1, "gone") };
    store.add_history(vec![gone, missed(2, "bob"), missed(3, "carol")]).await.unwrap();
    let change = ContactChange { favourite: None, given_name: Some(Some("Bobby".to_owned())) };
    store.put_contact(&id("alice"), &id("bob"), change).await.unwrap().unwrap();

    let names: Vec<_> = store.history(&id("alice"), None, 9).await.unwrap();

    assert_eq!(names.into_iter().map(|call| call.peer_name).collect::<Vec<_>>(), ["CAROL", "Bobby", "Zoë"]);
}

#[tokio::test]
async fn a_database_of_before_is_taken_along_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../src/sqlite/schema/1_accounts_and_history.sql")).unwrap();
    old.execute_batch(
        "CREATE TABLE schema_step (version INTEGER PRIMARY KEY, applied TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP) STRICT;
         INSERT INTO schema_step (version) VALUES (1);
         INSERT INTO user VALUES ('alice', 'ALICE', 'hash', 1800000000000), ('bob', 'BOB', NULL, 1800000000000);
         INSERT INTO sign_up_link VALUES ('bob', zeroblob(32), 1900000000000);
         INSERT INTO login VALUES (zeroblob(32), 'alice', 1800000000000, 1800000000000, 1900000000000);
         INSERT INTO history VALUES ('alice', zeroblob(16), 'bob', '\"in\"', '\"missed\"', '\"no_answer\"', '[\"audio\"]',
             1800000000000, 0, NULL);",
    )
    .unwrap();
    drop(old);

    let store = Store::open(&path).unwrap();

    let alice = id("alice");
    assert_eq!(store.password(&alice).await.unwrap(), Some("hash".to_owned()));
    assert_eq!(store.login(TokenHash([0; 32]), NOW).await.unwrap().unwrap().user, user("alice"));
    assert_eq!(store.sign_up_link(TokenHash([0; 32]), NOW).await.unwrap().unwrap().user, id("bob"));
    let past = store.history(&alice, None, 9).await.unwrap();
    let row = HistoryRow { started: NOW, call: CallId(Uuid::nil()), ..missed(0, "bob") };
    assert_eq!(
        (past.len(), &past[0].row, past[0].peer_name.as_str(), past[0].unseen),
        (1, &row, "BOB", false)
    );
    assert_eq!(store.unseen(&alice).await.unwrap(), Unseen::default());
    assert_eq!(store.preferences(&alice).await.unwrap(), KeptPreferences::default());
    store.put_contact(&alice, &id("bob"), ContactChange::default()).await.unwrap().unwrap();
    store.close().await;
    assert_eq!(Store::open(&path).unwrap().contacts(&alice).await.unwrap().len(), 1);
}
