//! A bad network on purpose: a [`Line`] that loses, repeats and delays messages and breaks off, so that whoever writes a
//! client sees what theirs does then. Only for servers whose operator has asked for it by name (`chaos.enabled`).
//!
//! `hello` and its answer pass untouched: what is tested is a call, not signing in. Messages keep their order, as on every
//! carrier; a repeat follows its original at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use tokio::time::{Instant, sleep, sleep_until};
use visavis_proto::CloseCode;

use super::connection::{Line, NotRead, Received};
use crate::config;
use crate::metrics::Metrics;

/// What goes wrong, and how often.
#[derive(Debug)]
pub(super) struct Chaos {
    lost_percent: u32,
    repeated_percent: u32,
    broken_percent: u32,
    delay: Duration,
    /// The beginning of every connection's luck.
    seed: u64,
    connections: AtomicU64,
    metrics: Arc<Metrics>,
}

impl Chaos {
    /// None, unless the operator has asked for it.
    pub(super) fn new(config: &config::Chaos, metrics: Arc<Metrics>) -> Option<Self> {
        config.enabled.then(|| Self {
            lost_percent: config.lost_percent,
            repeated_percent: config.repeated_percent,
            broken_percent: config.broken_percent,
            delay: Duration::from_millis(config.delay_ms),
            seed: config.seed,
            connections: AtomicU64::new(0),
            metrics,
        })
    }

    /// Spoils a connection.
    pub(super) fn spoil<L: Line>(&self, line: L) -> Spoiled<'_, L> {
        let nth = self.connections.fetch_add(1, Ordering::Relaxed);
        let luck = Luck(self.seed.wrapping_add(nth.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        Spoiled { line, chaos: self, luck, heard: 0, fed: 0, held: None, again: None }
    }
}

/// A connection on which things go wrong.
#[derive(Debug)]
pub(super) struct Spoiled<'a, L> {
    line: L,
    chaos: &'a Chaos,
    luck: Luck,
    heard: u64,
    fed: u64,
    /// A message that has come and is not to be heard before this moment.
    held: Option<(Instant, Utf8Bytes)>,
    /// A message to be heard once more.
    again: Option<Utf8Bytes>,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Lost,
    Repeated,
    Broken,
    Spared,
}

impl<L: Line> Spoiled<'_, L> {
    fn fate(&mut self) -> Fate {
        let chaos = self.chaos;
        let drawn = self.luck.below(100);
        let (lost, repeated) = (chaos.lost_percent, chaos.lost_percent + chaos.repeated_percent);
        if drawn < lost {
            chaos.metrics.chaos_lost.count();
            Fate::Lost
        } else if drawn < repeated {
            chaos.metrics.chaos_repeated.count();
            Fate::Repeated
        } else if drawn < repeated + chaos.broken_percent {
            chaos.metrics.chaos_broken.count();
            Fate::Broken
        } else {
            Fate::Spared
        }
    }

    fn wait(&mut self) -> Duration {
        let most = u32::try_from(self.chaos.delay.as_millis()).unwrap_or(u32::MAX);
        Duration::from_millis(self.luck.below(most.saturating_add(1)).into())
    }
}

impl<L: Line> Line for Spoiled<'_, L> {
    async fn receive(&mut self) -> Received {
        loop {
            // What is held is kept in `self`, so that nothing is lost when this future is dropped.
            if let Some((until, _)) = self.held {
                sleep_until(until).await;
                if let Some((_, text)) = self.held.take() {
                    return Received::Text(text);
                }
            }
            if let Some(text) = self.again.take() {
                return Received::Text(text);
            }
            let text = match self.line.receive().await {
                Received::Text(text) => text,
                other => return other,
            };
            self.heard += 1;
            if self.heard == 1 {
                return Received::Text(text);
            }
            match self.fate() {
                Fate::Lost => continue,
                Fate::Broken => return Received::Gone,
                Fate::Repeated => self.again = Some(text.clone()),
                Fate::Spared => {}
            }
            self.held = Some((Instant::now() + self.wait(), text));
        }
    }

    async fn feed(&mut self, text: Utf8Bytes) -> Result<(), NotRead> {
        self.fed += 1;
        if self.fed == 1 {
            return self.line.feed(text).await;
        }
        let fate = self.fate();
        if fate == Fate::Lost {
            return Ok(());
        }
        if fate == Fate::Broken {
            return Err(NotRead);
        }
        sleep(self.wait()).await;
        if fate == Fate::Repeated {
            self.line.feed(text.clone()).await?;
        }
        self.line.feed(text).await
    }

    async fn flush(&mut self) -> Result<(), NotRead> {
        self.line.flush().await
    }

    async fn close(self, code: CloseCode) {
        self.line.close(code).await;
    }
}

/// SplitMix64: small, and the same seed gives the same luck.
#[derive(Debug)]
struct Luck(u64);

impl Luck {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        // The upper half times the bound: Lemire's way, whose bias is nothing beside a percentage.
        u32::try_from(((mixed >> 32) * u64::from(bound)) >> 32).unwrap_or(0)
    }
}
