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
                let mut out = String::new();
                $(render(&mut out, stringify!($kind), stringify!($name), $help, &self.$name.value());)*
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
    Counter http_timeouts: "API requests given up because they did not arrive in time.",
    Counter sign_ups: "Sign-up links used.",
    Counter guests: "Guests who came with a link.",
    Counter guests_refused: "Guests and knocks refused because there were too many.",
    Counter pushes: "Pushes that a push service has taken.",
    Counter pushes_failed: "Pushes that were not taken; some are tried again.",
    Counter pushes_gone: "Registrations removed because the browser has unsubscribed.",
    Counter pushes_dropped: "Calls not pushed because too many ring at once.",
    Gauge sockets: "Connections of devices open, signed in or not: WebSockets, and those counted apart below.",
    Gauge streams: "Of these, event streams.",
    Gauge bridged: "Of these, devices behind the messenger of bridge.webhook.",
    Counter sockets_refused: "Connections refused because of signaling.max_sockets.",
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
    Counter calls_created: "Calls created.",
    Counter calls_screened: "Calls that did not ring: blocked, do not disturb, strangers, or too many.",
    Counter calls_merged: "Invites merged into the call that came the other way.",
    Counter calls_transferred: "Calls made by handing somebody over.",
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
    Gauge teaching_sockets: "Sockets open on the teaching endpoint.",
    Counter teaching_refused: "Sockets the teaching endpoint refused: room full, too many rooms.",
}

/// Adds the relay's counters.
pub fn render_relay(out: &mut String, stats: &visavis_relay::Stats) {
    let turn = &stats.turn;
    let sockets = &stats.sockets;
    let gauges = [
        ("relay_allocations", "Allocations open.", turn.allocations),
        ("relay_tcp_connections", "TCP connections to the relay open.", sockets.tcp_connections),
    ];
    let counters = [
        ("relay_allocations_opened", "Allocations opened.", turn.allocations_opened),
        (
            "relay_allocations_expired",
            "Allocations that ran out rather than being ended.",
            turn.allocations_expired,
        ),
        ("relay_ports_refused", "Relayed ports the machine refused to open.", turn.ports_refused),
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
        ("relay_send_failures", "Datagrams the kernel would not take.", sockets.send_failures),
        ("relay_tcp_refused", "TCP connections refused because there were too many.", sockets.tcp_refused),
        (
            "relay_tcp_timed_out",
            "TCP connections closed because they opened no allocation.",
            sockets.tcp_timed_out,
        ),
        ("relay_tcp_malformed", "TCP connections closed because of what they sent.", sockets.tcp_malformed),
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
