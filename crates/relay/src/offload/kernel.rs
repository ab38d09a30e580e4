//! The program in the kernel, and its maps.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aya::maps::{Array, HashMap, MapData, PerCpuArray};
use aya::programs::tc::TcAttachOptions;
use aya::programs::{LinkOrder, SchedClassifier, TcAttachType};
use aya::{Ebpf, EbpfLoader};
use rustix::time::{ClockId, clock_gettime};
use visavis_turn::{Rule, Traffic};

use super::layout::{self, KEY, RULE};
use super::netlink::Netlink;
use super::{COUNTS, Hop, OffloadError};

/// `bpf/offload.c`, compiled. It is of this byte order only.
#[cfg(target_endian = "little")]
static PROGRAM: &[u8] = aya::include_bytes_aligned!("../../bpf/offload.o");
#[cfg(target_endian = "big")]
static PROGRAM: &[u8] = &[];

/// Shared by the workers, each of which writes rules of its own. Nothing of it is touched for a packet. The program leaves
/// the interfaces when this is dropped, and when the process ends, however it does.
pub(crate) struct Kernel(Mutex<Maps>);

struct Maps {
    /// Has the program and what ties it to the interfaces.
    _program: Ebpf,
    rules: HashMap<MapData, [u8; KEY], [u8; RULE]>,
    pages: Array<MapData, [[u64; 2]; COUNTS]>,
    leases: Array<MapData, u64>,
    misses: PerCpuArray<MapData, u64>,
    /// Counters of no rule. The one that has been free longest is taken first, so that a packet under way when its rule was
    /// removed is not counted for the next.
    free: VecDeque<u32>,
    netlink: Netlink,
}

impl Kernel {
    /// Puts the program on the interfaces that have these addresses, with room for so many rules of so many workers. Also
    /// returns their names.
    pub(crate) fn start(
        addresses: &[IpAddr],
        rules: u32,
        workers: u32,
    ) -> Result<(Self, String), OffloadError> {
        let mut program = load(rules, workers)?;
        let mut netlink = Netlink::open()?;
        let interfaces = attach(&mut program, &mut netlink, addresses)?;
        let maps = Maps {
            rules: map(&mut program, "rules")?,
            pages: map(&mut program, "pages")?,
            leases: map(&mut program, "leases")?,
            misses: map(&mut program, "misses")?,
            free: (0..rules).collect(),
            netlink,
            _program: program,
        };
        Ok((Self(Mutex::new(maps)), interfaces))
    }

    pub(super) fn check() -> Result<(), OffloadError> {
        load(1, 1).map(|_| ())
    }

    /// How a packet between these addresses leaves this machine; `None` if it does not.
    pub(super) fn hop(&self, from: IpAddr, to: IpAddr) -> Option<Hop> {
        let hop = self.maps().netlink.hop(from, to);
        hop.inspect_err(|error| tracing::debug!(%error, "a route cannot be told")).ok().flatten()
    }

    /// A counter, and how far it has counted already. `None` if all have a rule.
    pub(super) fn take_place(&self) -> Option<(u32, Traffic)> {
        let place = self.maps().free.pop_front()?;
        let (page, at) = super::flows::page_of(place);
        Some((place, self.counts(page)[at]))
    }

    pub(super) fn give_back(&self, place: u32) {
        self.maps().free.push_back(place);
    }

    /// Writes a rule, in place of the one for the same packets. Whether there was room.
    pub(super) fn insert(&self, now: Instant, rule: &Rule, hop: Hop, place: u32, worker: u32) -> bool {
        let value = layout::rule(rule, kernel_time(now, rule.until), hop, place, worker);
        let inserted = self.maps().rules.insert(layout::key(rule), value, 0);
        inserted.inspect_err(|error| tracing::debug!(%error, "the kernel takes no rule")).is_ok()
    }

    /// Takes a rule back. No packet is forwarded by it any more, but for one that is being forwarded at this moment.
    pub(super) fn remove(&self, rule: &Rule) {
        if let Err(error) = self.maps().rules.remove(&layout::key(rule)) {
            tracing::debug!(%error, "a rule was not there");
        }
    }

    /// What the counters of one page have counted.
    pub(super) fn counts(&self, page: u32) -> [Traffic; COUNTS] {
        let counts = self.maps().pages.get(&page, 0);
        let counts = counts.inspect_err(|error| tracing::debug!(%error, "counters cannot be read"));
        counts.unwrap_or([[0; 2]; COUNTS]).map(|[packets, bytes]| Traffic { packets, bytes })
    }

    /// Lets a worker's rules hold until then.
    pub(super) fn lease(&self, worker: u32, now: Instant, until: Instant) {
        if let Err(error) = self.maps().leases.set(worker, kernel_time(now, until), 0) {
            tracing::debug!(%error, "rules cannot be kept alive");
        }
    }

    /// Messages of clients that had no rule.
    pub(crate) fn misses(&self) -> u64 {
        self.maps().misses.get(&0, 0).map_or(0, |counts| counts.iter().sum())
    }

    /// Nothing is left half done under the lock, so a thread that died has spoilt nothing.
    fn maps(&self) -> MutexGuard<'_, Maps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the kernel's clock will say then.
fn kernel_time(now: Instant, then: Instant) -> u64 {
    let clock = clock_gettime(ClockId::Monotonic);
    let (seconds, nanos) = (u64::try_from(clock.tv_sec), u32::try_from(clock.tv_nsec));
    let clock = Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0));
    u64::try_from((clock + then.saturating_duration_since(now)).as_nanos()).unwrap_or(u64::MAX)
}

fn refused(error: impl std::error::Error) -> OffloadError {
    // The cause says more than what it caused.
    let mut error: &dyn std::error::Error = &error;
    let mut text = error.to_string();
    while let Some(source) = error.source() {
        error = source;
        if !text.contains(&source.to_string()) {
            text = format!("{text}: {source}");
        }
    }
    // The verifier may have had a lot to say.
    OffloadError::Program(text.lines().next().unwrap_or_default().to_owned())
}

fn load(rules: u32, workers: u32) -> Result<Ebpf, OffloadError> {
    let pages = rules.div_ceil(u32::try_from(COUNTS).unwrap_or(u32::MAX));
    let mut loader = EbpfLoader::new();
    // The program needs no types of the kernel's.
    loader.btf(None);
    loader.map_max_entries("rules", rules).map_max_entries("pages", pages);
    let mut program = loader.map_max_entries("leases", workers).load(PROGRAM).map_err(refused)?;
    classifier(&mut program)?.load().map_err(refused)?;
    Ok(program)
}

fn classifier(program: &mut Ebpf) -> Result<&mut SchedClassifier, OffloadError> {
    let missing = || OffloadError::Program("it is not in the object".to_owned());
    program.program_mut("offload").ok_or_else(missing)?.try_into().map_err(refused)
}

fn map<T: TryFrom<aya::maps::Map, Error = aya::maps::MapError>>(
    program: &mut Ebpf,
    name: &str,
) -> Result<T, OffloadError> {
    let missing = || OffloadError::Program(format!("{name} is not in the object"));
    T::try_from(program.take_map(name).ok_or_else(missing)?).map_err(refused)
}

/// Returns the names of the interfaces that have taken it.
fn attach(program: &mut Ebpf, netlink: &mut Netlink, addresses: &[IpAddr]) -> Result<String, OffloadError> {
    let program = classifier(program)?;
    let mut interfaces = if_addrs::get_if_addrs()?;
    interfaces.retain(|interface| addresses.contains(&interface.ip()));
    interfaces.sort_by(|one, other| one.name.cmp(&other.name));
    interfaces.dedup_by(|one, other| one.name == other.name);
    let (mut taken, mut refusals) = (Vec::new(), Vec::new());
    for interface in interfaces {
        let name = interface.name;
        let link =
            interface.index.map_or(Err(std::io::ErrorKind::NotFound.into()), |index| netlink.link(index));
        if !link.is_ok_and(|link| link.is_ethernet) {
            refusals.push(format!("{name} is no Ethernet"));
            continue;
        }
        // Only links that end with the process: what the older way attaches would outlive a process that is killed.
        let order = TcAttachOptions::TcxOrder(LinkOrder::default());
        match program.attach_with_options(&name, TcAttachType::Ingress, order) {
            Ok(_) => taken.push(name),
            Err(error) => refusals.push(format!("{name}: {}", refused(error))),
        }
    }
    for refusal in refusals.iter().filter(|_| !taken.is_empty()) {
        tracing::info!(%refusal, "what comes in there passes through the relay's sockets");
    }
    if taken.is_empty() { Err(OffloadError::Interfaces(refusals)) } else { Ok(taken.join(", ")) }
}
