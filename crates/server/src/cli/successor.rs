//! Starting the next version of ourselves, which then takes over.

use std::ffi::OsString;
use std::process::{Child, Command};

use tracing::{info, warn};

/// Tells the next version to take over.
const UPGRADE: &str = "--upgrade";

/// Starts the program as we were started, from where it lies now. If it does not come as far as asking for our sockets, we
/// go on as if nothing had happened.
pub(super) fn start() {
    match spawn() {
        Ok(mut child) => {
            info!(pid = child.id(), "started the next version");
            // Ends with the child, or with us once we have handed over.
            std::thread::spawn(move || match child.wait() {
                Ok(status) => warn!(%status, "the next version did not take over; this one goes on"),
                Err(error) => warn!(%error, "the next version cannot be watched"),
            });
        }
        Err(error) => warn!(%error, "the next version cannot be started; this one goes on"),
    }
}

fn spawn() -> std::io::Result<Child> {
    let mut words = std::env::args_os();
    // By the name it was called, not as the file that runs: that one may have been replaced.
    let program = words.next().unwrap_or_else(|| "visavis".into());
    let rest: Vec<OsString> = words.filter(|word| word != UPGRADE).collect();
    Command::new(program).args(rest).arg(UPGRADE).spawn()
}
