//! Plain counters of the server, read at `GET /metrics` in the Prometheus text format. No label ever names a
//! user, a call or an address.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use visavis_turn::DropReason;

/// Something that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Something that grows and shrinks.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Adds `change`, which may be negative; gives the new value.
    pub fn add(&self, change: i64) -> i64 {
        self.0.fetch_add(change, Ordering::Relaxed) + change
    }

    /// How many there are.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! metrics {
    ($($kind:ident $name:ident: $help:literal,)*) => {
        /// Every counter of the server outside the relay, which keeps its own.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $(#[doc = $help] pub $name: $kind,)*
        }

        impl Metrics {
            /// All of them in the Prometheus text format, version 0.0.4.
            pub fn render(&self) -> String {
                self.render_where(|_| true)
            }

            fn render_where(&self, is_wanted: impl Fn(&str) -> bool) -> String {
                let mut out = String::new();
                $(if is_wanted(stringify!($name)) {
                    render(&mut out, stringify!($kind), stringify!($name), $help, &self.$name.value());
                })*
                out
            }
        }
    };
}

/// Writes one metric with its help and type lines.
pub fn render(out: &mut String, kind: &str, name: &str, help: &str, value: &impl std::fmt::Display) {
    let kind = kind.to_lowercase();
    let help = help.trim();
    writeln!(out, "# HELP visavis_{name} {help}\n# TYPE visavis_{name} {kind}\nvisavis_{name} {value}")
        .expect("a String takes any text");
}

metrics! {
    Counter logins: "People who signed in, new ones included.",
    Counter logins_refused: "Wrong names or passwords.",
    Counter names_limited: "Contacts and blocks refused because of too many names that nobody has.",
    Counter logins_limited: "Log-ins and sign-ups refused because of too many failed ones.",
    Counter admin_limited: "Requests of administrators refused because there were too many at once.",
    Counter http_timeouts: "API requests given up because they did not arrive in time.",
    Counter http_crowded: "Connections closed at once because their address had http.max_connections_per_ip.",
    Counter sign_ups: "Sign-up links used.",
    Counter guests: "Guests who came with a link.",
    Counter guests_refused: "Guests and knocks refused because there were too many.",
    Counter pins_refused: "Wrong PINs and passwords at browsers that several people use.",
    Counter recordings: "Recordings of calls that both people agreed to.",
    Counter pushes: "Pushes that a push service has taken.",
    Counter pushes_failed: "Pushes that were not taken; some are tried again.",
    Counter pushes_gone: "Registrations removed because the browser has unsubscribed.",
    Counter pushes_dropped: "Calls not pushed because too many ring at once.",
    Gauge sockets: "Connections of devices open, signed in or not: WebSockets, and those counted apart below.",
    Gauge streams: "Of these, event streams.",
    Gauge bridged: "Of these, devices behind the messenger of bridge.webhook.",
    Counter sockets_refused: "Connections refused because of signaling.max_sockets.",
    Counter sockets_crowded: "Connections refused because of signaling.max_waiting_per_address.",
    Counter hellos: "Devices that signed in.",
    Counter hellos_refused: "First messages that were not a valid hello.",
    Counter devices_replaced: "Sockets closed because the same device connected again.",
    Counter sockets_silent: "Sockets closed because nothing was heard for too long.",
    Counter chaos_lost: "Messages lost on purpose, see chaos.enabled.",
    Counter chaos_repeated: "Messages repeated on purpose.",
    Counter chaos_broken: "Connections broken on purpose.",
    Counter sockets_slow: "Sockets closed because the device did not read what was sent to it.",
    Counter messages: "Messages understood.",
    Counter messages_bad: "Frames that were not a message of the protocol.",
    Counter messages_unsupported: "Messages of an unknown type.",
    Counter messages_too_large: "Frames, payloads or lists over their limit.",
    Counter messages_limited: "Messages refused because a device sent too many.",
    Counter messages_refused: "Messages understood and refused, whatever the code.",
    Counter payloads_relayed: "Offers, answers, candidates and media notices passed on.",
    Counter payloads_undeliverable: "Relayed payloads whose receiver was not connected.",
    Counter payloads_forgotten: "Payloads whose acknowledgement would no longer be believed: too many were under way.",
    Counter acks_unknown: "Acknowledgements of what was not passed on, or was acknowledged before; dropped.",
    Counter calls_created: "Calls created.",
    Counter calls_screened: "Calls that did not ring: blocked, do not disturb, strangers, or too many.",
    Counter calls_merged: "Invites merged into the call that came the other way.",
    Counter calls_transferred: "Calls made by handing somebody over.",
    Counter calls_kept_shortly: "Ended calls that are kept for minutes only, because their caller has made so many.",
    Counter calls_restored: "Calls rebuilt from a device's capsule after the store of live calls was lost.",
    Counter capsules_refused: "Capsules that this server has not sealed for that call.",
    Counter capsules_too_long: "Snapshots sent without a capsule because it would have been too long.",
    Counter calls_answered: "Calls answered.",
    Counter calls_ended: "Calls ended.",
    Counter bridge_refused: "Requests to /bridge/messages without the right token.",
    Counter webhooks: "Parcels that the webhook took.",
    Counter webhooks_tried_again: "Parcels that it did not take at the first try.",
    Counter webhooks_given_up: "Devices closed because it did not take their parcels.",
    Gauge calls_live: "Calls that have not ended.",
    Counter commits: "Decisions committed by compare-and-set.",
    Counter commits_conflicting: "Compare-and-sets lost to another decision and tried again.",
    Counter commits_failed: "Decisions the store of live calls did not take.",
    Counter heartbeats_repaired: "Snapshots sent because a heartbeat showed an older revision.",
    Counter relay_self_tests: "Self-tests of the relay.",
    Counter relay_self_tests_failed: "Self-tests by which some way to the relay did not work.",
    Counter relay_reached: "Ways by which devices have reached the relay when they looked for a path.",
    Counter relay_missed: "Ways by which they have not.",
    Counter networks_forgotten: "Networks of which it is no longer known how they reach the relay: there were too many.",
    Gauge teaching_sockets: "Sockets open on the teaching endpoint.",
    Counter teaching_refused: "Sockets the teaching endpoint refused: room full, too many rooms.",
}

impl Metrics {
    /// Those that count something where a relay runs alone.
    pub fn render_of_relay(&self) -> String {
        self.render_where(|name| name.starts_with("relay_") || name.starts_with("http_crowded"))
    }
}

/// Adds the relay's counters.
pub fn render_relay(out: &mut String, stats: &visavis_relay::Stats) {
    let turn = &stats.turn;
    let sockets = &stats.sockets;
    let offload = &stats.offload;
    let gauges = [
        ("relay_allocations", "Allocations open.", turn.allocations),
        ("relay_tcp_connections", "TCP connections to the relay open.", sockets.tcp_connections),
        ("relay_peer_connections", "TCP connections with peers open.", turn.peer_connections),
        ("relay_offload_flows", "Flows between a client and a peer that the kernel forwards.", offload.flows),
    ];
    let counters = [
        ("relay_allocations_opened", "Allocations opened.", turn.allocations_opened),
        (
            "relay_allocations_expired",
            "Allocations that ran out rather than being ended.",
            turn.allocations_expired,
        ),
        ("relay_ports_refused", "Relayed ports the machine refused to open.", turn.ports_refused),
        (
            "relay_allocations_limited",
            "Allocations refused because their user opens too many in a short time.",
            turn.allocations_limited,
        ),
        (
            "relay_peers_limited",
            "Permissions refused because their user reaches out to too many addresses in a short time.",
            turn.peers_limited,
        ),
        (
            "relay_users_forgotten",
            "Users whose recent haste was forgotten for want of room.",
            turn.users_forgotten,
        ),
        (
            "relay_vouched_dropped",
            "Addresses with live signaling that became strangers' early for want of room.",
            turn.vouched_dropped,
        ),
        (
            "relay_revocations_dropped",
            "Revocations forgotten before their credentials expired, for want of room.",
            turn.revocations_dropped,
        ),
        (
            "relay_names_dropped",
            "User names forgotten before they expired, for want of room.",
            turn.names_dropped,
        ),
        ("relay_hints_lost", "Addresses and names the relay was too busy to hear of.", sockets.hints_lost),
        ("relay_icmp_errors", "ICMP errors passed on to clients.", turn.icmp_errors),
        ("relay_moves", "Clients that have gone on from another address.", turn.moves),
        (
            "relay_peer_connections_refused",
            "TCP connections of peers closed at once: without permission, or too many.",
            turn.peer_connections_refused,
        ),
        ("relay_bindings", "STUN Binding requests answered.", turn.bindings),
        ("relay_packets_to_peer", "Packets relayed from clients to peers.", turn.to_peer.packets),
        ("relay_bytes_to_peer", "Bytes relayed from clients to peers.", turn.to_peer.bytes),
        ("relay_packets_to_client", "Packets relayed from peers to clients.", turn.to_client.packets),
        ("relay_bytes_to_client", "Bytes relayed from peers to clients.", turn.to_client.bytes),
        (
            "relay_packets_between",
            "Packets between two clients of this relay.",
            turn.between_allocations.packets,
        ),
        ("relay_bytes_between", "Bytes between two clients of this relay.", turn.between_allocations.bytes),
        (
            "relay_offload_packets",
            "Packets forwarded by the kernel; they are among those relayed.",
            offload.packets,
        ),
        ("relay_offload_bytes", "Bytes forwarded by the kernel.", offload.bytes),
        (
            "relay_offload_misses",
            "Messages with data that the kernel had no rule for and left to the relay.",
            offload.misses,
        ),
        ("relay_offload_refused", "Rules for the kernel for which there was no room.", offload.refused),
        ("relay_send_failures", "Datagrams the kernel would not take.", sockets.send_failures),
        ("relay_datagrams_cut", "Datagrams dropped because they were too large.", sockets.datagrams_cut),
        ("relay_runs_refused", "Runs of datagrams the kernel would not send as one.", sockets.runs_refused),
        ("relay_tcp_refused", "TCP connections refused because there were too many.", sockets.tcp_refused),
        (
            "relay_tcp_timed_out",
            "TCP connections closed because they opened no allocation.",
            sockets.tcp_timed_out,
        ),
        ("relay_tcp_malformed", "TCP connections closed because of what they sent.", sockets.tcp_malformed),
        ("relay_tls_failed", "TCP connections to the relay closed because of their TLS.", sockets.tls_failed),
        (
            "relay_tcp_dropped",
            "Messages dropped for TCP clients that read too slowly.",
            sockets.tcp_queue_dropped,
        ),
    ];
    for (name, help, value) in gauges {
        render(out, "gauge", name, help, &value);
    }
    for (name, help, value) in counters {
        render(out, "counter", name, help, &value);
    }
    let by_label = |out: &mut String, name: &str, label: &str, lines: Vec<(String, u64)>| {
        writeln!(out, "# TYPE visavis_{name} counter").expect("a String takes any text");
        for (value, count) in lines {
            writeln!(out, "visavis_{name}{{{label}=\"{value}\"}} {count}").expect("a String takes any text");
        }
    };
    let errors = turn.errors.iter().map(|(code, count)| (code.number().to_string(), *count)).collect();
    by_label(out, "relay_errors", "code", errors);
    let dropped =
        DropReason::ALL.iter().map(|reason| (reason.name().to_owned(), turn.dropped(*reason))).collect();
    by_label(out, "relay_dropped", "reason", dropped);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_read_as_prometheus_text() {
        let metrics = Metrics::default();
        metrics.hellos.count();
        metrics.sockets.add(2);
        let text = metrics.render();
        assert!(text.contains(
            "\n# HELP visavis_sockets Connections of devices open, signed in or not: WebSockets, and those counted apart below.\n# TYPE visavis_sockets gauge\nvisavis_sockets 2\n"
        ));
        assert!(text.contains("\nvisavis_hellos 1\n"));
    }
}
