//! The `visavis` command; everything is in [`visavis_server::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    visavis_server::cli::run()
}
