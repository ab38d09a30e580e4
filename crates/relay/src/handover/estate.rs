//! What a worker leaves to the next process, and how that is written down.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;

use serde::{Deserialize, Serialize};
use visavis_turn::{SNAPSHOT_FORM, Snapshot};

use super::channel::Parcel;
use crate::addresses::Sockets;
use crate::config::RelayConfig;

/// What one worker leaves.
pub(crate) struct Estate {
    /// Where clients come to.
    pub(crate) sockets: Sockets,
    /// What the core knows of them.
    pub(crate) snapshot: Snapshot,
    /// The relayed ports, in the order of the snapshot.
    pub(crate) ports: Vec<UdpSocket>,
}

/// The list that goes before the sockets.
#[derive(Debug, Serialize, Deserialize)]
struct Inventory {
    /// The settings the sockets were opened with.
    opened_with: Settings,
    workers: Vec<Share>,
}

/// Sockets are taken over only by a process that would have opened the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    udp: Vec<SocketAddr>,
    tcp: Vec<SocketAddr>,
    tls: Vec<SocketAddr>,
}

/// One worker's part: its sockets follow in the order of these lists, then its relayed ports.
#[derive(Debug, Serialize, Deserialize)]
struct Share {
    udp: Vec<SocketAddr>,
    tcp: Vec<SocketAddr>,
    tls: Vec<SocketAddr>,
    snapshot: Snapshot,
}

/// Why what another process leaves is of no use here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("it relays nothing")]
    Nothing,
    #[error("relay.listen is another now")]
    OtherSettings,
    #[error("it is of another version")]
    OtherForm,
    #[error("it says what makes no sense: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("sockets are missing")]
    Incomplete,
}

impl Settings {
    pub(crate) fn of(config: &RelayConfig) -> Self {
        Self {
            udp: config.listen_udp.clone(),
            tcp: config.listen_tcp.clone(),
            tls: config.listen_tls.clone(),
        }
    }
}

/// The list as text, and the sockets it speaks of.
pub(super) fn encode(config: &Settings, estates: Vec<Estate>) -> io::Result<Parcel> {
    let mut parcel = Parcel::default();
    let mut workers = Vec::new();
    for Estate { sockets: Sockets { udp, tcp, tls }, snapshot, ports } in estates {
        workers.push(Share {
            udp: put(udp, &mut parcel.sockets),
            tcp: put(tcp, &mut parcel.sockets),
            tls: put(tls, &mut parcel.sockets),
            snapshot,
        });
        parcel.sockets.extend(ports.into_iter().map(OwnedFd::from));
    }
    parcel.text = serde_json::to_vec(&Inventory { opened_with: config.clone(), workers })?;
    Ok(parcel)
}

fn put<S: Into<OwnedFd>>(sockets: Vec<(SocketAddr, S)>, fds: &mut Vec<OwnedFd>) -> Vec<SocketAddr> {
    let put = |(address, socket): (SocketAddr, S)| {
        fds.push(socket.into());
        address
    };
    sockets.into_iter().map(put).collect()
}

fn take<S: From<OwnedFd>>(
    addresses: Vec<SocketAddr>,
    fds: &mut impl Iterator<Item = OwnedFd>,
) -> Result<Vec<(SocketAddr, S)>, Unusable> {
    let next = |address| Ok((address, fds.next().ok_or(Unusable::Incomplete)?.into()));
    addresses.into_iter().map(next).collect()
}

/// Reads what `encode` has written; the sockets close with the error.
pub(super) fn decode(config: &Settings, parcel: Parcel) -> Result<Vec<Estate>, Unusable> {
    if parcel.text.is_empty() {
        return Err(Unusable::Nothing);
    }
    let inventory: Inventory = serde_json::from_slice(&parcel.text)?;
    if inventory.opened_with != *config {
        return Err(Unusable::OtherSettings);
    }
    let mut fds = parcel.sockets.into_iter();
    let mut estates = Vec::new();
    for Share { udp, tcp, tls, snapshot } in inventory.workers {
        if snapshot.form != SNAPSHOT_FORM {
            return Err(Unusable::OtherForm);
        }
        let sockets =
            Sockets { udp: take(udp, &mut fds)?, tcp: take(tcp, &mut fds)?, tls: take(tls, &mut fds)? };
        let ports: Vec<UdpSocket> = fds.by_ref().take(snapshot.len()).map(UdpSocket::from).collect();
        if ports.len() < snapshot.len() {
            return Err(Unusable::Incomplete);
        }
        estates.push(Estate { sockets, snapshot, ports });
    }
    if estates.is_empty() { Err(Unusable::Nothing) } else { Ok(estates) }
}
