//! Guests leave nothing behind.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use visavis_proto::{Timestamp, limits};
use visavis_store::{GuestLink, LetIn, LinkId, Store, TokenHash, User};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

fn user(name: &str) -> User {
    User { id: name.parse().unwrap(), display_name: name.to_uppercase() }
}

fn link(number: u8, uses: Option<u32>, expires: Option<Timestamp>) -> GuestLink {
    let id = LinkId([number; 8]);
    GuestLink { id, label: "one".to_owned(), video: false, uses, used: 0, expires, created: NOW }
}

fn token(number: u8) -> TokenHash {
    TokenHash([number; 32])
}

/// Alice with a link.
async fn world(link: GuestLink) -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("visavis.db")).unwrap();
    store.add_user(user("alice"), NOW).await.unwrap();
    assert!(store.add_guest_link(&user("alice").id, link, token(1)).await.unwrap());
    (store, folder)
}

async fn enter(store: &Store, number: u8) -> bool {
    let guest = user(&format!("guest.{number}"));
    store.enter_as_guest(token(1), guest, token(number), NOW, NOW + HOUR).await.unwrap()
}

#[tokio::test]
async fn a_guest_is_a_user_for_a_while_and_then_nobody() {
    let (store, _folder) = world(link(1, None, None)).await;
    assert!(enter(&store, 2).await);
    let guest = user("guest.2").id;

    assert!(store.login(token(2), NOW).await.unwrap().unwrap().is_guest);
    assert_eq!(store.login(token(2), NOW + HOUR).await.unwrap(), None);
    assert_eq!(store.accounts().await.unwrap().len(), 1, "the operator sees no guests");
    assert_eq!(store.expired_guests(NOW).await.unwrap(), []);
    assert_eq!(store.expired_guests(NOW + HOUR).await.unwrap(), std::slice::from_ref(&guest));

    assert!(store.remove_user(&guest).await.unwrap());
    assert_eq!(store.user(&guest).await.unwrap(), None);
    assert_eq!(store.guests().await.unwrap(), 0);
}

#[tokio::test]
async fn a_link_takes_its_guests_along_but_those_who_are_kept() {
    let (store, _folder) = world(link(1, None, None)).await;
    assert!(enter(&store, 2).await && enter(&store, 3).await);
    let alice = user("alice").id;
    let (kept, gone) = (user("guest.2").id, user("guest.3").id);

    let removed = store.delete_guest_link(&alice, LinkId([1; 8]), vec![kept.clone()]).await.unwrap();

    assert_eq!(removed, Some(vec![gone.clone()]));
    assert_eq!(store.user(&gone).await.unwrap(), None);
    let guest = store.guest(&kept, NOW).await.unwrap().unwrap();
    assert_eq!((guest.host.id, guest.link, guest.may_knock), (alice.clone(), None, false));
    assert_eq!(store.delete_guest_link(&alice, LinkId([1; 8]), Vec::new()).await.unwrap(), None);
}

#[tokio::test]
async fn a_host_who_is_removed_takes_their_guests_along() {
    let (store, _folder) = world(link(1, None, None)).await;
    assert!(enter(&store, 2).await);

    assert!(store.remove_user(&user("alice").id).await.unwrap());

    assert_eq!(store.user(&user("guest.2").id).await.unwrap(), None);
    assert_eq!(store.login(token(2), NOW).await.unwrap(), None);
}

#[tokio::test]
async fn each_guest_uses_a_link_once_and_at_the_end_of_it_those_who_were_let_in_may_come_again() {
    let (store, _folder) = world(link(1, Some(1), Some(NOW + 2 * HOUR))).await;
    assert!(enter(&store, 2).await && enter(&store, 3).await);
    let (first, second) = (user("guest.2").id, user("guest.3").id);

    assert_eq!(store.let_in(&second).await.unwrap(), LetIn::First(user("alice").id));
    store.keep_out(&second).await.unwrap();
    store.keep_out(&second).await.unwrap();
    assert_eq!(store.let_in(&first).await.unwrap(), LetIn::First(user("alice").id));
    assert_eq!(store.let_in(&first).await.unwrap(), LetIn::Again);
    assert_eq!(store.let_in(&second).await.unwrap(), LetIn::LinkOver);
    assert_eq!(store.let_in(&user("alice").id).await.unwrap(), LetIn::LinkOver);

    assert_eq!(store.guest_links(&user("alice").id).await.unwrap()[0].used, 1);
    assert_eq!(store.invitation(token(1), NOW).await.unwrap(), None);
    assert!(!enter(&store, 4).await);
    assert!(store.guest(&first, NOW).await.unwrap().unwrap().may_knock);
    assert!(!store.guest(&second, NOW).await.unwrap().unwrap().may_knock);
}

#[tokio::test]
async fn a_link_ends_with_its_time_and_there_are_only_so_many() {
    let (store, _folder) = world(link(1, None, Some(NOW + HOUR))).await;
    assert!(store.invitation(token(1), NOW).await.unwrap().is_some());
    assert_eq!(store.invitation(token(1), NOW + HOUR).await.unwrap(), None);

    for number in 2..=u8::try_from(limits::LINKS).unwrap() {
        assert!(
            store.add_guest_link(&user("alice").id, link(number, None, None), token(number)).await.unwrap()
        );
    }
    assert!(!store.add_guest_link(&user("alice").id, link(200, None, None), token(200)).await.unwrap());
}
