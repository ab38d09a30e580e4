//! Programs of others. Not run by tokio: it has the system send a signal to this process when one ends, which interrupts
//! whatever read with a timeout some other test is waiting in.

use std::ffi::OsStr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// Seconds; longer than any of these programs takes on a busy machine.
const PATIENCE: &str = "120";

/// Runs it until it ends, or has taken too long; how it ended, and what it said.
pub(crate) async fn run<A: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) -> (ExitStatus, String) {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", PATIENCE]).arg(program).args(arguments).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let Output { status, stdout, stderr } = output.unwrap();
    (status, format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// A program that runs until this is dropped.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _status = self.0.wait();
    }
}
