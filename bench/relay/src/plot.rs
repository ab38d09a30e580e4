//! The figures as bars, one SVG for each way and wrapping.

use std::fmt::Write as _;

use crate::measure::Traffic;
use crate::results::{Results, Spread};
use crate::row::Row;
use crate::server::Kind;

const WIDTH: f64 = 760.0;
/// Where bars begin: names of loads stand before.
const LEFT: f64 = 110.0;
/// Room for a number behind the longest bar.
const RIGHT: f64 = 130.0;
const TOP: f64 = 64.0;
const BAR: f64 = 16.0;
const GAP: f64 = 14.0;

/// Name of the file, title, and which figure of a run.
type Figure = (&'static str, &'static str, fn(&Traffic) -> f64);

const FIGURES: [Figure; 2] = [
    ("cpu", "CPU per delivered packet, µs", |it| it.cpu_us),
    ("latency", "median time on the way, µs", |it| it.outcome.median_us),
];

/// A plot of each figure for each way and wrapping: file name and SVG.
pub(crate) fn all(results: &Results) -> Vec<(String, String)> {
    let mut plots = Vec::new();
    let rows = results.rows();
    let mut kinds: Vec<_> = Vec::new();
    for row in &rows {
        if !kinds.contains(&(row.method, row.direction)) {
            kinds.push((row.method, row.direction));
        }
    }
    for (method, direction) in kinds {
        let rows: Vec<&Row> =
            rows.iter().copied().filter(|row| row.method == method && row.direction == direction).collect();
        for (name, title, figure) in FIGURES {
            let title = format!("{title} — {direction}, {method}");
            let groups: Vec<Group> = rows
                .iter()
                .map(|row| Group {
                    name: row.load.name.clone(),
                    bars: results
                        .servers
                        .iter()
                        .filter_map(|kind| Some((*kind, results.spread(row, *kind, figure)?)))
                        .collect(),
                })
                .collect();
            plots.push((format!("{name}-{direction}-{method}.svg"), bars(&title, &results.servers, &groups)));
        }
    }
    plots
}

struct Group {
    name: String,
    bars: Vec<(Kind, Spread)>,
}

fn bars(title: &str, servers: &[Kind], groups: &[Group]) -> String {
    let most = groups.iter().flat_map(|group| &group.bars).map(|(_, it)| it.most).fold(1e-9, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / most;
    let count: usize = groups.iter().map(|group| group.bars.len()).sum();
    let height = TOP + BAR * number(count) + GAP * number(groups.len());
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="12" y="22" font-size="15">{}</text>
"#,
        escape(title)
    );
    for (nth, kind) in servers.iter().enumerate() {
        let x = LEFT + 110.0 * number(nth);
        let color = color(*kind);
        write!(svg, r#"<rect x="{x}" y="34" width="12" height="12" fill="{color}"/>"#).expect(TAKES_ALL);
        writeln!(svg, r#"<text x="{}" y="44">{kind}</text>"#, x + 18.0).expect(TAKES_ALL);
    }
    let mut y = TOP;
    for group in groups {
        writeln!(svg, r#"<text x="12" y="{}">{}</text>"#, y + BAR * 0.8, escape(&group.name))
            .expect(TAKES_ALL);
        for (kind, spread) in &group.bars {
            bar(&mut svg, y, scale, *kind, *spread);
            y += BAR;
        }
        y += GAP;
    }
    svg.push_str("</svg>\n");
    svg
}

/// A bar of the median with a line from the least to the most.
fn bar(svg: &mut String, y: f64, scale: f64, kind: Kind, spread: Spread) {
    let end = LEFT + spread.median * scale;
    let (least, most) = (LEFT + spread.least * scale, LEFT + spread.most * scale);
    let (thickness, middle, base) = (BAR - 3.0, y + BAR / 2.0 - 1.5, y + BAR * 0.75);
    let color = color(kind);
    writeln!(
        svg,
        r#"<rect x="{LEFT}" y="{y:.1}" width="{:.1}" height="{thickness}" fill="{color}"/>
<line x1="{least:.1}" x2="{most:.1}" y1="{middle:.1}" y2="{middle:.1}" stroke="black"/>
<text x="{:.1}" y="{base:.1}">{:.2}</text>"#,
        end - LEFT,
        end.max(most) + 6.0,
        spread.median
    )
    .expect(TAKES_ALL);
}

const TAKES_ALL: &str = "a string takes all";

/// Told apart also by who does not see red and green.
fn color(kind: Kind) -> &'static str {
    match kind {
        Kind::Visavis => "#0072b2",
        Kind::WithoutTick => "#56b4e9",
        Kind::Portable => "#009e73",
        Kind::Coturn => "#e69f00",
        Kind::Pion => "#999999",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
