//! What the operator decides. All of it is handed over once, to `Turn::new`.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::IpNet;

use crate::credentials::AuthSecret;

/// How long an allocation lives unless asked otherwise, and the least a client gets (RFC 8656 §7.2).
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
/// How long a permission lasts (RFC 8656 §9); not configurable by the standard.
pub const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// How long a channel binding lasts (RFC 8656 §12).
pub const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);
/// How long an expired channel's number and peer stay unusable for another pairing (RFC 8656 §12).
pub const CHANNEL_QUARANTINE: Duration = Duration::from_secs(300);
/// How long a port kept by EVEN-PORT waits for its RESERVATION-TOKEN (RFC 8656 §7.2 asks for at least 30 s).
pub const RESERVATION_LIFETIME: Duration = Duration::from_secs(30);

/// An address relayed ports are opened on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayAddress {
    /// What sockets are bound to: an address of this machine, never a wildcard.
    pub bind: IpAddr,
    /// What clients and peers are told: the same, or the public side of a one-to-one NAT. Of the same family.
    pub advertised: IpAddr,
}

impl From<IpAddr> for RelayAddress {
    fn from(address: IpAddr) -> Self {
        Self { bind: address, advertised: address }
    }
}

/// Settings of a [`Turn`](crate::Turn).
#[derive(Clone, Debug)]
pub struct TurnConfig {
    /// Sent with every challenge; part of every key. At most 127 bytes, no `"` (RFC 8489 §14.9).
    pub realm: String,
    /// What time-limited credentials are made with.
    pub secret: AuthSecret,
    /// What nonces are made with. Nodes behind one name share it, and a restart keeps it, so that a nonce stays good.
    pub nonce_key: [u8; 32],
    /// The nonce key before the last change; nonces made with it are good until they expire.
    pub previous_nonce_key: Option<[u8; 32]>,
    /// Where relayed ports are opened. An allocation prefers the entry whose `bind` the client came to, else takes the
    /// first of the family asked for. Empty means STUN only.
    pub relay_addresses: Vec<RelayAddress>,
    /// Relayed ports (RFC 8656 §7.2 suggests 49152–65535). Must not be empty.
    pub relay_ports: RangeInclusive<u16>,
    /// Whether channels 0x5000–0x7FFF may be bound, too. RFC 8656 §12 ends at 0x4FFF, but clients of RFC 5766 (coturn's
    /// among them) pick any of them and give up when refused.
    pub rfc5766_channels: bool,
    /// Networks peers may be in although the default list denies them.
    pub allow_peers: Vec<IpNet>,
    /// All addresses of this machine. Only an entry of `allow_peers` that names one exactly opens it.
    pub own_addresses: Vec<IpAddr>,
    /// How much of everything.
    pub limits: Limits,
}

/// Bounds of everything that grows, and of what strangers may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Relayed ports open at a time, reservations included. Beyond: 508.
    pub allocations: usize,
    /// The same for one user, over all calls and devices. Beyond: 486.
    pub allocations_per_user: usize,
    /// Permissions of one allocation. Beyond: 508.
    pub permissions: usize,
    /// Channels of one allocation, those in quarantine included. Beyond: 508.
    pub channels: usize,
    /// The longest lifetime granted.
    pub longest_lifetime: Duration,
    /// How long a nonce is good. RFC 8656 §5 recommends at most an hour.
    pub nonce_lifetime: Duration,
    /// How long after its expiry a credential still refreshes the allocation it opened. Zero is strict.
    pub credential_grace: Duration,
    /// Ports tried if the machine refuses to open them. Beyond: 508.
    pub port_attempts: u32,
    /// The lowest peer port data is sent to.
    pub lowest_peer_port: u16,
    /// UDP answers to one address (IPv6: /64) that proved nothing: sustained, per second. Beyond: dropped.
    pub stranger_answers_per_second: u32,
    /// How many of those at once after a pause. Its /24 (IPv6: /56) gets four times both.
    pub stranger_answers_burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations: 8192,
            // A browser asks once per server address and interface, and again for every ICE restart.
            allocations_per_user: 64,
            permissions: 64,
            channels: 64,
            longest_lifetime: Duration::from_secs(3600),
            nonce_lifetime: Duration::from_secs(3600),
            credential_grace: Duration::from_secs(24 * 3600),
            port_attempts: 16,
            lowest_peer_port: 1024,
            stranger_answers_per_second: 100,
            stranger_answers_burst: 400,
        }
    }
}
