//! What a server and the relays it tells devices of have in common: whoever has it makes credentials that all of them take.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;
use visavis_turn::AuthSecret;

use crate::config::Config;
use crate::secrets::{self, Secrets};

/// The least that nobody guesses, in characters: 128 bits, even in hexadecimal digits.
const SHORTEST: usize = 32;

/// A secret as people copy it. Its characters themselves are the key, as with `static-auth-secret` of coturn.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret(String);

/// Why there is no secret; meant for the operator.
#[derive(Debug, Error)]
pub enum SecretError {
    /// Nobody has said which.
    #[error(
        "relay.secret_file is not set, and a relay alone must have the secret of the server that sends devices to it: write \
         what `visavis relay secret` prints there into a file here, and name that with \
         --set relay.secret_file=/etc/visavis/relay.secret"
    )]
    Missing,
    /// The file cannot be read.
    #[error("relay.secret_file: {path} {}", unread(.error))]
    Unread {
        /// The file.
        path: PathBuf,
        /// What the system says; the message holds what matters of it.
        error: std::io::Error,
    },
    /// It holds something else.
    #[error(
        "relay.secret_file: {path} {problem}; write nothing into it but what `visavis relay secret` prints on the server's \
         machine"
    )]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong, without the secret.
        problem: &'static str,
    },
}

fn unread(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => {
            "does not exist; write into it what `visavis relay secret` prints on the server's machine"
                .to_owned()
        }
        ErrorKind::PermissionDenied => "may not be read by the user who runs visavis; allow it".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

impl SharedSecret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// One that nobody else has.
    pub(crate) fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(secrets::random()))
    }

    /// A server's: that of `relay.secret_file`, else the one of its data folder.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn of_server(config: &Config, secrets: &Secrets) -> Result<Self, SecretError> {
        Ok(Self::of_file(config)?.unwrap_or_else(|| secrets.turn_secret.clone()))
    }

    /// That of `relay.secret_file`, if there is one.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn of_file(config: &Config) -> Result<Option<Self>, SecretError> {
        let Some(path) = &config.relay.secret_file else { return Ok(None) };
        let unread = |error| SecretError::Unread { path: path.clone(), error };
        let bytes = fs::read(path).map_err(unread)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim();
        let unfit = |problem| SecretError::Unfit { path: path.clone(), problem };
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(unfit("holds more than one word, or what is no letter, digit or sign of ASCII"));
        }
        if text.len() < SHORTEST {
            return Err(unfit("holds less than 32 characters, which can be guessed"));
        }
        warn_of_others(path);
        Ok(Some(Self::new(text.to_owned())))
    }

    /// As it is copied from one machine to the other.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// As the relay takes it.
    pub fn auth(&self) -> AuthSecret {
        AuthSecret::new(self.0.as_bytes())
    }
}

/// The file is the operator's, so its rights are left as they are.
fn warn_of_others(path: &Path) {
    const OTHERS_READ_OR_WRITE: u32 = 0o006;
    if fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & OTHERS_READ_OR_WRITE != 0) {
        tracing::warn!(
            "everybody on this machine may read or change {0}; take that away with `chmod o= {0}`",
            path.display()
        );
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of a file that holds this, or what is said of it.
    fn of(content: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.secret");
        fs::write(&path, content).unwrap();
        let mut config = Config::default();
        config.relay.secret_file = Some(path.clone());
        let read = SharedSecret::of_file(&config);
        let told = |error: SecretError| error.to_string().replace(&path.display().to_string(), "FILE");
        read.map(|secret| secret.unwrap().text().to_owned()).map_err(told)
    }

    #[test]
    fn the_secret_is_the_one_word_in_the_file() {
        let word = "k".repeat(SHORTEST);
        assert_eq!(of(&format!("{word}\n")), Ok(word));
    }

    #[test]
    fn what_cannot_be_the_secret_is_refused_without_showing_it() {
        const OTHER: &str = "holds more than one word, or what is no letter, digit or sign of ASCII";
        let way_out = "write nothing into it but what `visavis relay secret` prints on the server's machine";
        for (content, problem) in [
            ("", "holds less than 32 characters, which can be guessed"),
            ("correct-horse-battery-staple", "holds less than 32 characters, which can be guessed"),
            ("turn_secret = \"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\"", OTHER),
            // As editors of other systems save it: a mark of the order of bytes comes first.
            ("\u{feff}kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n", OTHER),
        ] {
            assert_eq!(
                of(content),
                Err(format!("relay.secret_file: FILE {problem}; {way_out}")),
                "{content}"
            );
        }
    }
}
