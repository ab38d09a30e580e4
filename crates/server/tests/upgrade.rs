//! One process takes over from another, as an operator makes it happen.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde_json::Value;
use tempfile::TempDir;

/// Settings for ports that nobody else has; the same for both processes, so that sockets can be passed on.
const ANYWHERE: [&str; 6] = [
    "--set",
    "http.listen=127.0.0.1:0",
    "--set",
    "https.listen=127.0.0.1:0",
    "--set",
    "relay.listen=127.0.0.1:0",
];

/// A process that is killed when the test ends, however that is.
struct Process {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Waits until somebody says on this process' standard output that it serves.
    fn ready(mut self) -> Self {
        let mut line = String::new();
        while !line.starts_with("ready") {
            line.clear();
            let length = self.lines.read_line(&mut line).unwrap();
            assert!(length > 0, "the process ended: {:?}", self.child.wait());
        }
        self
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

fn command(folder: &TempDir, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_visavis"));
    command.arg("serve").args(ANYWHERE).args(words).current_dir(folder.path()).env_clear();
    command
}

fn spawn(folder: &TempDir, words: &[&str]) -> Process {
    let mut child = command(folder, words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    Process { child, lines }
}

fn failed(folder: &TempDir, words: &[&str]) -> Output {
    let output = command(folder, words).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    output
}

/// What the run file says of who serves, and where.
fn running(folder: &TempDir) -> (u32, String) {
    let text = std::fs::read_to_string(folder.path().join("data/run.json")).unwrap();
    let run: Value = serde_json::from_str(&text).unwrap();
    let http = run["http"].as_str().unwrap().trim_start_matches("http://").to_owned();
    (u32::try_from(run["pid"].as_u64().unwrap()).unwrap(), http)
}

/// The first line of the answer to a request on a connection of its own.
fn ask(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

/// Somebody who asks again and again, and expects an answer each time.
struct Visitor {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Visitor {
    fn of(address: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let visit = move || {
            let mut answers = 0;
            while !stopped.load(Ordering::Relaxed) {
                assert_eq!(ask(&address).unwrap(), "HTTP/1.1 200 OK");
                answers += 1;
            }
            answers
        };
        Self { stop, thread: std::thread::spawn(visit) }
    }

    fn leave(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

#[test]
fn the_next_version_takes_over_and_no_request_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = spawn(&folder, &[]).ready();
    let (old_id, address) = running(&folder);
    let visitor = Visitor::of(address.clone());

    let new = spawn(&folder, &["--upgrade"]).ready();

    let ended = old.child.wait().unwrap();
    let (new_id, same_address) = running(&folder);
    assert!(ask(&address).unwrap().contains("200"));
    assert!(visitor.leave() > 0);
    assert!(ended.success(), "{ended:?}");
    assert_eq!((old_id, new_id, same_address), (old.child.id(), new.child.id(), address));
}

#[test]
fn a_signal_makes_the_running_server_start_the_next_version_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = spawn(&folder, &[]).ready();
    let (old_id, address) = running(&folder);

    old.signal("-USR2");

    // The next version prints where we do.
    let mut line = String::new();
    while !line.starts_with("ready") {
        line.clear();
        assert!(old.lines.read_line(&mut line).unwrap() > 0);
    }
    let ended = old.child.wait().unwrap();
    let (new_id, _) = running(&folder);
    let answer = ask(&address).unwrap();
    Command::new("kill").arg(new_id.to_string()).status().unwrap();
    assert!(ended.success(), "{ended:?}");
    assert_ne!(new_id, old_id);
    assert_eq!(answer, "HTTP/1.1 200 OK");
}

#[test]
fn a_next_version_that_cannot_start_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = spawn(&folder, &[]).ready();
    let (old_id, address) = running(&folder);

    let output =
        failed(&folder, &["--upgrade", "--set", "https.certificate=none.pem", "--set", "https.key=none.pem"]);

    assert!(String::from_utf8_lossy(&output.stderr).contains("none.pem"), "{output:?}");
    assert_eq!(ask(&address).unwrap(), "HTTP/1.1 200 OK");
    assert_eq!(running(&folder).0, old_id);
    assert_eq!(old.child.try_wait().unwrap(), None);
}

#[test]
fn without_a_running_server_an_upgrade_is_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut killed = spawn(&folder, &["--upgrade"]).ready();
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();

    // What the killed one has left at the socket's place does not answer.
    let _next = spawn(&folder, &["--upgrade"]).ready();

    assert_eq!(ask(&running(&folder).1).unwrap(), "HTTP/1.1 200 OK");
}
