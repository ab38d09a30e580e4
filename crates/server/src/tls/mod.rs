//! The certificate that HTTPS and TURN over TLS show: the operator's own, or one that is generated, kept and told by its
//! fingerprint.
//!
//! `generated.rs` makes one; `shown.rs` holds the one in use, which may change while connections live; `renewal.rs`
//! changes it; `trust.rs` says whether browsers take it.

mod generated;
mod renewal;
mod shown;
mod trust;
mod validity;

#[cfg(test)]
pub(crate) mod authority;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use thiserror::Error;
use visavis_proto::Timestamp;

use crate::config::Config;
use crate::data_folder::{DataFolder, DataFolderError};

pub use renewal::{Looked, Renewal};
pub use shown::{Shown, TURN_PROTOCOLS};
pub use trust::{Doubt, Trust};
pub use validity::Validity;

/// A certificate with its key, as it was read from its files.
#[derive(Debug)]
pub struct TlsIdentity {
    /// The SHA-256 of the certificate, as browsers show it: `AB:CD:…`.
    pub fingerprint: String,
    /// Whether it was generated, so that browsers will warn and people should compare the fingerprint.
    pub self_signed: bool,
    /// From when to when it is good, if that can be read in it.
    pub validity: Option<Validity>,
    key: Arc<CertifiedKey>,
}

/// Why there is no certificate; meant for the operator.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file of the data folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    /// The certificate's or the key's file cannot be read at all.
    #[error("{setting}: {path} {}", unread(.error))]
    Unread {
        /// The key of the configuration that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says; the message holds what matters of it.
        error: std::io::Error,
    },
    /// The certificate is unreadable.
    #[error("https.certificate: {path} holds no PEM certificate that can be read: {reason}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The key is unreadable.
    #[error(
        "https.key: {path} holds no PEM private key that can be read: {reason}; keys with a password must be decrypted \
         first, with `openssl pkey`"
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Both are readable but do not fit.
    #[error("https.key: {key} does not work with the certificate {certificate}: {reason}")]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What the TLS library says.
        reason: rustls::Error,
    },
    /// It is past its end.
    #[error("https.certificate: the certificate has ended; renew it")]
    Over,
    /// Generating failed.
    #[error(
        "cannot generate a certificate: {0}; set https.certificate and https.key, or https.listen = \"\""
    )]
    Generate(#[from] rcgen::Error),
}

impl TlsError {
    /// Whether the configuration is to be mended, rather than the machine.
    pub fn is_of_configuration(&self) -> bool {
        match self {
            Self::Unread { .. }
            | Self::Certificate { .. }
            | Self::Key { .. }
            | Self::Pair { .. }
            | Self::Over => true,
            Self::Folder(_) | Self::Generate(_) => false,
        }
    }
}

/// Why a file cannot be read, and the way out.
fn unread(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => {
            "does not exist; a path that does not begin with / is looked for in the working folder".to_owned()
        }
        ErrorKind::PermissionDenied => "may not be read by the user who runs visavis; allow it".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

impl TlsIdentity {
    fn of(key: CertifiedKey, self_signed: bool) -> Self {
        let first = key.cert.first();
        let fingerprint = first.map(fingerprint).unwrap_or_default();
        let validity = first.and_then(Validity::of);
        Self { fingerprint, self_signed, validity, key: Arc::new(key) }
    }

    /// What people compare: the fingerprint, and whether browsers will warn.
    pub fn told(&self) -> (String, bool) {
        (self.fingerprint.clone(), self.self_signed)
    }

    /// The certificate itself, without those that lead from it to its authority.
    pub fn certificate(&self) -> Option<CertificateDer<'static>> {
        self.key.cert.first().cloned()
    }

    /// One that is generated and kept nowhere.
    ///
    /// # Errors
    /// When generating fails.
    pub fn for_the_moment(config: &Config, now: Timestamp) -> Result<Self, TlsError> {
        generated::for_the_moment(config, now)
    }

    /// The operator's own certificate if the configuration names one, else the kept one, else a new one.
    ///
    /// # Errors
    /// When a file cannot be used.
    pub fn load(config: &Config, folder: &DataFolder, now: Timestamp) -> Result<Self, TlsError> {
        if let Some(own) = Self::own(config)? {
            return Ok(own);
        }
        let path = generated::keep(config, folder, now)?;
        read(&path, &path, true)
    }

    /// The operator's own certificate, if the configuration names one.
    ///
    /// # Errors
    /// When a file cannot be used.
    pub fn own(config: &Config) -> Result<Option<Self>, TlsError> {
        match (&config.https.certificate, &config.https.key) {
            (Some(certificate), Some(key)) => read(certificate, key, false).map(Some),
            _ => Ok(None),
        }
    }
}

fn read(certificate: &Path, key: &Path, self_signed: bool) -> Result<TlsIdentity, TlsError> {
    let unreadable = |reason: String| TlsError::Certificate { path: certificate.to_owned(), reason };
    let unread = |setting, path: &Path, error| TlsError::Unread { setting, path: path.to_owned(), error };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| match error {
        pem::Error::Io(error) => unread("https.certificate", certificate, error),
        error => unreadable(error.to_string()),
    })?;
    if chain.is_empty() {
        return Err(unreadable("it has no CERTIFICATE block".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        pem::Error::Io(error) => unread("https.key", key, error),
        error => TlsError::Key { path: key.to_owned(), reason: error.to_string() },
    })?;
    let key = CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|reason| {
        TlsError::Pair { certificate: certificate.to_owned(), key: key.to_owned(), reason }
    })?;
    Ok(TlsIdentity::of(key, self_signed))
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let bytes: Vec<String> = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::generated::{VALIDITY, generate};
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn folder() -> (tempfile::TempDir, DataFolder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(temporary.path()).unwrap();
        (temporary, folder)
    }

    fn load(folder: &DataFolder, config: &Config, now: Timestamp) -> TlsIdentity {
        TlsIdentity::load(config, folder, now).unwrap()
    }

    /// The error, with the folder's name taken out.
    fn error(folder: &DataFolder, config: &Config) -> String {
        let error = TlsIdentity::load(config, folder, NOW).err().unwrap().to_string();
        error.replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn the_generated_certificate_is_kept_until_it_ends() {
        let (_temporary, folder) = folder();
        let config = Config::default();

        let first = load(&folder, &config, NOW);
        let later = load(&folder, &config, NOW + (VALIDITY - Duration::from_secs(1)));
        let renewed = load(&folder, &config, NOW + VALIDITY);

        assert_eq!(first.fingerprint, later.fingerprint);
        assert_ne!(first.fingerprint, renewed.fingerprint);
        assert_eq!(first.fingerprint.len(), 32 * 3 - 1);
        assert!(first.self_signed);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let (_temporary, folder) = folder();
        let mut config = Config::default();
        let write = |name: &str, text: &str| {
            folder.write(name, text).unwrap();
            Some(folder.path().join(name))
        };
        let good = generate(&config, NOW).unwrap();

        config.https.certificate = write("certificate.pem", "nothing");
        config.https.key = write("key.pem", &good);
        assert_eq!(
            error(&folder, &config),
            "https.certificate: certificate.pem holds no PEM certificate that can be read: it has no CERTIFICATE block"
        );

        config.https.certificate = write("certificate.pem", &good);
        config.https.key = write("key.pem", "nothing");
        assert_eq!(
            error(&folder, &config),
            "https.key: key.pem holds no PEM private key that can be read: no items found; keys with a password must be \
             decrypted first, with `openssl pkey`"
        );

        config.https.key = write("key.pem", &generate(&config, NOW).unwrap());
        assert!(
            error(&folder, &config)
                .starts_with("https.key: key.pem does not work with the certificate certificate.pem: "),
        );

        config.https.key = write("key.pem", &good);
        assert!(!load(&folder, &config, NOW).self_signed);
    }
}
