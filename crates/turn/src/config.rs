//! What the operator decides. All of it is handed over once, to `Turn::new`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
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
/// How long a peer may take to accept a connection, and how long one then waits for its ConnectionBind (RFC 6062 §5.2, §5.3).
pub const CONNECTION_PATIENCE: Duration = Duration::from_secs(30);

/// What every relay of ours calls itself unless told otherwise. Those that send clients on to each other share it.
pub const DEFAULT_REALM: &str = "visavis";

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

/// Another relay for clients that come over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsServer {
    /// What its certificate is good for, if not for the address.
    pub domain: Option<String>,
    /// Where it takes TLS.
    pub address: SocketAddr,
}

/// The longest name in DNS.
const LONGEST_DOMAIN: usize = 253;

impl FromStr for TlsServer {
    type Err = ();

    /// Reads `turn2.example.org/192.0.2.7:5349`, or the address alone.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (domain, address) = match text.split_once('/') {
            Some((domain, address)) => (Some(domain.to_owned()), address),
            None => (None, text),
        };
        let is_name = |domain: &String| {
            let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
            (1..=LONGEST_DOMAIN).contains(&domain.len()) && domain.bytes().all(is_fit)
        };
        if !domain.as_ref().is_none_or(is_name) {
            return Err(());
        }
        Ok(Self { domain, address: address.parse().map_err(|_| ())? })
    }
}

impl fmt::Display for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(domain) = &self.domain {
            write!(f, "{domain}/")?;
        }
        self.address.fmt(f)
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
    /// Whether [`Input::Known`](crate::Input::Known) tells of every credential that is issued. Nonces then offer clients to
    /// send a hash of their name in its place (USERHASH); elsewhere nobody could look it up.
    pub knows_names: bool,
    /// Servers that take clients for whom there is no room here. One of the family the client came by is named (300).
    pub alternate_servers: Vec<SocketAddr>,
    /// The same for clients that came over TLS, who go on over TLS.
    pub alternate_tls_servers: Vec<TlsServer>,
    /// Whether the end of every allocation is told ([`Output::Audit`](crate::Output::Audit)).
    pub audit: bool,
    /// Whether the shell can send a packet with DF set. Without that, DONT-FRAGMENT is an unknown attribute.
    pub dont_fragment: bool,
    /// Whether clients may take their allocations along to another address (RFC 8016). Only for a relay of one core: the others
    /// could not be asked for what is another's.
    pub mobility: bool,
    /// Whether the shell forwards data past this core, by the rules it is given ([`Turn::rules`](crate::Turn::rules)).
    pub offload: bool,
    /// Whether clients that come over TCP may have TCP to peers (RFC 6062). Only for a relay of one core: a client's data
    /// connection may come to another one.
    pub tcp_peers: bool,
    /// Networks peers may be in although the default list denies them.
    pub allow_peers: Vec<IpNet>,
    /// All addresses of this machine. Only an entry of `allow_peers` that names one exactly opens it.
    pub own_addresses: Vec<IpAddr>,
    /// How much of everything.
    pub limits: Limits,
}

impl TurnConfig {
    /// Opens no relayed port yet, so that there is STUN alone; everything else at its default.
    pub fn new(secret: AuthSecret, nonce_key: [u8; 32]) -> Self {
        Self {
            realm: DEFAULT_REALM.to_owned(),
            secret,
            nonce_key,
            previous_nonce_key: None,
            relay_addresses: Vec::new(),
            relay_ports: 49152..=65535,
            rfc5766_channels: true,
            knows_names: false,
            alternate_servers: Vec::new(),
            alternate_tls_servers: Vec::new(),
            audit: false,
            dont_fragment: false,
            mobility: false,
            offload: false,
            tcp_peers: false,
            allow_peers: Vec::new(),
            own_addresses: Vec::new(),
            limits: Limits::default(),
        }
    }
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
    /// TCP connections to peers of one allocation, those not yet standing or not yet bound included. Beyond: 508, or closed
    /// at once.
    pub peer_connections: usize,
    /// The same of all allocations of one user.
    pub peer_connections_per_user: usize,
    /// The same of everybody.
    pub all_peer_connections: usize,
    /// How often per second one user may open an allocation, on average. Beyond: 486. Here and below, 0 is no limit.
    pub new_allocations_per_second: u64,
    /// How often at once after a pause.
    pub new_allocations_burst: u64,
    /// How many addresses without permission one user may permit per second, on average. Beyond: 508.
    pub new_peers_per_second: u64,
    /// How many of those at once after a pause.
    pub new_peers_burst: u64,
    /// Packets of application data per second, on average, in both directions of an allocation together. Beyond: dropped.
    pub packets_per_second: u64,
    /// The same in bytes.
    pub bytes_per_second: u64,
    /// Packets per second of all allocations of a user.
    pub user_packets_per_second: u64,
    /// The same in bytes.
    pub user_bytes_per_second: u64,
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
    /// Addresses vouched for at a time. Beyond: the one that would run out first is a stranger's again.
    pub vouched: usize,
    /// Revocations remembered at a time. Beyond: the one that would run out first is forgotten, and may open
    /// allocations again until it expires.
    pub revocations: usize,
    /// User names known at a time. Beyond: the one that would run out first can not be found by its hash any more.
    pub known_names: usize,
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
            new_allocations_per_second: 5,
            // Another network: all that the quota allows is opened anew.
            new_allocations_burst: 128,
            // Each of some six allocations of a browser permits each of some ten addresses of the other side, at once.
            new_peers_per_second: 10,
            new_peers_burst: 256,
            // A camera at 1080p60 (8 Mbit/s), a screen in 4K (12 Mbit/s) and sound make 20 Mbit/s. Twice that while lost
            // packets are sent again and the bandwidth is probed, in both directions: 80 Mbit/s. Encoders fill packets to
            // about 1,000 bytes, so 10,000 packets per second, and the same again for feedback and small frames.
            packets_per_second: 20_000,
            bytes_per_second: 12_500_000,
            // One call that moves from one device or path to another is relayed twice for a moment.
            user_packets_per_second: 40_000,
            user_bytes_per_second: 25_000_000,
            permissions: 64,
            channels: 64,
            // Not media, which goes over UDP; each costs two sockets and buffers.
            peer_connections: 16,
            // A user's 64 allocations could otherwise hold a thousand.
            peer_connections_per_user: 64,
            all_peer_connections: 2048,
            longest_lifetime: Duration::from_secs(3600),
            nonce_lifetime: Duration::from_secs(3600),
            credential_grace: Duration::from_secs(24 * 3600),
            port_attempts: 16,
            lowest_peer_port: 1024,
            vouched: 65_536,
            revocations: 65_536,
            known_names: 65_536,
            stranger_answers_per_second: 100,
            stranger_answers_burst: 400,
        }
    }
}
