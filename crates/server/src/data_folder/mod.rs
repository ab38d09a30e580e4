//! The data folder: everything that must be kept, and nothing else.

mod cut;

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::upgrade::Program;

pub use cut::CutDatabase;

/// Why a file of the data folder cannot be read or written; meant for the operator.
#[derive(Debug, Error)]
#[error(
    "cannot {action} {path}: {source}; give the data folder to the user who runs visavis, or choose another with --data"
)]
pub struct DataFolderError {
    action: &'static str,
    path: PathBuf,
    source: std::io::Error,
}

/// There is no server's data where it was looked for; meant for the operator.
#[derive(Debug, Error)]
#[error(
    "{path} holds no Visavis data (there is no visavis.db); name the server's data folder with --data, or make a new one \
     with `visavis serve` or `visavis user add NAME`"
)]
pub struct NoData {
    path: PathBuf,
}

/// The data folder; it exists.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// Makes the folder, readable by its owner only, unless it is there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| DataFolderError {
            action: "make the data folder",
            path: path.to_owned(),
            source,
        })?;
        Ok(Self { path: path.to_owned() })
    }

    /// The folder of a server that there is already; nothing is made.
    ///
    /// # Errors
    /// When no database is there.
    pub fn existing(path: &Path) -> Result<Self, NoData> {
        let folder = Self { path: path.to_owned() };
        // What is there and cannot be opened is told by whoever opens it.
        match fs::symlink_metadata(folder.database()) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(NoData { path: std::path::absolute(path).unwrap_or(folder.path) })
            }
            Ok(_) | Err(_) => Ok(folder),
        }
    }

    /// The folder in which this program runs or has run, if there is one; nothing is made. A server's has a database.
    pub fn found(path: &Path, program: Program) -> Option<Self> {
        match program {
            Program::Server => Self::existing(path).ok(),
            Program::Relay => path.is_dir().then(|| Self { path: path.to_owned() }),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Accounts, logins and history.
    pub fn database(&self) -> PathBuf {
        self.path.join("visavis.db")
    }

    /// Live calls.
    pub fn calls(&self) -> PathBuf {
        self.path.join("calls.db")
    }

    /// Looks at both databases before they are opened.
    ///
    /// # Errors
    /// When the end of one is missing: opening it could take what is left for an empty database.
    pub fn refuse_cut_databases(&self) -> Result<(), CutDatabase> {
        [self.database(), self.calls()].iter().try_for_each(|path| cut::refuse_cut(path))
    }

    /// A file's text; `None` if there is no such file.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, DataFolderError> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DataFolderError { action: "read", path, source }),
        }
    }

    /// Writes a file that only its owner may read, as a whole or not at all: whoever reads it meanwhile, or after a crash,
    /// finds the old or the new one.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), DataFolderError> {
        let path = self.path.join(name);
        let beside = self.path.join(format!("{name}.new"));
        let write = || {
            // What a crash left behind may have other rights.
            if beside.exists() {
                fs::remove_file(&beside)?;
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &path)
        };
        write().map_err(|source| DataFolderError { action: "write", path: path.clone(), source })
    }

    /// Removes a file if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), DataFolderError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(DataFolderError { action: "remove", path, source })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
