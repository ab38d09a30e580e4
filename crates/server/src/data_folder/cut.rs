//! Databases that have lost their end.
//!
//! SQLite finds a file that ends between two pages damaged by itself. One that ends within its first page it takes for
//! whole, and empty: it would be written anew over what is left.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A database file that ends within a page.
#[derive(Debug, Error)]
#[error(
    "the database {path} is damaged (it ends after {size} bytes, within a page of {page}: its end is missing); restore \
     it from a backup, or move it away to start with an empty one"
)]
pub struct CutDatabase {
    path: PathBuf,
    size: u64,
    page: u64,
}

/// Refuses a file that ends within a page. One that is missing, empty or no database at all is left to SQLite.
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
    if size.is_multiple_of(page) || has_log {
        return Ok(());
    }
    Err(CutDatabase { path: path.to_owned(), size, page })
}

/// The size of a database file and of its pages, as its header has it: <https://www.sqlite.org/fileformat.html>.
fn size_and_page(path: &Path) -> Option<(u64, u64)> {
    let mut file = File::open(path).ok()?;
    let mut header = [0; 18];
    file.read_exact(&mut header).ok()?;
    if !header.starts_with(b"SQLite format 3\0") {
        return None;
    }
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65536,
        page if page >= 512 && page.is_power_of_two() => u64::from(page),
        _ => return None,
    };
    Some((file.metadata().ok()?.len(), page))
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
            Err("the database calls.db is damaged (it ends after 1000 bytes, within a page of 4096: its end is \
                 missing); restore it from a backup, or move it away to start with an empty one"
                .to_owned())
        );
    }

    #[test]
    fn a_part_of_a_page_is_fine_while_the_log_beside_has_it_whole() {
        assert_eq!(file_of(&database(5000), Some(b"log")), Ok(()));
        assert!(file_of(&database(5000), Some(b"")).is_err());
    }

    #[test]
    fn whole_pages_and_files_that_are_no_database_are_left_to_sqlite() {
        for bytes in [&database(8192)[..], b"", b"short", &[b'x'; 1000]] {
            assert_eq!(file_of(bytes, None), Ok(()));
        }
        assert!(refuse_cut(Path::new("/nowhere/calls.db")).is_ok());
    }
}
