//! The machine: its clock, and how many files a process may have open.

use std::fs;
use std::time::UNIX_EPOCH;

use rustix::process::{Pid, Resource, getrlimit, test_kill_process};

use super::{Finding, adjtimex};
use crate::clock;
use crate::config::Config;
use crate::open_files::OpenFiles;
use crate::run_file::RunFile;
use crate::upgrade::Program;

/// Clocks of machines that are set well differ by less.
const TOLERANCE_MS: u64 = 60_000;

pub(super) fn examine(config: &Config, program: Program) -> [Finding; 2] {
    [clock(config), open_files(OpenFiles::of(config, program), getrlimit(Resource::Nofile).maximum)]
}

/// Whether the process that wrote this is there.
pub(super) fn is_alive(run: &RunFile) -> bool {
    let pid = i32::try_from(run.pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| match test_kill_process(pid) {
        Ok(()) => true,
        // It is there, and somebody else's.
        Err(error) => error == rustix::io::Errno::PERM,
    })
}

fn clock(config: &Config) -> Finding {
    let written = fs::metadata(config.data.dir.join("visavis.db")).and_then(|file| file.modified());
    let written = written.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let written = written.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    if clock::now().0.saturating_add(TOLERANCE_MS) < written {
        return Finding::bad(
            "clock",
            "it shows a time before the data folder was last written; set it, for example with chrony or \
             systemd-timesyncd: logins, relay credentials and certificates depend on it",
        );
    }
    match adjtimex::is_synchronized() {
        Some(true) => Finding::good("clock", "it is kept right from outside"),
        Some(false) => Finding::doubtful(
            "clock",
            "nobody keeps it right; run chrony or systemd-timesyncd, or relay credentials and certificates fail once it \
             is off",
        ),
        None => Finding::good("clock", "it shows a time that can be"),
    }
}

fn open_files(OpenFiles { keys, count: wanted }: OpenFiles, limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit < wanted => Finding::doubtful(
            "open files",
            format!(
                "{limit} are allowed, and {keys} may need {wanted}; raise the limit (LimitNOFILE= of systemd, `ulimit -Hn`), or \
                 lower what is set"
            ),
        ),
        Some(limit) => Finding::good("open files", format!("{limit} are allowed, {wanted} may be needed")),
        None => Finding::good("open files", "there is no limit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_on_open_files_that_is_too_low_is_told_with_both_ways_out() {
        let wanted = OpenFiles { keys: "signaling.max_sockets with relay.max_allocations", count: 33_312 };
        let found = open_files(wanted, Some(1024)).to_string();

        assert_eq!(
            found,
            "! open files: 1024 are allowed, and signaling.max_sockets with relay.max_allocations may need 33312; raise the \
             limit (LimitNOFILE= of systemd, `ulimit -Hn`), or lower what is set"
        );
        assert!(open_files(wanted, None).to_string().starts_with('✓'));
    }

    #[test]
    fn a_process_that_is_gone_is_not_alive() {
        let run = |pid| RunFile {
            pid,
            http: None,
            https: None,
            relay_udp: Vec::new(),
            relay_tcp: Vec::new(),
            relay_tls: Vec::new(),
        };
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();

        assert!(is_alive(&run(std::process::id())));
        assert!(!is_alive(&run(child.id())));
    }
}
