//! What is done with arbitrary bytes. Each target of `fuzz/` is a plain function here, so that a stable test can replay
//! what was ever found (`tests/seeds.rs`), and a debugger can step through it.
//!
//! A target takes the bytes as something a stranger sent, or as a [`tape`](tape::Tape) that says what strangers, clients,
//! peers and the clock do next. It panics if a rule does not hold; it never fails otherwise.
//!
//! Begin with [`TARGETS`]; the one that knows most rules is `sessions`.

mod codec;
mod credentials;
mod framing;
mod json;
mod reach;
mod server;
mod sessions;
mod strangers;
mod tape;

/// A function of arbitrary bytes that panics if a rule does not hold.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its file in `fuzz/targets` and of its folder in `fuzz/seeds`.
pub const TARGETS: [(&str, Target); 6] = [
    ("codec", codec::run),
    ("credentials", credentials::run),
    ("framing", framing::run),
    ("json", json::run),
    ("sessions", sessions::run),
    ("strangers", strangers::run),
];

/// Runs the target of this name.
///
/// # Panics
///
/// If there is none, or if a rule does not hold for these bytes.
pub fn run(target: &str, bytes: &[u8]) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target of this name");
    run(bytes);
}
