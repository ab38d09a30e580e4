//! Holds what the TURN core spends on a packet, in instructions, which no busy machine changes.

use std::path::Path;
use std::process::Command;

#[test]
#[expect(clippy::print_stdout, reason = "whoever runs the tests must learn that this one did not")]
fn no_path_of_a_relayed_packet_has_become_much_longer() {
    let is_installed = Command::new("valgrind").arg("--version").output().is_ok();
    let is_required = std::env::var_os("VISAVIS_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(is_installed || !is_required, "valgrind is not installed (Debian: valgrind)");
    if !is_installed {
        println!("SKIPPED: valgrind not installed (Debian: valgrind)");
        return;
    }
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["bench", "relay-instructions", "--check"])
        .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
        .current_dir(root)
        .output()
        .expect("xtask starts");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
}
