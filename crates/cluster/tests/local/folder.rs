//! A folder with a store of live calls in it, gone at the end of the test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use visavis_cluster::{Engine, Expected, Limits, Local};
use visavis_proto::{Rev, Timestamp};

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.path().join("calls.db")
    }

    pub(crate) fn open(&self) -> Engine {
        self.open_with(Limits::default())
    }

    pub(crate) fn open_with(&self, limits: Limits) -> Engine {
        Engine::Local(Local::open_with(&self.file(), limits).unwrap())
    }
}

pub(crate) fn bytes(text: &str) -> Arc<[u8]> {
    Arc::from(text.as_bytes())
}

pub(crate) async fn create(engine: &Engine, key: &str, value: &str) -> Rev {
    engine.cas(key, Expected::Absent, bytes(value), None, NOW).await.unwrap()
}
