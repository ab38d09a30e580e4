//! A folder, the program, and processes that end with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use visavis_server::clock;
use visavis_turn::{AuthSecret, Credential, issue};

/// What the relay and those who make credentials for it know.
pub(crate) const SECRET: &str = "the-secret-of-this-test-and-of-no-other";
/// Long enough for a loaded machine; nothing waits this long unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder to work in and the program, shielded from the environment's settings.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// With a file that holds the secret.
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("relay.secret", SECRET);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn command(&self, words: &[&str], settings: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_visavis"));
        command.args(words).current_dir(self.folder.path()).env_clear();
        for setting in settings {
            command.args(["--set", setting]);
        }
        command
    }

    /// A process that serves; the system has chosen its ports.
    fn start(&self, words: &[&str], settings: &[&str]) -> Process {
        let everywhere = ["http.listen=127.0.0.1:0", "https.listen=", "relay.listen=127.0.0.1:0"];
        let mut command = self.command(words, &[&everywhere[..], settings].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut process = Process { child, lines, printed: String::new() };
        process.until_ready();
        process
    }

    /// `visavis relay` with the secret and these settings.
    pub(crate) fn relay(&self, settings: &[&str]) -> Process {
        self.start(&["relay"], &[&["relay.secret_file=relay.secret"][..], settings].concat())
    }

    /// The next version of it, which takes over.
    pub(crate) fn next_relay(&self, settings: &[&str]) -> Process {
        self.start(&["relay", "--upgrade"], &[&["relay.secret_file=relay.secret"][..], settings].concat())
    }

    /// `visavis serve` in a data folder of its own.
    pub(crate) fn server(&self, settings: &[&str]) -> Process {
        self.start(&["serve", "--data", "server"], settings)
    }

    pub(crate) fn run(&self, words: &[&str], settings: &[&str]) -> Output {
        self.command(words, settings).output().unwrap()
    }

    /// Exit code and last line of standard error of a command that fails.
    pub(crate) fn failed(&self, words: &[&str], settings: &[&str]) -> (i32, String) {
        let output = self.run(words, settings);
        let told = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), told.lines().last().unwrap_or_default().to_owned())
    }

    /// What opens the operator's pages of the relay.
    pub(crate) fn token(&self) -> String {
        let text = std::fs::read_to_string(self.path("data/secrets.toml")).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("metrics_token = ")).unwrap();
        line.trim_matches('"').to_owned()
    }
}

/// A process that is killed when the test ends, however that is.
pub(crate) struct Process {
    pub(crate) child: Child,
    lines: BufReader<ChildStdout>,
    /// What it has printed until it was ready.
    pub(crate) printed: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn until_ready(&mut self) {
        let mut line = String::new();
        while !line.starts_with("ready") {
            line.clear();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                panic!("the process ended, saying {}", self.log());
            }
            self.printed += &line;
        }
    }

    /// Sends itself a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end, which must be a good one; gives its log.
    pub(crate) fn ended(&mut self) -> String {
        let log = self.log();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {log}");
        log
    }

    /// All that it writes to standard error until it ends.
    fn log(&mut self) -> String {
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }

    /// The address behind this word of what it has printed.
    fn address(&self, word: &str) -> SocketAddr {
        let behind = self.printed.split_once(word).unwrap_or_else(|| panic!("{word} in {}", self.printed)).1;
        let text = behind.split([',', '/', '\n', ' ']).next().unwrap();
        text.parse().unwrap_or_else(|_| panic!("{text} behind {word}"))
    }

    pub(crate) fn udp(&self) -> SocketAddr {
        self.address("UDP ")
    }

    pub(crate) fn tcp(&self) -> SocketAddr {
        self.address("TCP ")
    }

    pub(crate) fn tls(&self) -> SocketAddr {
        self.address("TLS ")
    }

    pub(crate) fn http(&self) -> SocketAddr {
        let text = self.printed.replace("localhost", "127.0.0.1");
        let behind = text.split_once("http://").unwrap().1;
        behind.split(['/', '\n']).next().unwrap().parse().unwrap()
    }
}

/// Status, headers and body of the answer to a request with these headers.
pub(crate) fn ask(at: SocketAddr, request: &str, headers: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(at).unwrap();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

/// What a server with the secret would give somebody.
pub(crate) fn credential() -> Credential {
    let expires = clock::now() + Duration::from_secs(3600);
    issue(&AuthSecret::new(SECRET), "somebody/laptop", Duration::from_millis(expires.0))
}

/// The counters of the relay, once this line is among them: it tests itself meanwhile.
pub(crate) fn metrics_with(place: &Place, at: SocketAddr, line: &str) -> String {
    let authorization = format!("authorization: Bearer {}\r\n", place.token());
    let begun = Instant::now();
    loop {
        let (status, _, text) = ask(at, "GET /metrics", &authorization, "");
        assert_eq!(status, 200);
        if text.lines().any(|it| it == line) {
            return text;
        }
        assert!(begun.elapsed() < PATIENCE, "{line} in {text}");
    }
}
