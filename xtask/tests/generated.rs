//! Holds that what is generated was generated from the sources as they stand.

use std::path::Path;
use std::process::Command;

#[test]
fn generated_files_are_fresh() {
    holds(&["generate", "--check"]);
}

#[test]
fn the_relays_program_for_the_kernel_was_compiled_from_its_source() {
    holds(&["bpf", "--check"]);
}

fn holds(arguments: &[&str]) {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
        .current_dir(root)
        .output()
        .expect("xtask starts");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
}
