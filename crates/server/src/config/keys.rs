//! Every key, its type, its default and its documentation. `docs/configure.md` is made from this file.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use visavis_relay::{Engine, Offload, TlsServer};

use super::embed_origin::EmbedOrigin;
use super::setting::{Contact, LogFilter, PortRange, PublicUrl, Raw, Setting, TlsUrls, WebhookUrl};
use super::table::{Key, Section, settings};
use super::turn_url::TurnUrl;

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
        /// Of these, those of one address (IPv6: one /64 network); further ones are closed at once. A browser has six at most, so
        /// this is enough for a large office behind one address. With `public.trust_proxy` it does not hold: everybody then
        /// comes from the proxy's address, and it is for the proxy to count.
        max_connections_per_ip: u32 = "512" in (1..=1_000_000),
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

    /// Calls on pages of other sites: see [embed.md](embed.md).
    web: Web {
        /// The sites that may do it, such as `https://shop.example`, each named: their pages may frame `/embed`, and let people with a
        /// guest link call. Nobody by default. A site that is listed can lay things over the frame, so list only whom you trust.
        embed_origins: Vec<EmbedOrigin> = "",
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
        /// Of these, those of one address (IPv6: /64) that have not signed in yet; further ones are refused with 503. A
        /// device signs in within a second, so this is enough for hundreds behind one address that come back at once. Behind
        /// a proxy all have its address unless `public.trust_proxy` is set.
        max_waiting_per_address: u32 = "256" in (1..=10_000_000),
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
        /// Where to listen for TURN over TLS besides, on a port of its own; 5349 is the usual one. It shows the certificate of
        /// `https.certificate`. A server does not need it, since its port of HTTPS takes TURN as well: devices are told one of the
        /// two, that on 443 if one is, else this. `visavis relay`, which has no such port, does.
        listen_tls: Vec<SocketAddr> = "",
        /// The address others reach this machine at, when it is behind a NAT that forwards `relay.listen` and `relay.ports`. By
        /// default the address of the interface a packet came in on.
        external_ip: Option<IpAddr> = "",
        /// A STUN server that is asked at the start how it sees this machine, `host` or `host:port`, if all addresses of this
        /// machine are private. What it says is taken for `relay.external_ip`. By default nobody is asked.
        stun_server: Option<String> = "",
        /// The host name or address handed to devices. By default the one they reached the server at.
        host: Option<String> = "",
        /// Whether devices are told to reach the relay over TLS (`turns:`), through the web port or `relay.listen_tls`, for
        /// networks that let nothing else out. Browsers do so only if they trust the certificate without a warning. `auto`: if it is your own
        /// (`https.certificate`), good for the name they use, and signed by an authority this machine trusts. Where `turns:` is
        /// not told, plain TURN on the web port is. `always`: for an authority of your own that only the devices know. `never`:
        /// also for a proxy that ends TLS before this server.
        tls_urls: TlsUrls = "auto",
        /// Relays that run elsewhere (`visavis relay`, or any TURN server with the same secret), which devices are told of behind
        /// this server's own: `turn:turn2.example.org:3478?transport=udp`, `…?transport=tcp`, `turns:turn2.example.org:5349`.
        /// At most 16; each costs every device a relayed address when a call begins.
        others: Vec<TurnUrl> = "",
        /// A file that holds nothing but the secret with which credentials are made, at least 32 characters; relays that run
        /// elsewhere have the same. By default a server has the one in its data folder, which `visavis relay secret` prints.
        /// `visavis relay` has none by default.
        secret_file: Option<PathBuf> = "",
        /// The UDP ports media is relayed on, first and last.
        ports: PortRange = "49152-65535",
        /// Threads that relay. 0: as many as the machine has cores, or one with `mobility` or `tcp_peers`. Always one where the
        /// system is not Linux.
        workers: u32 = "0" in (0..=256),
        /// How packets are read and written. `auto`: many by one call on Linux, one by one elsewhere. `portable`: one by one, should
        /// a network card or a sandbox not stand the other.
        engine: Engine = "auto",
        /// Whether the kernel forwards what passes between UDP clients and their peers, past the relay's threads. `auto`: where it
        /// can, by a program on the network cards; that needs Linux 6.6 and the capabilities CAP_BPF and CAP_NET_ADMIN, and such
        /// packets pass no packet filter. What it can not forward is relayed as with `off`.
        offload: Offload = "off",
        /// How long a thread that relays more than 2,000 packets a second rests, in microseconds, so that packets wait for each other:
        /// waking up for each is most of what they cost at such rates. A packet is late by up to as much, and with few packets not
        /// at all. 0: never.
        tick_us: u64 = "1000" in (0..=1000),
        /// Networks that may be relayed to although they are private, such as `10.0.0.0/8`. Loopback, private, link-local and
        /// multicast addresses are refused by default, so that nobody outside reaches machines behind the relay. An address of
        /// this machine itself is opened only by naming it alone, as in `10.0.0.7/32`.
        allow_peers: Vec<IpNet> = "",
        /// TURN servers, as `192.0.2.7:3478`, that clients are sent to when this one is full (300). One of the address family a
        /// client came by is named; they must accept the same credentials.
        alternate_servers: Vec<SocketAddr> = "",
        /// The same for clients that came over TLS: where the others take TLS, as `turn2.example.org/192.0.2.7:443`. The name, for which
        /// that one's certificate is good, is told only to clients that use SHA-256 (RFC 8489); without a name it must be good for the
        /// address.
        alternate_tls_servers: Vec<TlsServer> = "",
        /// Whether TURN clients that ask for it keep what they have when their address changes (RFC 8016). Browsers do not ask. There
        /// can be no more than one of `workers` then.
        mobility: bool = "false",
        /// Whether TURN clients that come over TCP or TLS may have TCP connections to peers (RFC 6062). Browsers do not ask. They count
        /// on the same limits, and the same peers are forbidden. There can be no more than one of `workers` then.
        tcp_peers: bool = "false",
        /// Whether a line is logged at the end of each relayed address: user name (not a person's), client, relayed address, how
        /// many peers and how much. It is logged as `visavis_relay::audit=debug`, which `log.level` must let through.
        audit: bool = "false",
        /// How long the credentials handed to a device are valid; a call under way may outlast them.
        credential_ttl_s: u64 = "86400" in (60..=604_800),
        /// Relayed addresses in use at once; further ones are refused (508).
        max_allocations: u32 = "8192" in (1..=65_536),
        /// Relayed addresses in use at once by one user; further ones are refused (486).
        max_allocations_per_user: u32 = "64" in (1..=65_536),
        /// Packets per second of one relayed address, both directions together, on average over a second; more are dropped. The
        /// default is what a camera in 1080p60, a screen in 4K and sound need both ways, twice over. In these limits, 0 is none.
        max_packets_per_s: u64 = "20000" in (0..=100_000_000),
        /// The same in bytes per second.
        max_bytes_per_s: u64 = "12500000" in (0..=2_000_000_000),
        /// Packets per second of all relayed addresses of one user.
        max_user_packets_per_s: u64 = "40000" in (0..=100_000_000),
        /// The same in bytes per second.
        max_user_bytes_per_s: u64 = "25000000" in (0..=2_000_000_000),
        /// Relayed addresses one user may open per second, after 128 at once; further ones are refused (486).
        max_new_allocations_per_s: u64 = "5" in (0..=1_000_000),
        /// Addresses one user may have let in per second that were not before, after 256 at once; further ones are refused (508).
        max_new_peers_per_s: u64 = "10" in (0..=1_000_000),
        /// How long `visavis relay`, when it is stopped, stays for those who are relayed through it; new ones are sent to
        /// `relay.alternate_servers` meanwhile, or refused. 0: it stops at once, as `visavis serve` always does. And how long
        /// either of them, when it has handed over to its next version, stays for those who are relayed over TCP.
        drain_s: u64 = "600" in (0..=86_400),
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
