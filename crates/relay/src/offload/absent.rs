//! Systems without such programs: nothing is ever offloaded.

use std::net::IpAddr;
use std::time::Instant;

use visavis_turn::{Rule, Traffic};

use super::{COUNTS, Hop, OffloadError};

/// There is none.
pub(crate) enum Kernel {}

impl Kernel {
    pub(crate) fn start(_: &[IpAddr], _: u32, _: u32) -> Result<(Self, String), OffloadError> {
        Err(OffloadError::System)
    }

    pub(super) fn check() -> Result<(), OffloadError> {
        Err(OffloadError::System)
    }

    pub(super) fn hop(&self, _: IpAddr, _: IpAddr) -> Option<Hop> {
        match *self {}
    }

    pub(super) fn take_place(&self) -> Option<(u32, Traffic)> {
        match *self {}
    }

    pub(super) fn give_back(&self, _: u32) {
        match *self {}
    }

    pub(super) fn insert(&self, _: Instant, _: &Rule, _: Hop, _: u32, _: u32) -> bool {
        match *self {}
    }

    pub(super) fn remove(&self, _: &Rule) {
        match *self {}
    }

    pub(super) fn counts(&self, _: u32) -> [Traffic; COUNTS] {
        match *self {}
    }

    pub(super) fn lease(&self, _: u32, _: Instant, _: Instant) {
        match *self {}
    }

    pub(crate) fn misses(&self) -> u64 {
        match *self {}
    }
}
