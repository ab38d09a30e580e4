//! Files that cannot be opened: each is refused with its name and the way out, and left as it is.

use std::path::Path;

use visavis_cluster::{Expected, Local, OpenError};

use crate::folder::{Folder, NOW, bytes, create};

#[tokio::test]
async fn a_second_server_on_the_same_file_is_told_so_until_the_first_is_gone() {
    let folder = Folder::new();
    let engine = folder.open();
    let rev = create(&engine, "a", "1").await;
    let error = Local::open(&folder.file()).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("a second server"), "{error}");
    let next = engine.cas("a", Expected::Rev(rev), bytes("2"), None, NOW).await.unwrap();
    drop(engine);
    assert_eq!(folder.open().get("a"), Some((next, bytes("2"))));
}

/// A file with enough records that a cut goes through one of them.
async fn filled(folder: &Folder) -> Vec<u8> {
    let engine = folder.open();
    for n in 0..200 {
        create(&engine, &format!("call.{n}"), &"x".repeat(500)).await;
    }
    drop(engine);
    std::fs::read(folder.file()).unwrap()
}

fn expect_damaged(path: &Path) {
    let before = std::fs::read(path).unwrap();
    let error = Local::open(path).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with(&path.display().to_string()), "{message}");
    assert!(message.contains("move it away and start again: live calls are lost, accounts are not"));
    assert_eq!(std::fs::read(path).unwrap(), before, "the file is left as it was");
}

#[tokio::test]
async fn a_truncated_file_is_refused_with_the_way_out() {
    let folder = Folder::new();
    let whole = filled(&folder).await;
    for length in [whole.len() / 2, 3 * 4096, 4096 + 100, 50] {
        std::fs::write(folder.file(), &whole[..length]).unwrap();
        expect_damaged(&folder.file());
    }
    std::fs::write(folder.file(), &whole).unwrap();
    assert_eq!(folder.open().list("").len(), 200, "the whole file is sound");
}

#[tokio::test]
async fn a_file_with_a_torn_page_is_refused_with_the_way_out() {
    let folder = Folder::new();
    let mut torn = filled(&folder).await;
    let page = torn.len() / 4096 / 2 * 4096;
    torn[page..page + 4096].fill(0xa5);
    std::fs::write(folder.file(), &torn).unwrap();
    expect_damaged(&folder.file());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_with_the_way_out() {
    let folder = Folder::new();
    std::fs::write(
        folder.file(),
        "this is a text, not a database, and it is long enough for a header".repeat(50),
    )
    .unwrap();
    expect_damaged(&folder.file());
}

#[tokio::test]
async fn another_programs_database_is_not_touched() {
    let folder = Folder::new();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("CREATE TABLE record (key TEXT)").unwrap();
    drop(other);
    let error = Local::open(&folder.file()).unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = Folder::new();
    let path = folder.path().join("no such folder").join("calls.db");
    let error = Local::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Storage { .. }), "{error:?}");
    assert!(error.to_string().contains("no such folder"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let engine = folder.open();
    create(&engine, "a", "1").await;
    let mut files = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        files += 1;
    }
    assert!(files >= 2, "the database and its log");
}
