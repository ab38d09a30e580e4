//! A row of the table: which way packets go, how they are wrapped, and how many of which size come when.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::packet::SMALLEST_PAYLOAD;

/// The most packets that leave in one burst: what one system call may segment on every kernel that has UDP_SEGMENT.
const LONGEST_BURST: u32 = 32;
/// The most bytes of a burst, headers included: one datagram before the kernel takes it apart.
const LARGEST_BURST: usize = 64_000;

/// Which way packets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    /// From clients to their peers.
    Up,
    /// From peers to their clients.
    Down,
    /// From client to client, both of the same relay: "hairpin".
    Hair,
}

/// How data is wrapped between client and server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Method {
    /// ChannelData over a bound channel, as Chromium and Safari do.
    Channels,
    /// Send and Data indications, as Firefox does.
    Indications,
}

/// How much is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Load {
    /// What the table calls it.
    pub(crate) name: String,
    /// Packets a second, all flows together.
    pub(crate) rate: u32,
    /// Packets one flow sends back to back.
    pub(crate) burst: u32,
    /// Bytes of application data in a packet.
    pub(crate) bytes: usize,
    /// Clients that share the rate.
    pub(crate) clients: usize,
}

/// The loads that have names.
const NAMED: [(&str, u32, u32, usize, usize); 6] = [
    ("singles20", 20_000, 1, 200, 50),
    ("singles60", 60_000, 1, 200, 50),
    ("singles100", 100_000, 1, 200, 50),
    // A pacer sends a picture in a few small bursts.
    ("video", 60_000, 3, 1100, 50),
    ("bulk", 400_000, 16, 1100, 8),
    ("saturated", 250_000, 1, 200, 100),
];

impl Load {
    /// All that have names, in the order of the table.
    pub(crate) fn named() -> Vec<Self> {
        let load = |(name, rate, burst, bytes, clients): (&str, u32, u32, usize, usize)| Self {
            name: name.to_owned(),
            rate,
            burst,
            bytes,
            clients,
        };
        NAMED.map(load).to_vec()
    }

    /// One that nothing may be lost of, whatever the machine is busy with.
    pub(crate) fn gentle() -> Self {
        Self { name: "gentle".to_owned(), rate: 1000, burst: 2, bytes: 200, clients: 8 }
    }

    fn check(&self) -> Result<()> {
        ensure!(self.rate > 0, "a load of nothing");
        ensure!(
            (1..=LONGEST_BURST).contains(&self.burst),
            "a burst has 1 to {LONGEST_BURST} packets, not {}",
            self.burst
        );
        ensure!(
            (SMALLEST_PAYLOAD..=1400).contains(&self.bytes),
            "a packet has {SMALLEST_PAYLOAD} to 1400 bytes, not {}",
            self.bytes
        );
        let burst = usize::try_from(self.burst)? * (self.bytes + 36);
        ensure!(burst <= LARGEST_BURST, "a burst of {burst} bytes is larger than a datagram");
        ensure!((1..=5000).contains(&self.clients), "1 to 5000 clients, not {}", self.clients);
        Ok(())
    }
}

impl FromStr for Load {
    type Err = anyhow::Error;

    /// A name, or `RATExBURSTxBYTESxCLIENTS`.
    fn from_str(text: &str) -> Result<Self> {
        if let Some(named) = Self::named().into_iter().find(|load| load.name == text) {
            return Ok(named);
        }
        let parts: Vec<&str> = text.split('x').collect();
        let [rate, burst, bytes, clients] = parts[..] else {
            let names = NAMED.map(|(name, ..)| name).join(", ");
            bail!("{text} is neither RATExBURSTxBYTESxCLIENTS nor one of {names}");
        };
        let number = |part: &str| part.parse::<u32>().with_context(|| format!("{part} in {text}"));
        let load = Self {
            name: text.to_owned(),
            rate: number(rate)?,
            burst: number(burst)?,
            bytes: usize::try_from(number(bytes)?)?,
            clients: usize::try_from(number(clients)?)?,
        };
        load.check()?;
        Ok(load)
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(crate) load: Load,
    pub(crate) direction: Direction,
    pub(crate) method: Method,
}

impl Row {
    /// Every combination.
    pub(crate) fn all(loads: &[Load], directions: &[Direction], methods: &[Method]) -> Vec<Self> {
        let mut rows = Vec::new();
        for method in methods {
            for load in loads {
                for direction in directions {
                    rows.push(Self { load: load.clone(), direction: *direction, method: *method });
                }
            }
        }
        rows
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Hair => "hair",
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Channels => "channels",
            Self::Indications => "indications",
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.load.name, self.direction, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_load_is_one_that_can_be_sent() {
        for load in Load::named().iter().chain([&Load::gentle()]) {
            load.check().unwrap();
        }
    }

    #[test]
    fn a_load_is_a_name_or_four_numbers() {
        assert_eq!("video".parse::<Load>().unwrap().burst, 3);
        let own = "30000x4x600x10".parse::<Load>().unwrap();
        assert_eq!((own.rate, own.burst, own.bytes, own.clients), (30_000, 4, 600, 10));
        for wrong in ["", "fast", "1x2x3", "0x1x200x1", "9x1x19x1", "9x33x200x1", "9x1x200x0", "9x1x1401x1"] {
            assert!(wrong.parse::<Load>().is_err(), "{wrong}");
        }
    }
}
