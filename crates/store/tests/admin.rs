//! What administrators see and change.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use visavis_proto::{CallId, Direction, EndReason, MediaKind, Outcome, Timestamp};
use visavis_store::{
    Account, AccountChange, Changed, FailedCall, GuestLink, HistoryRow, LinkId, Store, TokenHash, User,
};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);
const SHUT: AccountChange = AccountChange { admin: None, disabled: Some(true) };
const OPEN: AccountChange = AccountChange { admin: None, disabled: Some(false) };
const DISMISSED: AccountChange = AccountChange { admin: Some(false), disabled: None };

fn user(name: &str) -> User {
    User { id: name.parse().unwrap(), display_name: name.to_uppercase() }
}

fn account(name: &str) -> Account {
    let user = user(name);
    Account { user, created: NOW, signed_up: false, admin: false, disabled: false, last_seen: None }
}

fn signed_up(name: &str) -> Account {
    Account { signed_up: true, ..account(name) }
}

fn token(number: u8) -> TokenHash {
    TokenHash([number; 32])
}

async fn world(names: &[&str]) -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("visavis.db")).unwrap();
    for name in names {
        assert!(store.add_user(user(name), NOW).await.unwrap());
    }
    (store, folder)
}

#[tokio::test]
async fn accounts_come_in_pages_and_can_be_searched_by_either_name() {
    let (store, _folder) = world(&["carol", "alice", "bob"]).await;
    let page = async |after: Option<&str>, search: &str, limit| {
        let after = after.map(|name| name.parse().unwrap());
        store.accounts_page(after, search, limit).await.unwrap()
    };
    assert_eq!(page(None, "", 2).await, [account("alice"), account("bob")]);
    assert_eq!(page(Some("bob"), "", 2).await, [account("carol")]);
    assert_eq!(page(None, "ARO", 9).await, [account("carol")]);
    store.rename_user(&user("bob").id, "Robert 100%".to_owned()).await.unwrap();
    assert_eq!(page(None, "100%", 9).await.len(), 1);
    assert_eq!(page(None, "_", 9).await, []);
    store.rename_user(&user("carol").id, "Жанна Öztürk".to_owned()).await.unwrap();
    for typed in ["Жанна", "ЖАННА", "жанна", "öZ"] {
        let found = page(None, typed, 9).await.into_iter().map(|account| account.user.id);
        assert_eq!(found.collect::<Vec<_>>(), [user("carol").id], "{typed}");
    }
}

#[tokio::test]
async fn the_last_administrator_stays_one_unless_the_command_line_says_otherwise() {
    let (store, _folder) = world(&["alice", "bob"]).await;
    let alice = user("alice").id;
    assert!(store.set_password(&alice, "a hash".to_owned()).await.unwrap());
    let appointed = store.appoint(&alice, true).await.unwrap();
    assert_eq!(appointed, Some(Account { admin: true, ..signed_up("alice") }));
    for change in [SHUT, DISMISSED] {
        assert_eq!(store.change_account(&alice, change).await.unwrap(), Changed::LastAdministrator);
    }
    assert_eq!(store.remove_account(&alice).await.unwrap(), Changed::LastAdministrator);

    // Neither can one take over who has never signed up, nor one who is shut out.
    store.appoint(&user("bob").id, true).await.unwrap();
    for change in [SHUT, DISMISSED] {
        assert_eq!(store.change_account(&alice, change).await.unwrap(), Changed::LastAdministrator);
    }
    assert_eq!(store.remove_account(&alice).await.unwrap(), Changed::LastAdministrator);
    assert!(store.set_password(&user("bob").id, "a hash".to_owned()).await.unwrap());
    store.change_account(&user("bob").id, SHUT).await.unwrap();
    assert_eq!(store.change_account(&alice, DISMISSED).await.unwrap(), Changed::LastAdministrator);
    store.change_account(&user("bob").id, OPEN).await.unwrap();
    assert_eq!(store.change_account(&alice, DISMISSED).await.unwrap(), Changed::Done(signed_up("alice")));

    let dismissed = store.appoint(&user("bob").id, false).await.unwrap();
    assert_eq!(dismissed, Some(signed_up("bob")));
    assert_eq!(store.appoint(&user("eve").id, true).await.unwrap(), None);
    assert_eq!(store.change_account(&user("eve").id, SHUT).await.unwrap(), Changed::Nobody);
    assert_eq!(store.remove_account(&user("eve").id).await.unwrap(), Changed::Nobody);
    assert_eq!(store.remove_account(&alice).await.unwrap(), Changed::Done(signed_up("alice")));
    assert_eq!(store.user(&alice).await.unwrap(), None);
}

#[tokio::test]
async fn nobody_signs_in_with_an_account_that_is_shut_by_any_way() {
    let (store, _folder) = world(&["alice"]).await;
    let alice = user("alice").id;
    assert!(store.add_login(token(1), &alice, NOW, NOW + HOUR).await.unwrap());
    assert!(store.set_sign_up_link(&alice, token(2), NOW + HOUR).await.unwrap());

    store.change_account(&alice, SHUT).await.unwrap();

    assert!(store.is_disabled(&alice).await.unwrap());
    assert_eq!(store.open_user(&alice).await.unwrap(), None);
    assert_eq!(store.login(token(1), NOW).await.unwrap(), None);
    assert_eq!(store.sign_up_link(token(2), NOW).await.unwrap(), None);
    assert!(!store.add_login(token(3), &alice, NOW, NOW + HOUR).await.unwrap());
    assert!(!store.set_sign_up_link(&alice, token(4), NOW + HOUR).await.unwrap());
    assert_eq!(store.sign_up(token(2), "a hash".to_owned(), None, NOW).await.unwrap(), None);

    store.change_account(&alice, OPEN).await.unwrap();
    assert_eq!(store.open_user(&alice).await.unwrap(), Some(user("alice")));
    let link = store.sign_up_link(token(2), NOW).await.unwrap();
    assert_eq!(link.map(|link| link.user), Some(alice.clone()), "nothing is lost");
    assert!(store.add_login(token(3), &alice, NOW, NOW + HOUR).await.unwrap());
    assert_eq!(store.account(&alice).await.unwrap().unwrap().last_seen, Some(NOW));
    store.end_logins(&alice).await.unwrap();
    assert_eq!(store.login(token(3), NOW).await.unwrap(), None);
}

#[tokio::test]
async fn everybodys_guest_links_are_there_with_their_owners() {
    let (store, _folder) = world(&["alice", "bob"]).await;
    let link = |number: u8, created| GuestLink {
        id: LinkId([number; 8]),
        label: "one".to_owned(),
        video: false,
        uses: None,
        used: 0,
        expires: None,
        created,
    };
    let (first, second) = (link(1, NOW), link(2, NOW + HOUR));
    assert!(store.add_guest_link(&user("bob").id, first.clone(), token(1)).await.unwrap());
    assert!(store.add_guest_link(&user("alice").id, second.clone(), token(2)).await.unwrap());
    let all = [(user("alice"), second), (user("bob"), first)];
    assert_eq!(store.all_guest_links(9).await.unwrap(), all);
    assert_eq!(store.all_guest_links(1).await.unwrap(), all[..1]);
}

#[tokio::test]
async fn each_call_that_went_wrong_is_there_once_and_no_other() {
    let (store, _folder) = world(&["alice", "bob"]).await;
    let call = |number: u128| CallId(uuid::Uuid::from_u128(number));
    let row = |number, owner: &str, peer: &str, direction, reason| HistoryRow {
        user: user(owner).id,
        call: call(number),
        peer: user(peer).id,
        direction,
        outcome: Outcome::Failed,
        reason,
        media: vec![MediaKind::Audio],
        started: NOW + HOUR * u32::try_from(number).unwrap(),
        duration: HOUR,
        device_name: None,
        peer_name: peer.to_owned(),
        quiet: false,
        request: false,
        guest: None,
        recordings: Vec::new(),
    };
    let rows = vec![
        row(1, "alice", "bob", Direction::Out, EndReason::MediaFailed),
        row(1, "bob", "alice", Direction::In, EndReason::MediaFailed),
        row(2, "alice", "bob", Direction::Out, EndReason::Hangup),
        // Its caller was a guest, who is gone.
        row(3, "bob", "guest.1", Direction::In, EndReason::ConnectionLost),
    ];
    store.add_history(rows).await.unwrap();

    let failed = |number, caller: User, callee: User, reason| FailedCall {
        call: call(number),
        caller,
        callee,
        reason,
        started: NOW + HOUR * u32::try_from(number).unwrap(),
        duration: HOUR,
    };
    let guest = User { id: "guest.1".parse().unwrap(), display_name: "guest.1".to_owned() };
    let all = [
        failed(3, guest, user("bob"), EndReason::ConnectionLost),
        failed(1, user("alice"), user("bob"), EndReason::MediaFailed),
    ];
    assert_eq!(store.failed_calls(NOW, 9).await.unwrap(), all);
    assert_eq!(store.failed_calls(NOW + HOUR * 2, 9).await.unwrap(), all[..1]);
    assert_eq!(store.failed_calls(NOW, 1).await.unwrap(), all[..1]);
}
