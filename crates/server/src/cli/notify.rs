//! Telling the service manager how far we are (`sd_notify(3)`): without a word, unless it has asked for it.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// We serve, and we are the process to watch: also in place of another one that has handed over to us.
pub(super) fn ready() {
    let state = format!("READY=1\nMAINPID={}\n", std::process::id());
    if let Err(error) = tell(&state) {
        tracing::warn!(%error, "the service manager was not told that we are ready");
    }
}

fn tell(state: &str) -> std::io::Result<()> {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let address = match path.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(&path)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}
