//! A server's process, started by us on CPUs of its own and seen through /proc: the server neither helps nor knows.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setpriority_process, setrlimit, setsid};
use rustix::thread::{CpuSet, sched_setaffinity};

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    output: std::path::PathBuf,
    /// Time on a CPU of each thread ever seen, so that one which has ended still counts.
    threads: HashMap<u32, Duration>,
}

impl ServerProcess {
    /// Starts it on the first `cpus` CPUs; what it prints goes to a file in `folder`.
    pub(crate) fn start(words: &[String], cpus: usize, folder: &Path) -> Result<Self> {
        let output = folder.join("server.log");
        let log = File::create(&output).with_context(|| format!("cannot write {}", output.display()))?;
        let child = Command::new("taskset")
            .args(["--cpu-list", &format!("0-{}", cpus - 1)])
            .args(words)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {} with taskset", words[0]))?;
        Ok(Self { child, output, threads: HashMap::new() })
    }

    /// Fails, with what the server printed, if it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server ended ({status}):\n{}", fs::read_to_string(&self.output)?);
        }
        Ok(())
    }

    /// Resident memory in bytes, pages of its files included.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }

    /// Time its threads have spent on a CPU, in user and kernel mode, to the nanosecond. What the kernel does for the
    /// network in between, on the same CPU, is in it.
    pub(crate) fn cpu(&mut self) -> Result<Duration> {
        for entry in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let entry = entry?;
            let thread = entry.file_name().to_string_lossy().parse()?;
            // A thread may end between the two looks.
            let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else { continue };
            let nanoseconds = text.split_whitespace().next().context("an empty schedstat")?.parse()?;
            self.threads.insert(thread, Duration::from_nanos(nanoseconds));
        }
        Ok(self.threads.values().sum())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Nothing of it is kept, so nothing has to be put in order; it fails only if the server has ended.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Time the first `cpus` CPUs were busy with anything, in steps of 10 ms.
pub(crate) fn busy(cpus: usize) -> Result<Duration> {
    const IDLE: [usize; 2] = [3, 4];
    // Time as a guest is in user time already.
    const COUNTED: usize = 8;
    let text = fs::read_to_string("/proc/stat")?;
    let mut ticks = 0;
    for cpu in 0..cpus {
        let name = format!("cpu{cpu} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&name)).context("no such CPU")?;
        for (place, field) in line.split_whitespace().take(COUNTED).enumerate() {
            if !IDLE.contains(&place) {
                ticks += field.parse::<u64>()?;
            }
        }
    }
    Ok(Duration::from_millis(ticks * 10))
}

/// How many CPUs there are.
pub(crate) fn cpus() -> Result<usize> {
    Ok(fs::read_to_string("/proc/stat")?
        .lines()
        .filter(|line| line.starts_with("cpu") && !line.starts_with("cpu "))
        .count())
}

/// Keeps this process on one CPU.
pub(crate) fn stay_on(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set).with_context(|| format!("cannot stay on CPU {cpu}"))
}

/// Lets this process and the servers it starts go before whatever else the machine does. Returns whether we may.
pub(crate) fn go_first() -> bool {
    const FIRST: i32 = -20;
    // Where the kernel groups processes by session, as on most desktops, only the weight of the group counts: ours
    // gets a session and so a group of its own. That this fails for the leader of one is as good.
    let _leader = setsid();
    let has_group = fs::write("/proc/self/autogroup", FIRST.to_string());
    let ungrouped = has_group.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    setpriority_process(None, FIRST).is_ok() && (has_group.is_ok() || ungrouped)
}

/// Lets this process and the servers it starts have as many sockets open as the system lets us.
pub(crate) fn raise_open_files() -> Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    Ok(())
}
