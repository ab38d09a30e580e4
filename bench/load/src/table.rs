//! The figures as a Markdown table.

use crate::measure::{Figures, Load, Metric};
use crate::peerjs::PeerJs;
use crate::system::System;
use crate::visavis::Visavis;

/// Each metric with its name, the digits it is shown with, and what is wanted of ours.
const ROWS: [(Metric, &str, usize, &str); 13] = [
    (Metric::MemoryAtRest, "memory at rest, MB", 1, "< 15"),
    (Metric::MemoryPerSocket, "memory per idle WebSocket, KiB", 1, "< 8"),
    (Metric::PrepareCpu, "CPU per ticket, µs", 0, ""),
    (Metric::ConnectCpu, "CPU per WebSocket opened, µs", 0, ""),
    (Metric::IdleCpu, "CPU per idle WebSocket, µs a second", 2, ""),
    (Metric::RelayCpu, "CPU per payload relayed, µs", 1, "< 5"),
    (Metric::RelayRate, "— payloads a second", 0, ""),
    (Metric::AckedCpu, "CPU per payload relayed and its ack relayed back, µs", 1, "< 10"),
    (Metric::AckedRate, "— payloads a second", 0, ""),
    (Metric::DelayMedian, "delay of a payload, median, ms", 2, ""),
    (Metric::DelayTail, "— 99th percentile", 2, ""),
    (Metric::AckedDelayMedian, "delay of a payload when each is acked, median, ms", 2, ""),
    (Metric::AckedDelayTail, "— 99th percentile", 2, ""),
];

/// Prints the medians.
#[expect(clippy::print_stdout, reason = "the output of a command-line tool")]
pub(crate) fn print(load: &Load, ours: &[Figures], theirs: &[Figures]) {
    println!(
        "\n{} WebSockets; {} pairs, payloads of {} bytes, {} of each device under way; delays at {} a second\n",
        load.connections, load.pairs, load.bytes, load.window, load.rate
    );
    let head = [Visavis::NAME, PeerJs::NAME, "ratio", "wanted"];
    println!("| {:52} | {:>8} | {:>8} | {:>6} | {:>6} |", "", head[0], head[1], head[2], head[3]);
    println!("|{:-<54}|{:->10}|{:->10}|{:->8}|{:->8}|", "", ":", ":", ":", ":");
    for (metric, name, digits, wanted) in ROWS {
        let (our, their) = (median(ours, metric), median(theirs, metric));
        let ratio = our.zip(their).filter(|(our, _)| *our > 0.0).map(|(our, their)| their / our);
        let show =
            |value: Option<f64>, digits| value.map_or("–".to_owned(), |value| format!("{value:.digits$}"));
        let (our, their, ratio) = (show(our, digits), show(their, digits), show(ratio, 1));
        println!("| {name:52} | {our:>8} | {their:>8} | {ratio:>6} | {wanted:>6} |");
    }
}

fn median(figures: &[Figures], metric: Metric) -> Option<f64> {
    let mut values: Vec<f64> = figures.iter().filter_map(|figures| figures.of(metric)).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
