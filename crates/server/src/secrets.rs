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
use crate::relay::SharedSecret;

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
    /// Makes relay credentials; shared with relays that run elsewhere. `relay.secret_file` may name another.
    pub turn_secret: SharedSecret,
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
    /// In files of earlier versions, and of no use: the secret makes the key of nonces, too.
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
        let mut file = File::open(folder)?;
        let ticket_key = file.bytes("ticket_key", |kept| &mut kept.ticket_key)?;
        let capsule_key = file.bytes("capsule_key", |kept| &mut kept.capsule_key)?;
        let turn_secret = file.token("turn_secret", |kept| &mut kept.turn_secret)?;
        let metrics_token = file.token("metrics_token", |kept| &mut kept.metrics_token)?;
        let bridge_token = file.token("bridge_token", |kept| &mut kept.bridge_token)?;
        let webhook_key = file.bytes("webhook_key", |kept| &mut kept.webhook_key)?;
        let push_key = file.push_key()?;
        file.close()?;
        Ok(Self {
            ticket_key,
            capsule_key,
            push_key,
            turn_secret: SharedSecret::new(turn_secret),
            metrics_token,
            bridge_token,
            webhook_key,
        })
    }
}

/// What opens `/metrics`, where that is all there is to keep secret: reads it from the file, or makes it.
///
/// # Errors
/// As for [`Secrets::load_or_create`].
pub fn metrics_token(folder: &DataFolder) -> Result<String, SecretsError> {
    let mut file = File::open(folder)?;
    let token = file.token("metrics_token", |kept| &mut kept.metrics_token)?;
    file.close()?;
    Ok(token)
}

/// The file while it is read, and what is added to it meanwhile.
struct File<'a> {
    folder: &'a DataFolder,
    kept: Kept,
    is_changed: bool,
}

impl<'a> File<'a> {
    fn open(folder: &'a DataFolder) -> Result<Self, SecretsError> {
        let kept = match folder.read(FILE)? {
            Some(text) => {
                close_to_others(folder);
                // The error's full text quotes the line, and so a secret.
                let kept: Kept =
                    toml::from_str(&text).map_err(|error| damaged(folder, error.message().to_owned()))?;
                if kept == Kept::default() {
                    return Err(damaged(folder, "it holds no secret".to_owned()));
                }
                kept
            }
            None => Kept::default(),
        };
        Ok(Self { folder, kept, is_changed: false })
    }

    /// 32 bytes in base64url, made if they are missing.
    fn token(
        &mut self,
        name: &str,
        of: impl Fn(&mut Kept) -> &mut Option<String>,
    ) -> Result<String, SecretsError> {
        self.bytes(name, &of)?;
        Ok(of(&mut self.kept).clone().unwrap_or_default())
    }

    /// The same, decoded.
    fn bytes(
        &mut self,
        name: &str,
        of: impl Fn(&mut Kept) -> &mut Option<String>,
    ) -> Result<[u8; 32], SecretsError> {
        let text = of(&mut self.kept).get_or_insert_with(|| {
            self.is_changed = true;
            URL_SAFE_NO_PAD.encode(random())
        });
        let bytes = URL_SAFE_NO_PAD.decode(text.as_str()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| damaged(self.folder, format!("{name} is not 32 bytes in base64url")))
    }

    fn push_key(&mut self) -> Result<Vec<u8>, SecretsError> {
        let text = self.kept.push_key.get_or_insert_with(|| {
            self.is_changed = true;
            URL_SAFE_NO_PAD.encode(vapid::generate())
        });
        let key = URL_SAFE_NO_PAD.decode(text.as_str()).ok().filter(|key| vapid::is_key(key));
        let reason = "push_key is not a P-256 key in base64url of PKCS #8";
        key.ok_or_else(|| damaged(self.folder, reason.to_owned()))
    }

    fn close(self) -> Result<(), SecretsError> {
        if self.is_changed {
            self.folder.write(FILE, &text(&self.kept))?;
        }
        Ok(())
    }
}

fn damaged(folder: &DataFolder, reason: String) -> SecretsError {
    SecretsError::Damaged { path: folder.path().join(FILE).display().to_string(), reason }
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
        assert_eq!(first.turn_secret.text().len(), 43);
        assert_eq!(first.turn_secret.text(), second.turn_secret.text());
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

        assert_eq!(first.turn_secret.text(), second.turn_secret.text());
        assert_ne!(first.metrics_token, second.metrics_token);
        assert_eq!(Secrets::load_or_create(&folder).unwrap().metrics_token, second.metrics_token);
    }

    #[test]
    fn a_relay_alone_makes_a_token_and_nothing_else_and_what_a_server_makes_beside_it_leaves_it() {
        let (_temporary, folder) = folder();
        let token = metrics_token(&folder).unwrap();
        assert_eq!(folder.read(FILE).unwrap().unwrap().lines().filter(|line| line.contains('=')).count(), 1);
        assert_eq!(metrics_token(&folder).unwrap(), token);
        assert_eq!(Secrets::load_or_create(&folder).unwrap().metrics_token, token);
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
