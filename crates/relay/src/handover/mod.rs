//! From one process to the next without losing a packet: the old process passes its open sockets on, and what it knows of
//! the allocations behind them. What arrives meanwhile waits in the kernel's buffers, which belong to the sockets.
//!
//! ```text
//!   old: Worker::leave ──► Estate ──► encode ──► Channel ──► decode ──► Estate ──► Worker::inherit :new
//! ```
//!
//! Clients over TCP stay with the old process, which relays for them until they are gone.

mod channel;
mod estate;
mod leave;

pub use channel::{Channel, Parcel};
pub(crate) use estate::{Estate, Settings, Unusable};

use std::io;
use std::os::fd::AsFd;

/// Sends all that a relay leaves; nothing, if there is none.
pub(crate) fn send(channel: &mut Channel, settings: &Settings, estates: Vec<Estate>) -> io::Result<()> {
    let parcel = estate::encode(settings, estates)?;
    let sockets: Vec<_> = parcel.sockets.iter().map(AsFd::as_fd).collect();
    channel.send(&parcel.text, &sockets)
}

/// Says over the channel that there is no relay to take over.
///
/// # Errors
/// If the other side is gone.
pub fn send_nothing(channel: &mut Channel) -> io::Result<()> {
    channel.send(&[], &[])
}

/// Receives what another relay leaves.
pub(crate) fn receive(
    channel: &mut Channel,
    settings: &Settings,
) -> io::Result<Result<Vec<Estate>, Unusable>> {
    Ok(estate::decode(settings, channel.receive()?))
}
