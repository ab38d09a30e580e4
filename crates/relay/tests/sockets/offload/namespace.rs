//! Network namespaces: machines of the tests' own.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Whether all that is needed is here; says so if not.
#[expect(clippy::print_stdout, reason = "whoever runs the tests must learn that this one did not")]
pub(crate) fn is_possible() -> bool {
    let (is_root, has_tools) =
        (rustix::process::geteuid().is_root(), std::path::Path::new("/usr/sbin/ethtool").exists());
    let is_required = std::env::var_os("VISAVIS_REQUIRE_ALL").is_some_and(|value| value == "1");
    let is_possible = is_root && has_tools;
    assert!(is_possible || !is_required, "needs the superuser, and ethtool (Debian: ethtool)");
    if !is_possible {
        println!("SKIPPED: needs the superuser, and ethtool (Debian: ethtool)");
    }
    is_possible
}

/// A network namespace, as long as a process that does nothing else lives in it.
pub(crate) struct Namespace {
    holder: Child,
    file: File,
}

impl Namespace {
    pub(crate) fn new() -> Self {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", "echo inside; exec cat"]);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        holder.stdout.as_mut().unwrap().read_exact(&mut [0; 7]).unwrap();
        let file = File::open(format!("/proc/{}/ns/net", holder.id())).unwrap();
        Self { holder, file }
    }

    /// A process inside.
    pub(crate) fn id(&self) -> u32 {
        self.holder.id()
    }

    /// Does something on a thread inside.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
                work()
            });
            thread.join().unwrap()
        })
    }

    pub(crate) fn shell(&self, script: &str, arguments: &[&str]) {
        let run = || Command::new("sh").args(["-ec", script, "sh"]).args(arguments).status().unwrap();
        assert!(self.inside(run).success(), "{script}");
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Gone or going.
        let _ended = self.holder.kill().and_then(|()| self.holder.wait());
    }
}
