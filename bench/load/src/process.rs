//! A server's process, started by us and seen through /proc: the server neither helps nor knows.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Files a server or this program has open besides the sockets.
const OTHER_FILES: u64 = 256;
/// How long a server may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    pid: u32,
    output: PathBuf,
    /// Time on a CPU of each thread ever seen, so that one which has ended still counts.
    threads: HashMap<u32, Duration>,
}

impl ServerProcess {
    /// Starts it; what it prints goes to a file in `folder`.
    pub(crate) fn start(command: &mut Command, folder: &Path) -> Result<Self> {
        let output = folder.join("output.log");
        let log = File::options().create(true).append(true).open(&output)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.as_std().get_program()))?;
        let pid = child.id().context("the server has ended at once")?;
        Ok(Self { child, pid, output, threads: HashMap::new() })
    }

    /// Which process.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
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
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }

    /// Time its threads have spent on a CPU, in user and kernel mode, to the nanosecond.
    pub(crate) fn cpu(&mut self) -> Result<Duration> {
        for entry in fs::read_dir(format!("/proc/{}/task", self.pid))? {
            let entry = entry?;
            let thread = entry.file_name().to_string_lossy().parse()?;
            // A thread may end between the two looks.
            let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else { continue };
            let nanoseconds = text.split_whitespace().next().context("an empty schedstat")?.parse()?;
            self.threads.insert(thread, Duration::from_nanos(nanoseconds));
        }
        Ok(self.threads.values().sum())
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        kill_process(pid.context("not a process id")?, Signal::TERM)?;
        timeout(STOP_TIMEOUT, self.child.wait()).await.context("the server does not stop")??;
        Ok(())
    }
}

/// Lets this process and the servers it starts have that many sockets open.
pub(crate) fn raise_open_files(sockets: usize) -> Result<()> {
    let wanted = u64::try_from(sockets)? + OTHER_FILES;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    ensure!(
        limit.maximum.is_none_or(|maximum| maximum >= wanted),
        "{sockets} sockets need {wanted} open files; the hard limit here is {}: `--connections` with less",
        limit.maximum.unwrap_or_default()
    );
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })?;
    Ok(())
}
