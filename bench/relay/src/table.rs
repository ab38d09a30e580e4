//! The figures as Markdown.

use std::fmt::Write as _;

use crate::measure::{Allocations, Traffic};
use crate::results::{Results, Spread};
use crate::row::Row;
use crate::server::Kind;

/// One run in a few words.
pub(crate) fn brief(traffic: &Traffic) -> String {
    let outcome = &traffic.outcome;
    format!(
        "{:.2} µs, {:.1} kpps, {:.2} % lost, {:.0} µs on the way (99 %: {:.0}), others {:.0} %{}",
        traffic.cpu_us,
        outcome.delivered_rate() / 1e3,
        outcome.loss_percent(),
        outcome.median_us,
        outcome.p99_us,
        traffic.others_percent,
        if outcome.is_short() { ", generator short" } else { "" },
    )
}

/// All tables.
pub(crate) fn markdown(results: &Results) -> String {
    let mut text = String::new();
    if !results.traffic.is_empty() {
        head(&mut text, results);
        cpu(&mut text, results);
        delivery(&mut text, results);
    }
    if !results.allocations.is_empty() {
        allocations(&mut text, results);
    }
    if !results.amplification.is_empty() {
        amplification(&mut text, results);
    }
    text
}

fn head(text: &mut String, results: &Results) {
    let runs = if results.with_runs { "bursts leave and arrive as one" } else { "every packet by itself" };
    let shared = if results.shared_cpu {
        "; the generator shares a CPU with the servers: only CPU per packet means anything"
    } else {
        ""
    };
    line(text, &format!("\n{} worker(s), {} s a row, {runs}{shared}", results.workers, results.seconds));
}

fn cpu(text: &mut String, results: &Results) {
    line(text, "\n### CPU per delivered packet, µs: median [least–most]\n");
    let reference = Kind::Coturn;
    let others: Vec<Kind> = results.servers.iter().copied().filter(|kind| *kind != reference).collect();
    let mut heads = vec!["load".to_owned(), "via".to_owned(), "way".to_owned()];
    heads.extend(results.servers.iter().map(ToString::to_string));
    if results.servers.contains(&reference) {
        heads.extend(others.iter().map(|kind| format!("coturn ÷ {kind}")));
    }
    row_of(text, &heads);
    rule(text, heads.len(), 3);
    for row in results.rows() {
        let mut cells = of_row(row);
        let spread = |kind: Kind| results.spread(row, kind, |traffic| traffic.cpu_us);
        for kind in &results.servers {
            cells.push(
                spread(*kind).map_or("–".to_owned(), |it| {
                    format!("{:.2} [{:.2}–{:.2}]", it.median, it.least, it.most)
                }),
            );
        }
        if results.servers.contains(&reference) {
            for kind in &others {
                let ratio = spread(reference).zip(spread(*kind)).map(|(a, b)| a.median / b.median);
                cells.push(ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")));
            }
        }
        row_of(text, &cells);
    }
}

fn delivery(text: &mut String, results: &Results) {
    line(text, "\n### What arrived: medians\n");
    let heads = [
        "load",
        "via",
        "way",
        "server",
        "sent, kpps",
        "delivered, kpps",
        "lost, %",
        "on the way, µs",
        "99 %, µs",
        "server on CPU, %",
        "others on it, %",
    ];
    row_of(text, &heads.map(str::to_owned));
    rule(text, heads.len(), 4);
    for row in results.rows() {
        for kind in &results.servers {
            let show = |figure: &dyn Fn(&Traffic) -> f64, digits: usize| {
                let spread = results.spread(row, *kind, figure);
                spread.map_or("–".to_owned(), |it| format!("{:.digits$}", it.median))
            };
            let mut cells = of_row(row);
            cells.push(kind.to_string());
            cells.push(show(&|it| sent_rate(it) / 1e3, 1));
            cells.push(show(&|it| it.outcome.delivered_rate() / 1e3, 1));
            cells.push(show(&|it| it.outcome.loss_percent(), 2));
            cells.push(show(&|it| it.outcome.median_us, 0));
            cells.push(show(&|it| it.outcome.p99_us, 0));
            cells.push(show(&|it| it.server_percent, 0));
            cells.push(show(&|it| it.others_percent, 0));
            row_of(text, &cells);
        }
    }
}

fn allocations(text: &mut String, results: &Results) {
    line(text, "\n### Allocations: medians\n");
    let of_kind = |kind: Kind, figure: &dyn Fn(&Allocations) -> f64| {
        let figures = results.allocations.iter().filter(|(other, _)| *other == kind);
        Spread::of(figures.map(|(_, allocations)| figure(allocations)).collect())
    };
    let counts: Vec<usize> = results
        .allocations
        .first()
        .map(|(_, first)| first.memory.iter().map(|(count, _)| *count).collect())
        .unwrap_or_default();
    let mut heads = vec!["server".to_owned(), "allocations/s".to_owned(), "CPU each, µs".to_owned()];
    heads.extend(counts.iter().map(|count| format!("memory each of {count}, KiB")));
    row_of(text, &heads);
    rule(text, heads.len(), 1);
    for kind in &results.servers {
        let show = |figure: &dyn Fn(&Allocations) -> f64, digits: usize| {
            of_kind(*kind, figure).map_or("–".to_owned(), |it| format!("{:.digits$}", it.median))
        };
        let mut cells = vec![kind.to_string(), show(&|it| it.per_second, 0), show(&|it| it.cpu_us, 1)];
        for place in 0..counts.len() {
            cells.push(show(&|it| it.memory[place].1 / 1024.0, 1));
        }
        row_of(text, &cells);
    }
}

fn amplification(text: &mut String, results: &Results) {
    line(text, "\n### Bytes that come back to a stranger\n");
    let requests: Vec<String> = results
        .amplification
        .first()
        .map(|(_, all)| all.iter().map(|it| format!("{} ({} B)", it.request, it.sent)).collect())
        .unwrap_or_default();
    let heads: Vec<String> = [vec!["server".to_owned()], requests].concat();
    row_of(text, &heads);
    rule(text, heads.len(), 1);
    for (kind, all) in &results.amplification {
        let mut cells = vec![kind.to_string()];
        for one in all {
            let times = f64::from(u32::try_from(one.received).unwrap_or(u32::MAX))
                / f64::from(u32::try_from(one.sent).unwrap_or(u32::MAX));
            cells.push(format!("{} ({times:.1}×)", one.received));
        }
        row_of(text, &cells);
    }
}

fn sent_rate(traffic: &Traffic) -> f64 {
    let outcome = &traffic.outcome;
    outcome.delivered_rate() / (1.0 - outcome.loss_percent() / 100.0)
}

fn of_row(row: &Row) -> Vec<String> {
    vec![row.load.name.clone(), row.method.to_string(), row.direction.to_string()]
}

fn row_of(text: &mut String, cells: &[String]) {
    line(text, &format!("| {} |", cells.join(" | ")));
}

/// The first `words` columns hold words, the others numbers.
fn rule(text: &mut String, columns: usize, words: usize) {
    let rules = (0..columns).map(|column| if column < words { "---|" } else { "---:|" });
    line(text, &format!("|{}", rules.collect::<String>()));
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes all");
}
