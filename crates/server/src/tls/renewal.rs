//! Certificates are renewed while the server runs: it looks at their files now and then, and when it is asked to
//! (`SIGHUP`). A new one that is no good changes nothing.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tracing::{error, info, warn};
use visavis_proto::Timestamp;

use super::{Shown, TlsError, TlsIdentity};
use crate::clock;
use crate::config::Config;
use crate::data_folder::DataFolder;

/// How often the files are looked at. Whoever renews has weeks; whoever waits for it has a minute.
const EVERY: Duration = Duration::from_secs(30);

/// Watches the certificate's files.
pub struct Renewal {
    config: Config,
    folder: DataFolder,
    shown: Arc<Shown>,
    /// The files as they were when they were last taken.
    taken: Vec<Stamp>,
    /// Why they are not taken as they are, once that was said.
    told: Option<String>,
}

/// What changes when a file is replaced or written: who has been renewed may have the old one's length, or its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: (i64, i64),
    length: u64,
    inode: u64,
}

/// What a look at the files led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Looked {
    /// Nothing is new.
    Same,
    /// Another certificate is shown from now on.
    Replaced,
    /// There is another one, and the one from before is shown on: this is why.
    Kept(String),
}

impl Renewal {
    /// Of what is shown, which has just been read from these files.
    pub fn new(config: &Config, folder: &DataFolder, shown: Arc<Shown>) -> Self {
        let mut renewal =
            Self { config: config.clone(), folder: folder.clone(), shown, taken: Vec::new(), told: None };
        renewal.taken = renewal.stamps();
        renewal
    }

    /// Looks for ever; at once when `asked`.
    pub async fn run(mut self, asked: Arc<Notify>) {
        loop {
            let is_asked = tokio::select! {
                () = asked.notified() => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            let look = tokio::task::spawn_blocking(move || {
                let looked = self.look(clock::now(), is_asked);
                (self, looked)
            });
            let Ok((renewal, looked)) = look.await else {
                return error!("certificates are not renewed any more");
            };
            self = renewal;
            self.tell(looked, is_asked);
        }
    }

    /// Looks whether there is another certificate, and shows it if it is good.
    pub fn look(&mut self, now: Timestamp, is_asked: bool) -> Looked {
        let stamps = self.stamps();
        let current = self.shown.identity();
        let is_over = current.self_signed && current.validity.is_some_and(|validity| validity.until <= now);
        if stamps == self.taken && !is_asked && !is_over {
            return Looked::Same;
        }
        // Certificate and key may be written one after the other: what does not fit now is looked at again.
        let new = match TlsIdentity::load(&self.config, &self.folder, now).and_then(|new| good(new, now)) {
            Ok(new) => new,
            Err(error) => return Looked::Kept(error.to_string()),
        };
        self.taken = self.stamps();
        if new.fingerprint == current.fingerprint {
            return Looked::Same;
        }
        self.shown.replace(new);
        Looked::Replaced
    }

    fn tell(&mut self, looked: Looked, is_asked: bool) {
        let told = self.told.take();
        match looked {
            Looked::Replaced => {
                let identity = self.shown.identity();
                info!(sha256 = identity.fingerprint, "a new certificate is shown from now on");
            }
            Looked::Same if is_asked => info!("the certificate is the one that is shown already"),
            Looked::Same => {}
            Looked::Kept(reason) => {
                if is_asked || told.as_deref() != Some(&reason) {
                    warn!(reason, "the certificate on disk is no good: the one from before is shown on");
                }
                self.told = Some(reason);
            }
        }
    }

    fn stamps(&self) -> Vec<Stamp> {
        let https = &self.config.https;
        let own = [&https.certificate, &https.key].into_iter().flatten();
        own.filter_map(|path| Stamp::of(path)).collect()
    }
}

/// The certificate, unless it is past its end.
fn good(new: TlsIdentity, now: Timestamp) -> Result<TlsIdentity, TlsError> {
    match new.validity {
        Some(validity) if validity.until <= now => Err(TlsError::Over),
        Some(_) | None => Ok(new),
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Some(Self { modified, length: metadata.len(), inode: metadata.ino() })
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::tls::generated::{VALIDITY, generate};

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    /// A server that shows the certificate in `own.pem`, or its generated one.
    fn world(own: bool) -> (TempDir, Renewal) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(temporary.path()).unwrap();
        let mut config = Config::default();
        if own {
            let path = temporary.path().join("own.pem");
            fs::write(&path, generate(&config, NOW).unwrap()).unwrap();
            (config.https.certificate, config.https.key) = (Some(path.clone()), Some(path));
        }
        let shown = Shown::new(TlsIdentity::load(&config, &folder, NOW).unwrap());
        let renewal = Renewal::new(&config, &folder, shown);
        (temporary, renewal)
    }

    #[test]
    fn a_certificate_that_is_no_good_changes_nothing_until_a_good_one_comes() {
        let (temporary, mut renewal) = world(true);
        let path = temporary.path().join("own.pem");
        let before = renewal.shown.identity().fingerprint.clone();
        assert_eq!(renewal.look(NOW, false), Looked::Same);

        fs::write(&path, "half a certificate").unwrap();
        let Looked::Kept(reason) = renewal.look(NOW, false) else { panic!("it was taken") };
        assert!(reason.contains("it has no CERTIFICATE block"), "{reason}");
        // It may be mended by something that changes neither length nor time, so it is looked at again.
        assert!(matches!(renewal.look(NOW, false), Looked::Kept(_)));
        let long_ago = Timestamp(NOW.0 - u64::try_from(VALIDITY.as_millis()).unwrap() - 1000);
        fs::write(&path, generate(&renewal.config, long_ago).unwrap()).unwrap();
        let ended = "https.certificate: the certificate has ended; renew it".to_owned();
        assert_eq!(renewal.look(NOW, false), Looked::Kept(ended));
        assert_eq!(renewal.shown.identity().fingerprint, before);

        fs::write(&path, generate(&renewal.config, NOW).unwrap()).unwrap();
        assert_eq!(renewal.look(NOW, false), Looked::Replaced);
        assert_ne!(renewal.shown.identity().fingerprint, before);
        assert_eq!(renewal.look(NOW, true), Looked::Same);
    }

    #[test]
    fn a_generated_certificate_is_made_anew_when_it_ends() {
        let (_temporary, mut renewal) = world(false);

        assert_eq!(renewal.look(NOW + (VALIDITY - Duration::from_secs(1)), false), Looked::Same);
        assert_eq!(renewal.look(NOW + VALIDITY, false), Looked::Replaced);
        assert_eq!(renewal.look(NOW + VALIDITY, false), Looked::Same);
    }
}
