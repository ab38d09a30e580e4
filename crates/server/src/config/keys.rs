//! Every key, its type, its default and its documentation. `docs/configure.md` is made from this file.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::setting::{Contact, LogFilter, PortRange, PublicUrl, Raw, Setting, WebhookUrl};
use super::table::{Key, Section, settings};

settings! {
    /// What must be kept.
    data: Data {
        /// The folder of the database, the generated secrets and the generated certificate. Made at the first start,
        /// readable by its owner only. Back it up as a whole.
        dir: PathBuf = "data",
    }

    /// Plain HTTP. Browsers allow calls over it on the machine itself only, so the default listens on no other address.
    http: Http {
        /// Where to listen; `""` turns plain HTTP off. Choose `0.0.0.0:7070` only behind a proxy that adds TLS.
        listen: Option<SocketAddr> = "127.0.0.1:7070",
        /// Connections open at once over plain HTTP and HTTPS each, not counting WebSockets and event streams; further ones
        /// wait to be accepted.
        max_connections: u32 = "4096" in (1..=1_000_000),
    }

    /// HTTPS, for everybody who is not on this machine.
    https: Https {
        /// Where to listen; `""` turns HTTPS off. `[::]` means every address, IPv4 and IPv6.
        listen: Option<SocketAddr> = "[::]:7443",
        /// Your own certificate chain, a PEM file, the server's certificate first. Without it a self-signed certificate is
        /// generated and kept in the data folder.
        certificate: Option<PathBuf> = "",
        /// The private key of `https.certificate`, a PEM file (PKCS #8, PKCS #1 or SEC 1, without a password).
        key: Option<PathBuf> = "",
    }

    /// How the server is seen from outside.
    public: Public {
        /// The address people type, for links and QR codes, such as `https://call.example.org`. Needed behind a proxy and for a
        /// domain; otherwise links use the addresses the server finds.
        url: Option<PublicUrl> = "",
        /// Believe the last entry of `X-Forwarded-For` and `X-Forwarded-Proto`. Only behind a proxy that sets both: otherwise
        /// anybody can pretend to come from anywhere and evade the limits on logging in.
        trust_proxy: bool = "false",
    }

    /// Signing in.
    accounts: Accounts {
        /// How long a login lasts after it was last used.
        login_days: u32 = "30" in (1..=3650),
        /// How long a sign-up link is valid.
        signup_days: u32 = "7" in (1..=365),
        /// Failed attempts at once from one address (for IPv6, one /64 network).
        attempts_per_address: u32 = "20" in (1..=100_000),
        /// Failed attempts at once for one name, from anywhere.
        attempts_per_name: u32 = "20" in (1..=100_000),
        /// How long until one used-up attempt comes back.
        attempt_refill_s: u32 = "20" in (1..=86_400),
        /// Passwords checked at once. Each takes 19 MiB and some 30 ms of a core.
        password_checks: u32 = "2" in (1..=256),
    }

    /// People without an account, who come with somebody's link.
    guests: Guests {
        /// Whether users may make links for guests.
        enabled: bool = "true",
        /// How long a guest may stay. A call under way is not cut.
        hours: u32 = "12" in (1..=168),
        /// Guests there may be at once, those who are gone but not yet removed included.
        max: u32 = "1000" in (1..=1_000_000),
    }

    /// Web Push: how calls reach browsers that have no page open.
    push: Push {
        /// Whom a push service may write to when something is wrong, `mailto:you@example.org` or an `https://` address. By
        /// default `public.url`. Apple's push service takes nothing without one that is real.
        contact: Option<Contact> = "",
        /// Networks that may be pushed to although they are private, such as `10.0.0.0/8`, for a push service of your own.
        /// Loopback, private and link-local addresses are refused by default: any user may register any address.
        allow_networks: Vec<IpNet> = "",
        /// Further certificate authorities for push services, a PEM file. Those of the machine are always trusted.
        authorities: Option<PathBuf> = "",
    }

    /// The life of a call.
    calls: Calls {
        /// How long no device of the callee may ring before the caller is told `unreachable`.
        unreachable_ms: u64 = "20000" in (1_000..=600_000),
        /// How long a call rings before it ends as `no_answer`.
        ring_timeout_ms: u64 = "60000" in (1_000..=600_000),
        /// How long an answered call may take to connect before it ends as `media_failed`.
        connect_timeout_ms: u64 = "30000" in (1_000..=600_000),
        /// How long a device may be away from the server, without media, before its call ends as `connection_lost`.
        lost_grace_ms: u64 = "60000" in (1_000..=3_600_000),
    }

    /// The connections of devices, by WebSocket or event stream.
    signaling: Signaling {
        /// Connections open at once; further ones are refused with 503. Plan 6 KiB each, 25 KiB over HTTPS, and raise the
        /// limit on open files (`ulimit -n`) accordingly.
        max_sockets: u32 = "20000" in (1..=10_000_000),
        /// Messages a device may send per second in the long run.
        messages_per_second: u32 = "20" in (1..=10_000),
        /// Messages a device may send at once after having been quiet.
        message_burst: u32 = "60" in (1..=100_000),
        /// Calls a user may start per minute.
        invites_per_minute: u32 = "10" in (1..=10_000),
    }

    /// A messenger of yours that carries the signaling of its users; see `visavis bridge`.
    bridge: Bridge {
        /// Where the messenger takes what its users are to be given; `""`: there is no messenger, and `/bridge/messages` is
        /// not there. It vouches for every user of this server by name, so it must be trusted with all of them. Redirects are
        /// not followed.
        webhook: Option<WebhookUrl> = "",
    }

    /// STUN and TURN: devices that cannot reach each other send their media through here.
    relay: Relay {
        /// Where to listen, UDP and TCP alike; `[]` turns the relay off.
        listen: Vec<SocketAddr> = "0.0.0.0:3478",
        /// The address others reach this machine at, when it is behind a NAT that forwards `relay.listen` and `relay.ports`. By
        /// default the address of the interface a packet came in on.
        external_ip: Option<IpAddr> = "",
        /// The host name or address handed to devices. By default the one they reached the server at.
        host: Option<String> = "",
        /// The UDP ports media is relayed on, first and last.
        ports: PortRange = "49152-65535",
        /// Networks that may be relayed to although they are private, such as `10.0.0.0/8`. Loopback, private, link-local and
        /// multicast addresses are refused by default, so that nobody outside reaches machines behind the relay. An address of
        /// this machine itself is opened only by naming it alone, as in `10.0.0.7/32`.
        allow_peers: Vec<IpNet> = "",
        /// How long the credentials handed to a device are valid; a call under way may outlast them.
        credential_ttl_s: u64 = "86400" in (60..=604_800),
        /// Relayed addresses in use at once; further ones are refused (508).
        max_allocations: u32 = "8192" in (1..=65_536),
        /// Relayed addresses in use at once by one user; further ones are refused (486).
        max_allocations_per_user: u32 = "64" in (1..=65_536),
    }

    /// The endpoint for tutorials, `/signal?room=NAME`.
    teaching: Teaching {
        /// Whether it is there. It needs no account: leave it off on servers that strangers can reach.
        enabled: bool = "false",
    }

    /// A bad network on purpose, for those who test a client: messages are lost, repeated and delayed, and connections break.
    /// Never for people.
    chaos: Chaos {
        /// Whether things go wrong. The start then says so.
        enabled: bool = "false",
        /// Of a hundred messages, either way, so many are lost.
        lost_percent: u32 = "10" in (0..=100),
        /// Of a hundred messages, so many come twice.
        repeated_percent: u32 = "10" in (0..=100),
        /// And with so many the connection breaks.
        broken_percent: u32 = "1" in (0..=100),
        /// Each message is late by up to this time.
        delay_ms: u64 = "200" in (0..=10_000),
        /// After this time all connections are closed as by a restart, again and again; 0: never.
        restart_s: u64 = "0" in (0..=86_400),
        /// Another number, another course of things; connection by connection the same number gives the same.
        seed: u64 = "1",
    }

    /// What is written to standard error.
    log: Log {
        /// `error`, `warn`, `info`, `debug` or `trace`, also per part, such as `info,visavis_relay=debug`.
        level: LogFilter = "info",
    }
}

/// Every key, in the order of the documentation.
pub(crate) fn keys() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|section| section.keys)
}

/// The key called `section.key`.
pub(crate) fn key(name: &str) -> Option<&'static Key> {
    keys().find(|key| key.name == name)
}
