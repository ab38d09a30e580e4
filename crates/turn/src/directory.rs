//! Who is behind a relayed address: what a core must know of another core's allocation to deliver a packet to its client
//! itself. Written when something changes, read for packets without waiting for anybody.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwapOption;

use crate::allocation::{Channels, Permissions};
use crate::config::TurnConfig;
use crate::five_tuple::FiveTuple;
use crate::meter::Meter;

/// A place for every relayed port there can be.
#[derive(Default)]
pub(crate) struct Directory {
    addresses: Vec<Row>,
}

/// The ports of one relay address.
struct Row {
    /// As peers see it.
    ip: IpAddr,
    first: u16,
    ports: Box<[ArcSwapOption<Access>]>,
}

/// An allocation as other cores know it.
pub(crate) struct Access {
    pub(crate) five_tuple: FiveTuple,
    /// Where its socket is bound.
    pub(crate) bound: SocketAddr,
    pub(crate) expires_at: Instant,
    /// Measures what its client gets, whichever core passes it on.
    pub(crate) meter: Arc<Meter>,
    pub(crate) permissions: Permissions,
    pub(crate) channels: Channels,
}

impl Directory {
    pub(crate) fn new(config: &TurnConfig) -> Self {
        let row = |address: &crate::RelayAddress| Row {
            ip: address.advertised,
            first: *config.relay_ports.start(),
            ports: config.relay_ports.clone().map(|_| ArcSwapOption::empty()).collect(),
        };
        Self { addresses: config.relay_addresses.iter().map(row).collect() }
    }

    pub(crate) fn set(&self, relayed: SocketAddr, access: impl FnOnce() -> Option<Access>) {
        if let Some(place) = self.place(relayed) {
            place.store(access().map(Arc::new));
        }
    }

    pub(crate) fn of(&self, relayed: SocketAddr) -> Option<Arc<Access>> {
        self.place(relayed)?.load_full()
    }

    fn place(&self, relayed: SocketAddr) -> Option<&ArcSwapOption<Access>> {
        let row = self.addresses.iter().find(|row| row.ip == relayed.ip())?;
        row.ports.get(usize::from(relayed.port().checked_sub(row.first)?))
    }
}
