//! The database file: kept, shared, damaged, newer, out of reach.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rusqlite::Connection;
use visavis_proto::Timestamp;
use visavis_store::{OpenError, Store, StoreError, User};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

struct Place {
    path: PathBuf,
    folder: tempfile::TempDir,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place { path: folder.path().join("visavis.db"), folder }
}

fn user(name: &str) -> User {
    User { id: name.parse().unwrap(), display_name: name.to_owned() }
}

/// A closed database of some pages.
async fn filled() -> Place {
    let place = place();
    let store = Store::open(&place.path).unwrap();
    for number in 0..200 {
        let name = format!("user{number}");
        store.add_user(User { display_name: name.repeat(9), ..user(&name) }, NOW).await.unwrap();
    }
    store.close().await;
    place
}

fn message(place: &Place) -> String {
    let folder = format!("{}/", place.folder.path().display());
    Store::open(&place.path).unwrap_err().to_string().replace(&folder, "")
}

#[tokio::test]
async fn what_was_kept_is_there_after_opening_again_and_only_its_owner_may_read_it() {
    let place = filled().await;

    let store = Store::open(&place.path).unwrap();

    assert_eq!(store.accounts().await.unwrap().len(), 200);
    let mode = std::fs::metadata(&place.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn closing_leaves_one_file_and_refuses_what_comes_later() {
    let place = place();
    let store = Store::open(&place.path).unwrap();
    let clone = store.clone();
    let (added, ()) = tokio::join!(store.add_user(user("alice"), NOW), clone.close());

    assert!(added.unwrap());
    let files: Vec<_> =
        std::fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files, [place.path]);
    assert!(matches!(store.is_empty().await, Err(StoreError::Closed)));
    assert!(matches!(store.add_user(user("bob"), NOW).await, Err(StoreError::Closed)));
    store.close().await;
}

#[tokio::test]
async fn two_who_have_it_open_see_what_the_other_writes() {
    let place = place();
    let server = Store::open(&place.path).unwrap();
    let command = Store::open(&place.path).unwrap();

    assert!(command.add_user(user("alice"), NOW).await.unwrap());
    assert!(server.add_user(user("bob"), NOW).await.unwrap());

    assert_eq!(server.user(&user("alice").id).await.unwrap(), Some(user("alice")));
    assert_eq!(command.user(&user("bob").id).await.unwrap(), Some(user("bob")));
}

#[tokio::test]
async fn a_writer_waits_for_another_process_to_finish() {
    let place = place();
    let store = Store::open(&place.path).unwrap();
    let other = Connection::open(&place.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.add_user(user("alice"), NOW).await }
    });
    // A read is not held up by the other's transaction, and does not see into it.
    assert!(store.is_empty().await.unwrap());
    other.execute_batch("COMMIT").unwrap();

    assert!(waiting.await.unwrap().unwrap());
}

#[tokio::test]
async fn a_truncated_file_is_refused_with_the_way_out() {
    let place = filled().await;
    let length = std::fs::metadata(&place.path).unwrap().len();
    let file = std::fs::OpenOptions::new().write(true).open(&place.path).unwrap();
    file.set_len(length / 2).unwrap();

    let message = message(&place);

    assert_eq!(
        message,
        "the database visavis.db is damaged (database disk image is malformed); restore it from a backup, or move it \
         and the files visavis.db-wal and visavis.db-shm away to start with an empty one"
    );
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let place = place();
    std::fs::write(&place.path, "Dear diary, ".repeat(100)).unwrap();

    let error = Store::open(&place.path).unwrap_err();

    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert_eq!(std::fs::read(&place.path).unwrap(), "Dear diary, ".repeat(100).as_bytes());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let place = filled().await;
    let connection = Connection::open(&place.path).unwrap();
    connection.execute("INSERT INTO schema_step (version) VALUES (99)", []).unwrap();
    drop(connection);

    assert_eq!(
        message(&place),
        "the database visavis.db was written by a newer visavis (its schema is 99, this one knows 6); run the newer \
         version, or restore a backup of before"
    );
}

#[test]
fn a_place_that_cannot_be_written_is_refused_with_the_way_out() {
    let place = place();
    let under_a_file = Place { path: place.path.join("visavis.db"), ..place };
    std::fs::write(under_a_file.path.parent().unwrap(), "").unwrap();

    assert_eq!(
        message(&under_a_file),
        "cannot write the database visavis.db/visavis.db: Not a directory (os error 20); give the folder to the user \
         who runs visavis, or choose another with --data"
    );
}
