//! The side that starts: asks, and takes over.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;

use tokio::task::spawn_blocking;
use visavis_relay::handover::Channel;

use super::{Answer, FORM, Listening, Program, Say, UpgradeError};
use crate::data_folder::DataFolder;

/// A process that is about to hand over.
#[derive(Debug)]
pub struct Predecessor {
    channel: Channel,
}

/// Listening sockets that another process has opened.
#[derive(Debug, Default)]
pub struct Inherited {
    listeners: Vec<(Listening, TcpListener)>,
}

impl Predecessor {
    /// Finds the process that runs in this data folder; `None` if there is none. It is not yet asked for anything.
    ///
    /// # Errors
    /// If there is one that can not be reached.
    pub fn find(folder: &DataFolder, program: Program) -> Result<Option<Self>, UpgradeError> {
        let path = folder.path().join(program.file());
        let stream = match UnixStream::connect(&path) {
            Ok(stream) => stream,
            // None has run here, or the last one was killed.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                return Ok(None);
            }
            Err(source) => return Err(UpgradeError::Unreachable { path, source }),
        };
        Ok(Some(Self { channel: Channel::new(stream)? }))
    }

    /// Asks it to hand over, waits until it has stopped serving, and takes its listening sockets. From here on there is no
    /// way back.
    ///
    /// # Errors
    /// If it refuses, or dies.
    pub async fn listeners(mut self) -> Result<(Self, Inherited), UpgradeError> {
        let take = move || {
            let ask = Say::Ask { form: FORM, version: env!("CARGO_PKG_VERSION").to_owned() };
            self.channel.send(&serde_json::to_vec(&ask)?, &[])?;
            let parcel = self.channel.receive()?;
            match serde_json::from_slice(&parcel.text)? {
                Answer::Listeners { listeners } => {
                    let sockets = parcel.sockets.into_iter().map(TcpListener::from);
                    let listeners = listeners.into_iter().zip(sockets).collect();
                    Ok((self, Inherited { listeners }))
                }
                Answer::Refused { reason } => Err(UpgradeError::Refused(reason)),
            }
        };
        spawn_blocking(take).await.map_err(io::Error::other)?
    }

    /// Asks for the relay, which then comes through this channel.
    ///
    /// # Errors
    /// If the old process has died; its relayed calls find another path.
    pub fn relay(mut self) -> Result<Channel, UpgradeError> {
        self.channel.send(&serde_json::to_vec(&Say::TakeRelay)?, &[])?;
        Ok(self.channel)
    }
}

impl Inherited {
    /// The socket that was opened for this setting with this value.
    pub fn take(&mut self, key: &str, configured: SocketAddr) -> Option<TcpListener> {
        let is_it = |(listening, _): &(Listening, TcpListener)| {
            listening.key == key && listening.configured == configured
        };
        let index = self.listeners.iter().position(is_it)?;
        Some(self.listeners.swap_remove(index).1)
    }
}
