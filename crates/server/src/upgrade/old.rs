//! The side that runs: is asked, and hands over.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use thiserror::Error;
use tokio::net::UnixListener;
use tokio::task::spawn_blocking;
use tracing::{info, warn};
use visavis_relay::handover::Channel;

use super::{Answer, FORM, Listening, Program, Say};
use crate::data_folder::DataFolder;

/// Why one process cannot take over from another; meant for the operator.
#[derive(Debug, Error)]
pub enum UpgradeError {
    /// Nothing runs here that could hand over, or it has just died.
    #[error("the running server cannot be asked to hand over ({path}): {source}")]
    Unreachable {
        /// The socket in the data folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The other side says no.
    #[error("the running server does not hand over: {0}; stop it and start this one without --upgrade")]
    Refused(String),
    /// The other side has gone or is silent.
    #[error("the handover broke off: {0}")]
    Broken(#[from] io::Error),
    /// The other side says what makes no sense here.
    #[error("the handover broke off: {0}")]
    Form(#[from] serde_json::Error),
}

/// Where the next version asks. Only the owner of the data folder gets here.
#[derive(Debug)]
pub struct UpgradeSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl UpgradeSocket {
    /// Opens the socket, in place of one that an earlier run has left.
    ///
    /// # Errors
    /// If it can not be opened, for example because the path is longer than Unix sockets allow.
    pub fn open(folder: &DataFolder, program: Program) -> io::Result<Self> {
        let path = folder.path().join(program.file());
        // Nobody listens at it any more: whoever runs has handed it over or has stopped.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        Ok(Self { listener, path })
    }

    /// Waits until a new version asks in a form we understand. Everybody else is answered and forgotten.
    pub async fn asked(&self) -> Asked {
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    warn!(%error, "nobody can ask for an upgrade");
                    std::future::pending().await
                }
            };
            let hello = spawn_blocking(move || hello(stream.into_std()?)).await;
            match hello {
                Ok(Ok(asked)) => return asked,
                Ok(Err(error)) => info!(%error, "no upgrade"),
                Err(error) => warn!(%error, "no upgrade"),
            }
        }
    }

    /// Nobody is to ask any more.
    pub fn close(self) {
        // If it stays, the next run removes it.
        let _ = fs::remove_file(&self.path);
    }
}

fn hello(stream: std::os::unix::net::UnixStream) -> Result<Asked, UpgradeError> {
    let mut channel = Channel::new(stream)?;
    match serde_json::from_slice(&channel.receive()?.text)? {
        Say::Ask { form: FORM, version } => Ok(Asked { channel, version }),
        Say::Ask { form, version } => {
            let reason =
                format!("it is version {} and cannot hand over to {version}", env!("CARGO_PKG_VERSION"));
            let refusal = Answer::Refused { reason };
            channel.send(&serde_json::to_vec(&refusal)?, &[])?;
            Err(UpgradeError::Refused(format!("form {form} of the handover is not known here")))
        }
        Say::TakeRelay => Err(UpgradeError::Refused("the relay is asked for first".to_owned())),
    }
}

/// A new version that waits for our sockets.
#[derive(Debug)]
pub struct Asked {
    channel: Channel,
    version: String,
}

impl Asked {
    /// The version that asks.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Hands over the listening sockets, and waits until the relay is wanted. Whatever the new process opens next must
    /// be closed here.
    ///
    /// # Errors
    /// If the new process has died: nobody serves then.
    pub async fn give_listeners(
        mut self,
        listeners: Vec<(&'static str, SocketAddr, TcpListener)>,
    ) -> Result<Self, UpgradeError> {
        let give = move || {
            let told = listeners
                .iter()
                .map(|(key, configured, _)| Listening { key: (*key).to_owned(), configured: *configured })
                .collect();
            let sockets: Vec<BorrowedFd<'_>> =
                listeners.iter().map(|(_, _, socket)| socket.as_fd()).collect();
            self.channel.send(&serde_json::to_vec(&Answer::Listeners { listeners: told })?, &sockets)?;
            match serde_json::from_slice(&self.channel.receive()?.text)? {
                Say::TakeRelay => Ok(self),
                Say::Ask { .. } => Err(UpgradeError::Refused("it asks twice".to_owned())),
            }
        };
        spawn_blocking(give).await.map_err(io::Error::other)?
    }

    /// The way the relay goes.
    pub fn into_channel(self) -> Channel {
        self.channel
    }
}
