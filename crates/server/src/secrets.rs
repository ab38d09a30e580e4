//! Keys made at the first start and kept in the data folder's `secrets.toml`, readable by its owner only.

use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::data_folder::{DataFolder, DataFolderError};
use crate::push::vapid;

const FILE: &str = "secrets.toml";

/// What nobody but this server may know. Replacing the file signs nobody out, but ends relay credentials and tickets.
#[derive(Clone)]
pub struct Secrets {
    /// Signs the tickets for WebSockets.
    pub ticket_key: [u8; 32],
    /// Seals the capsules that devices keep of their calls.
    pub capsule_key: [u8; 32],
    /// Says to push services who we are: a P-256 key as PKCS #8. A new one ends every registration.
    pub push_key: Vec<u8>,
    /// Makes relay credentials; shared with relays that run apart.
    pub turn_secret: [u8; 32],
    /// Makes the relay's nonces.
    pub turn_nonce_key: [u8; 32],
    /// Opens `/metrics`, as `Authorization: Bearer`.
    pub metrics_token: String,
    /// Opens `/bridge/messages` to the messenger, as `Authorization: Bearer`.
    pub bridge_token: String,
    /// Signs what is posted to `bridge.webhook`.
    pub webhook_key: [u8; 32],
}

/// Why there are no secrets; meant for the operator.
#[derive(Debug, Error)]
pub enum SecretsError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    /// Its content is not what this program writes.
    #[error("{path} is damaged ({reason}); restore it from a backup, or delete it and new keys are made")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong, without the secrets.
        reason: String,
    },
}

/// The file. A key that is missing, because an older version made the file, is added.
#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    ticket_key: Option<String>,
    capsule_key: Option<String>,
    push_key: Option<String>,
    turn_secret: Option<String>,
    turn_nonce_key: Option<String>,
    metrics_token: Option<String>,
    bridge_token: Option<String>,
    webhook_key: Option<String>,
}

impl Secrets {
    /// Reads the file, or makes it. If others may read it, that is taken away from them with a warning.
    ///
    /// # Errors
    /// When it cannot be read or written, or is damaged.
    pub fn load_or_create(folder: &DataFolder) -> Result<Self, SecretsError> {
        let path = folder.path().join(FILE);
        let damaged = |reason: String| SecretsError::Damaged { path: path.display().to_string(), reason };
        let mut kept = match folder.read(FILE)? {
            Some(text) => {
                close_to_others(folder);
                // The error's full text quotes the line, and so a secret.
                let kept: Kept =
                    toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))?;
                if kept == Kept::default() {
                    return Err(damaged("it holds no secret".to_owned()));
                }
                kept
            }
            None => Kept::default(),
        };
        let mut added = false;
        let mut bytes = |name: &str, text: &mut Option<String>| {
            let text = text.get_or_insert_with(|| {
                added = true;
                URL_SAFE_NO_PAD.encode(random())
            });
            let bytes = URL_SAFE_NO_PAD.decode(text.as_str()).ok().and_then(|bytes| bytes.try_into().ok());
            bytes.ok_or_else(|| damaged(format!("{name} is not 32 bytes in base64url")))
        };
        let ticket_key = bytes("ticket_key", &mut kept.ticket_key)?;
        let capsule_key = bytes("capsule_key", &mut kept.capsule_key)?;
        let turn_secret = bytes("turn_secret", &mut kept.turn_secret)?;
        let turn_nonce_key = bytes("turn_nonce_key", &mut kept.turn_nonce_key)?;
        let metrics_token: [u8; 32] = bytes("metrics_token", &mut kept.metrics_token)?;
        let bridge_token: [u8; 32] = bytes("bridge_token", &mut kept.bridge_token)?;
        let webhook_key = bytes("webhook_key", &mut kept.webhook_key)?;
        if kept.push_key.is_none() {
            kept.push_key = Some(URL_SAFE_NO_PAD.encode(vapid::generate()));
            added = true;
        }
        let push_key = kept.push_key.as_deref().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let push_key = push_key
            .filter(|key| vapid::is_key(key))
            .ok_or_else(|| damaged("push_key is not a P-256 key in base64url of PKCS #8".to_owned()))?;
        if added {
            folder.write(FILE, &text(&kept))?;
        }
        let metrics_token = URL_SAFE_NO_PAD.encode(metrics_token);
        let bridge_token = URL_SAFE_NO_PAD.encode(bridge_token);
        Ok(Self {
            ticket_key,
            capsule_key,
            push_key,
            turn_secret,
            turn_nonce_key,
            metrics_token,
            bridge_token,
            webhook_key,
        })
    }
}

fn text(kept: &Kept) -> String {
    let line = |name: &str, value: &Option<String>| {
        value.as_ref().map_or(String::new(), |value| format!("{name} = \"{value}\"\n"))
    };
    [
        "# The secrets of this Visavis server, made at its first start. Keep them secret, and back them up.\n".to_owned(),
        line("ticket_key", &kept.ticket_key),
        line("capsule_key", &kept.capsule_key),
        line("push_key", &kept.push_key),
        line("turn_secret", &kept.turn_secret),
        line("turn_nonce_key", &kept.turn_nonce_key),
        line("metrics_token", &kept.metrics_token),
        line("bridge_token", &kept.bridge_token),
        line("webhook_key", &kept.webhook_key),
    ]
    .concat()
}

fn close_to_others(folder: &DataFolder) {
    let path = folder.path().join(FILE);
    let Ok(metadata) = fs::metadata(&path) else { return };
    if metadata.permissions().mode() & 0o077 == 0 {
        return;
    }
    let outcome = match fs::set_permissions(&path, Permissions::from_mode(0o600)) {
        Ok(()) => "they no longer may".to_owned(),
        Err(error) => format!("and that cannot be changed: {error}"),
    };
    tracing::warn!(
        "others on this machine could read {}; {outcome}. If you do not trust them all, delete it and restart",
        path.display()
    );
}

/// 256 bits nobody can guess.
pub(crate) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .expect("the system gives random bytes: nothing here could be secure without them");
    bytes
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, DataFolder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&temporary.path().join("data")).unwrap();
        (temporary, folder)
    }

    fn mode(path: &std::path::Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn secrets_are_made_once_and_only_their_owner_may_read_them() {
        let (_temporary, folder) = folder();

        let first = Secrets::load_or_create(&folder).unwrap();
        let second = Secrets::load_or_create(&folder).unwrap();

        assert_eq!(first.ticket_key, second.ticket_key);
        assert_eq!(first.metrics_token, second.metrics_token);
        assert_ne!(first.ticket_key, first.turn_secret);
        assert_eq!(mode(&folder.path().join(FILE)), 0o600);
        assert_eq!(mode(folder.path()), 0o700);
    }

    #[test]
    fn a_key_that_is_missing_is_added_and_the_others_stay() {
        let (_temporary, folder) = folder();
        let first = Secrets::load_or_create(&folder).unwrap();
        let text = folder.read(FILE).unwrap().unwrap();
        let without: String =
            text.lines().filter(|line| !line.starts_with("metrics_token")).collect::<Vec<_>>().join("\n");
        folder.write(FILE, &without).unwrap();

        let second = Secrets::load_or_create(&folder).unwrap();

        assert_eq!(first.turn_secret, second.turn_secret);
        assert_ne!(first.metrics_token, second.metrics_token);
        assert_eq!(Secrets::load_or_create(&folder).unwrap().metrics_token, second.metrics_token);
    }

    #[test]
    fn rights_that_are_too_wide_are_taken_away() {
        let (_temporary, folder) = folder();
        Secrets::load_or_create(&folder).unwrap();
        let path = folder.path().join(FILE);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();

        Secrets::load_or_create(&folder).unwrap();

        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_damaged_file_is_refused_without_telling_what_is_in_it() {
        let (_temporary, folder) = folder();
        folder.write(FILE, "ticket_key = \"c2hvcnQ\"\n").unwrap();

        let error = Secrets::load_or_create(&folder).unwrap_err().to_string();

        let wanted = "secrets.toml is damaged (ticket_key is not 32 bytes in base64url); restore it from a backup, or \
                      delete it and new keys are made";
        assert_eq!(error.replace(&format!("{}/", folder.path().display()), ""), wanted);
    }
}
