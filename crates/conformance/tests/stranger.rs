//! A client that shares no line with ours holds to every transcript, and the kit notices one that does not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn play(client: &Path, only: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_visavis-conformance"))
        .current_dir(root())
        .args(["client", "--only", only, "node"])
        .arg(client)
        .output()
        .unwrap()
}

#[test]
fn a_client_written_from_the_prose_alone_holds_to_every_transcript() {
    let played = play(&root().join("e2e/stranger/client.mjs"), "");
    let report = String::from_utf8(played.stdout).unwrap();
    assert!(played.status.success(), "{report}");
    assert!(report.lines().count() > 25, "{report}");
}

#[test]
fn a_client_that_does_not_say_again_what_was_lost_fails() {
    let text = std::fs::read_to_string(root().join("e2e/stranger/client.mjs")).unwrap();
    let resend = "for (const message of unanswered) send(message);";
    assert!(text.contains(resend));
    // Away from the packages, so the import names its file.
    let ws = root().join("node_modules/ws/wrapper.mjs").canonicalize().unwrap();
    let import = "from 'ws'";
    assert!(text.contains(import));
    let forgetful = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forgetful.mjs");
    let text = text.replace(resend, "").replace(import, &format!("from 'file://{}'", ws.display()));
    std::fs::write(&forgetful, text).unwrap();
    let played = play(&forgetful, "said-again");
    let report = String::from_utf8(played.stdout).unwrap();
    assert_eq!(played.status.code(), Some(1), "{report}");
    assert!(report.contains("the client should say"), "{report}");
}
