//! What was measured, gathered and written: every run as JSON, medians as a table and plots.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::measure::{Allocations, Amplification, Bench, Traffic};
use crate::row::Row;
use crate::server::Kind;
use crate::{plot, table};

/// Everything of one call of this program.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) servers: Vec<Kind>,
    pub(crate) workers: usize,
    pub(crate) seconds: f64,
    /// Whether bursts left and arrived as one.
    pub(crate) with_runs: bool,
    /// Whether the generator had to share a CPU with the servers.
    pub(crate) shared_cpu: bool,
    pub(crate) traffic: Vec<(Row, Kind, Traffic)>,
    pub(crate) allocations: Vec<(Kind, Allocations)>,
    pub(crate) amplification: Vec<(Kind, Vec<Amplification>)>,
}

impl Results {
    pub(crate) fn new(servers: &[Kind], bench: &Bench) -> Self {
        Self {
            servers: servers.to_vec(),
            workers: bench.cpus.workers,
            seconds: bench.time.as_secs_f64(),
            with_runs: bench.with_runs,
            shared_cpu: bench.cpus.are_shared(),
            traffic: Vec::new(),
            allocations: Vec::new(),
            amplification: Vec::new(),
        }
    }

    /// The rows, each once, in the order they were measured.
    pub(crate) fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = Vec::new();
        for (row, ..) in &self.traffic {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// One figure of all repetitions of a row on a server.
    pub(crate) fn spread(&self, row: &Row, kind: Kind, figure: impl Fn(&Traffic) -> f64) -> Option<Spread> {
        let of_row = self.traffic.iter().filter(|(other, server, _)| other == row && *server == kind);
        Spread::of(of_row.map(|(.., traffic)| figure(traffic)).collect())
    }

    /// Writes all files and prints the table.
    #[expect(clippy::print_stdout, reason = "the output of a command-line tool")]
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let table = table::markdown(self);
        let mut files = vec![
            ("results.json".to_owned(), serde_json::to_string_pretty(self)?),
            ("table.md".to_owned(), table.clone()),
        ];
        files.extend(plot::all(self));
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        println!("{table}\nAlso in {}, with every run and plots.", folder.display());
        Ok(())
    }
}

/// The middle of some figures, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// `None` of nothing.
    pub(crate) fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let (least, most) = (*figures.first()?, *figures.last()?);
        let (lower, upper) = (figures[(figures.len() - 1) / 2], figures[figures.len() / 2]);
        Some(Self { median: f64::midpoint(lower, upper), least, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_middle_and_the_ends() {
        let spread = |figures: &[f64]| Spread::of(figures.to_vec()).map(|it| (it.least, it.median, it.most));
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some((1.0, 2.0, 3.0)));
        assert_eq!(spread(&[4.0, 1.0]), Some((1.0, 2.5, 4.0)));
    }
}
