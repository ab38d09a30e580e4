//! Plain counters of the server, read at `GET /metrics` in the Prometheus text format. No label ever names a
//! user, a call or an address.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

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
    Counter logins_limited: "Log-ins and sign-ups refused because of too many failed ones.",
    Counter sign_ups: "Sign-up links used.",
    Gauge sockets: "WebSockets open, signed in or not.",
    Counter sockets_refused: "WebSockets refused because of signaling.max_sockets.",
    Counter hellos: "Devices that signed in.",
    Counter hellos_refused: "First messages that were not a valid hello.",
    Counter devices_replaced: "Sockets closed because the same device connected again.",
    Counter sockets_silent: "Sockets closed because nothing was heard for too long.",
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
    Counter calls_merged: "Invites merged into the call that came the other way.",
    Counter calls_answered: "Calls answered.",
    Counter calls_ended: "Calls ended.",
    Gauge calls_live: "Calls that have not ended.",
    Counter commits: "Decisions committed by compare-and-set.",
    Counter commits_conflicting: "Compare-and-sets lost to another decision and tried again.",
    Counter commits_failed: "Decisions the store of live calls did not take.",
    Counter heartbeats_repaired: "Snapshots sent because a heartbeat showed an older revision.",
    Gauge teaching_sockets: "Sockets open on the teaching endpoint.",
    Counter teaching_refused: "Sockets the teaching endpoint refused: room full, too many rooms.",
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
            "\n# HELP visavis_sockets WebSockets open, signed in or not.\n# TYPE visavis_sockets gauge\nvisavis_sockets 2\n"
        ));
        assert!(text.contains("\nvisavis_hellos 1\n"));
    }
}
