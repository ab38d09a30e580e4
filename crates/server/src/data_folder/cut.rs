//! Databases that have lost their end, or everything.
//!
//! SQLite finds a file that ends between two pages damaged by itself. One that ends within its first page it takes for
//! whole, and empty: it would be written anew over what is left. So it takes a file of no bytes, in which there may have
//! been every account.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// SQLite knows no smaller page.
const SMALLEST_PAGE: u64 = 512;

/// A database file that is empty or ends within a page.
#[derive(Debug, Error)]
#[error(
    "the database {path} is damaged (it has {size} bytes and no whole last page of {page}: its end is missing); \
     restore it from a backup, or move it away to start with an empty one"
)]
pub struct CutDatabase {
    path: PathBuf,
    size: u64,
    page: u64,
}

/// Refuses a file that is empty or ends within a page. One that is missing or no database at all is left to SQLite.
///
/// Call it before SQLite has the file open: closing a second descriptor would drop SQLite's locks (POSIX).
///
/// # Errors
/// When the end is missing and no log beside the file has it. A process that dies while it writes the log into the
/// file may leave a part of a page, which the log still has whole.
pub(super) fn refuse_cut(path: &Path) -> Result<(), CutDatabase> {
    let Some((size, page)) = size_and_page(path) else { return Ok(()) };
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = Path::new(&log).metadata().is_ok_and(|log| log.len() > 0);
    if (size > 0 && size.is_multiple_of(page)) || has_log {
        return Ok(());
    }
    Err(CutDatabase { path: path.to_owned(), size, page })
}

/// The size of a database file and of its pages, as its header has it: <https://www.sqlite.org/fileformat.html>.
fn size_and_page(path: &Path) -> Option<(u64, u64)> {
    let mut file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    let mut header = [0; 18];
    if file.read_exact(&mut header).is_err() {
        return Some((size, SMALLEST_PAGE));
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return None;
    }
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65536,
        page if page.is_power_of_two() && u64::from(page) >= SMALLEST_PAGE => u64::from(page),
        _ => return None,
    };
    Some((size, page))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(bytes: &[u8], log: Option<&[u8]>) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.db");
        std::fs::write(&path, bytes).unwrap();
        if let Some(log) = log {
            std::fs::write(folder.path().join("calls.db-wal"), log).unwrap();
        }
        refuse_cut(&path)
            .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
    }

    fn database(size: usize) -> Vec<u8> {
        let mut bytes = b"SQLite format 3\0\x10\x00".to_vec();
        bytes.resize(size, 0);
        bytes
    }

    #[test]
    fn a_database_that_ends_within_a_page_is_refused_with_the_way_out() {
        assert_eq!(
            file_of(&database(1000), None),
            Err("the database calls.db is damaged (it has 1000 bytes and no whole last page of 4096: its end is \
                 missing); restore it from a backup, or move it away to start with an empty one"
                .to_owned())
        );
    }

    #[test]
    fn an_empty_file_is_refused_since_it_may_have_held_every_account() {
        assert!(file_of(b"", None).is_err());
        assert!(file_of(b"SQLite", None).is_err());
        assert_eq!(file_of(b"", Some(b"log")), Ok(()));
    }

    #[test]
    fn a_part_of_a_page_is_fine_while_the_log_beside_has_it_whole() {
        assert_eq!(file_of(&database(5000), Some(b"log")), Ok(()));
        assert!(file_of(&database(5000), Some(b"")).is_err());
    }

    #[test]
    fn whole_pages_and_files_that_are_no_database_are_left_to_sqlite() {
        for bytes in [&database(8192)[..], &[b'x'; 1000]] {
            assert_eq!(file_of(bytes, None), Ok(()));
        }
        assert!(refuse_cut(Path::new("/nowhere/calls.db")).is_ok());
    }
}
