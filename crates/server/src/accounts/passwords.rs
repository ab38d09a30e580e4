//! Passwords are kept as Argon2id. A check is meant to be slow and large, so only a few run at once.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use visavis_proto::ErrorCode;

use super::Refusal;
use crate::secrets::random;

/// OWASP's recommendation of 2024: 19 MiB, 2 passes, 1 lane. Some 30 ms on a server's core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Checks that may wait for their turn, for each that may run; further ones are refused as overloaded.
const WAITING_PER_CHECK: u32 = 16;

/// What strangers' passwords are compared with, so that they take as long as anybody's: a hash of the same cost whose
/// password nobody knows.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(&random()));

/// The workers that hash.
#[derive(Debug)]
pub(super) struct Passwords {
    waiting: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new(at_once: u32) -> Self {
        let permits = |count: u32| Arc::new(Semaphore::new(count as usize));
        Self { waiting: permits(at_once.saturating_mul(1 + WAITING_PER_CHECK)), running: permits(at_once) }
    }

    /// Whether `password` is the one `hash` was made from. Without a hash the answer is no, as late as with one.
    pub(super) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Refusal> {
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.as_deref().unwrap_or(&NOBODY);
            known & argon2().verify_password(password.as_bytes(), hash).is_ok()
        })
        .await
    }

    /// The PHC string to keep.
    pub(super) async fn hash(&self, password: String) -> Result<String, Refusal> {
        self.run(move || hash(password.as_bytes())).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Refusal::overloaded())?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Refusal::overloaded())?;
        let held: [OwnedSemaphorePermit; 2] = [place, turn];
        let task = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a browser that goes away does not make room for another check.
            let _held = held;
            work()
        });
        task.await.map_err(|error| {
            tracing::error!(%error, "hashing a password failed");
            Refusal::new(ErrorCode::Internal, "the server has a fault; its log says more")
        })
    }
}

fn hash(password: &[u8]) -> String {
    let salt = &random()[..16];
    let hash = argon2().hash_password_with_salt(password, salt);
    hash.expect("the salt's length is one that Argon2 takes").to_string()
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("these are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognised_and_no_other_is() {
        let passwords = Passwords::new(1);
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();

        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct house".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify(String::new(), None).await.unwrap());
        assert!(!passwords.verify("x".to_owned(), Some("not a hash".to_owned())).await.unwrap());
    }

    #[tokio::test]
    async fn more_checks_than_may_wait_are_refused() {
        let passwords = Passwords::new(1);
        let held = Arc::clone(&passwords.waiting).acquire_many_owned(1 + WAITING_PER_CHECK).await.unwrap();

        assert_eq!(passwords.verify("x".to_owned(), None).await, Err(Refusal::overloaded()));
        drop(held);
        assert_eq!(passwords.verify("x".to_owned(), None).await, Ok(false));
    }
}
