//! `visavis-sim [--seeds N] [--seed S] [--mutant NAME]`: histories of seeds S to S + N; stops at the first that breaks a rule and
//! tells it.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use visavis_sim::{History, Mutant};

const USAGE: &str = "visavis-sim [--seeds N] [--seed S] [--mutant NAME]";

struct Wish {
    seeds: u64,
    seed: u64,
    mutant: Option<Mutant>,
}

#[derive(Default)]
struct Total {
    seeds: u64,
    events: u64,
    calls: u64,
    commits: u64,
    crashes: u64,
    with_crashes: u64,
    losses: u64,
    with_losses: u64,
    broken: Option<(u64, String)>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match read(&arguments) {
        Ok(wish) => run(&wish),
        Err(why) => {
            say(&format!("error: {why}\n{USAGE}"));
            ExitCode::from(2)
        }
    }
}

fn read(arguments: &[String]) -> Result<Wish, String> {
    let mut wish = Wish { seeds: 1, seed: 1, mutant: None };
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} needs a value", pair[0])) };
        let number = || value.parse::<u64>().map_err(|_| format!("{name} {value} is not a number"));
        match name.as_str() {
            "--seeds" => wish.seeds = number()?,
            "--seed" => wish.seed = number()?,
            "--mutant" => {
                let found = Mutant::ALL.into_iter().find(|mutant| mutant.name() == value);
                let names = Mutant::ALL.map(Mutant::name).join(", ");
                wish.mutant = Some(found.ok_or_else(|| format!("there is no mutant {value}, only {names}"))?);
            }
            _ => return Err(format!("{name} is not known")),
        }
    }
    Ok(wish)
}

fn run(wish: &Wish) -> ExitCode {
    let next = AtomicU64::new(wish.seed);
    let end = wish.seed.saturating_add(wish.seeds);
    let total = Mutex::new(Total::default());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || total.lock().unwrap_or_else(PoisonError::into_inner).broken.is_some() {
                        return;
                    }
                    let history = visavis_sim::run(seed, wish.mutant);
                    add(&mut total.lock().unwrap_or_else(PoisonError::into_inner), seed, history);
                }
            });
        }
    });
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Total { seeds, events, calls, commits, crashes, with_crashes, losses, with_losses, broken } = total;
    if let Some((seed, violation)) = broken {
        for line in visavis_sim::trace(seed, wish.mutant).1 {
            say(&line);
        }
        let mutant = wish.mutant.map_or_else(String::new, |mutant| format!(" --mutant {}", mutant.name()));
        say(&format!("\nseed {seed}: {violation}\nagain: cargo xtask sim --seed {seed}{mutant}"));
        return ExitCode::FAILURE;
    }
    say(&format!(
        "{seeds} histories, every rule kept: {events} events, {calls} calls, {commits} commits, {crashes} crashes in \
         {with_crashes} histories, {losses} losses of the store in {with_losses}"
    ));
    ExitCode::SUCCESS
}

fn add(total: &mut Total, seed: u64, history: History) {
    total.seeds += 1;
    total.events += history.events;
    total.calls += history.calls;
    total.commits += history.commits;
    total.crashes += history.crashes;
    total.with_crashes += u64::from(history.crashes > 0);
    total.losses += history.losses;
    total.with_losses += u64::from(history.losses > 0);
    if let Some(violation) = history.violation
        && total.broken.as_ref().is_none_or(|(first, _)| seed < *first)
    {
        total.broken = Some((seed, violation));
    }
}

#[expect(clippy::print_stdout, reason = "the output of a command-line tool")]
fn say(line: &str) {
    println!("{line}");
}
