//! The command line of `visavis`.

use std::process::ExitCode;

/// Reads the command line, does what it says, and tells how it went.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
