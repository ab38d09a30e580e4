//! The binary as an operator meets it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use visavis_store::{AccountChange, Store};

/// A folder to work in and the binary, shielded from the environment's settings.
struct Place {
    folder: TempDir,
}

fn place() -> Place {
    Place { folder: tempfile::tempdir().unwrap() }
}

impl Place {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_visavis"));
        command.args(words).current_dir(self.folder.path()).env_clear();
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Standard output of a command that succeeds.
    fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit code and standard error of a command that fails.
    fn failed(&self, words: &[&str]) -> (i32, String) {
        let output = self.run(words);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Shuts an account, as an administrator does in the app.
    fn shut(&self, name: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&self.path("data/visavis.db")).unwrap();
            let shut = AccountChange { admin: None, disabled: Some(true) };
            store.change_account(&name.parse().unwrap(), shut).await.unwrap();
            store.close().await;
        });
    }
}

/// A server that is killed when the test ends, however that is.
struct Running {
    child: Child,
    printed: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Settings for ports that nobody else has.
const ANYWHERE: [&str; 6] = [
    "--set",
    "http.listen=127.0.0.1:0",
    "--set",
    "https.listen=127.0.0.1:0",
    "--set",
    "relay.listen=127.0.0.1:0",
];

/// A server that listens; the system chooses its ports.
fn start(place: &Place) -> Running {
    let mut child = place
        .command(&["serve"])
        .args(ANYWHERE)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = String::new();
    for line in &mut lines {
        let line = line.unwrap();
        if line.starts_with("ready") {
            return Running { child, printed };
        }
        printed += &(line + "\n");
    }
    panic!("the server ended: {:?}, having printed {printed}", child.wait());
}

#[test]
fn adding_somebody_prints_a_link_and_its_qr_code() {
    let place = place();

    let printed = place.done(&["user", "add", "Alice", "--base-url", "https://call.example.org/"]);

    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("alice can choose a password with this link, once, within 7 days:"));
    let link = lines.nth(1).unwrap().trim();
    let token = link.strip_prefix("https://call.example.org/#/join/").unwrap();
    assert_eq!(token.len(), 43);
    assert!(lines.filter(|line| line.contains('█')).count() > 10, "{printed}");
}

#[test]
fn a_name_can_be_added_once_and_given_a_new_link_any_time() {
    let place = place();
    let json = |words: &[&str]| serde_json::from_str::<Value>(&place.done(words)).unwrap();

    let first = json(&["user", "add", "Alice", "--json"]);
    let again = place.failed(&["user", "add", "alice"]);
    let second = json(&["user", "link", "alice", "--json"]);

    assert_eq!((&first["name"], &first["expires_in_ms"]), (&"alice".into(), &604_800_000.into()));
    assert!(first["link"].as_str().unwrap().starts_with("http://localhost:7070/#/join/"), "{first}");
    assert_eq!(
        again,
        (1, "error: alice has an account already; `visavis user link alice` makes a new link\n".into())
    );
    assert_ne!(first["link"], second["link"]);
    assert_eq!(
        place.failed(&["user", "link", "bob"]),
        (1, "error: bob has no account; `visavis user add bob` makes one\n".into())
    );
    assert_eq!(
        place.done(&["user", "list"]),
        "alice\tAlice\thas not signed up yet\tadded just now\tadministrator\n"
    );
}

#[test]
fn somebody_is_made_an_administrator_and_is_none_any_more() {
    let place = place();
    place.done(&["user", "add", "alice"]);
    place.done(&["user", "add", "bob"]);
    place.done(&["user", "add", "carol", "--admin"]);

    assert_eq!(place.done(&["user", "admin", "alice", "off"]), "alice does not administer the server\n");
    assert_eq!(place.done(&["user", "admin", "Bob", "on"]), "bob administers the server\n");

    assert_eq!(
        place.done(&["user", "list"]),
        "alice\talice\thas not signed up yet\tadded just now\n\
         bob\tbob\thas not signed up yet\tadded just now\tadministrator\n\
         carol\tcarol\thas not signed up yet\tadded just now\tadministrator\n"
    );
    assert_eq!(
        place.failed(&["user", "admin", "eve", "on"]),
        (1, "error: eve has no account; `visavis user add eve` makes one\n".into())
    );
}

#[test]
fn of_an_account_that_is_shut_it_is_said_who_opens_it() {
    let place = place();
    place.done(&["user", "add", "alice"]);
    place.done(&["user", "add", "bob"]);
    place.shut("bob");

    let told = "error: the account of bob is shut; an administrator opens it again in the app, at Administration, People
";
    assert_eq!(place.failed(&["user", "link", "bob"]), (1, told.to_owned()));
    assert_eq!(place.failed(&["user", "add", "bob"]), (1, told.to_owned()));
}

#[test]
fn what_is_to_be_typed_next_is_for_the_same_data_folder() {
    let place = place();
    place.done(&["user", "add", "alice", "--data", "my data"]);

    let told = |words: &[&str]| place.failed(&[&["user"], words, &["--data", "my data"]].concat()).1;

    assert_eq!(
        told(&["add", "alice"]),
        "error: alice has an account already; `visavis user link alice --data 'my data'` makes a new link\n"
    );
    assert_eq!(
        told(&["link", "bob"]),
        "error: bob has no account; `visavis user add bob --data 'my data'` makes one\n"
    );
    assert_eq!(
        told(&["remove", "bob"]),
        "error: bob has no account; `visavis user list --data 'my data'` shows who has\n"
    );
}

#[test]
fn the_program_tells_its_version_by_its_own_name() {
    assert_eq!(place().done(&["--version"]), format!("visavis {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_name_that_is_empty_is_called_so_once() {
    let wanted =
        "error: the name is empty; letters and digits of any script, `.`, `_` and `-` can be in one\n";
    assert_eq!(place().failed(&["user", "add", ""]), (1, wanted.to_owned()));
}

#[test]
fn a_name_that_cannot_be_is_refused_with_what_can() {
    let (code, error) = place().failed(&["user", "add", "a b"]);

    let wanted = "error: \"a b\" cannot be a name; letters and digits of any script, `.`, `_` and `-` can: user name may \
                  not contain ' '\n";
    assert_eq!((code, error.as_str()), (1, wanted));
}

#[test]
fn somebody_can_be_added_while_the_server_runs_and_gets_its_address() {
    let place = place();
    let running = start(&place);
    let run: Value = serde_json::from_slice(&std::fs::read(place.path("data/run.json")).unwrap()).unwrap();

    let added: Value = serde_json::from_str(&place.done(&["user", "add", "alice", "--json"])).unwrap();

    let base = run["http"].as_str().unwrap();
    assert!(added["link"].as_str().unwrap().starts_with(&format!("{base}/#/join/")), "{added}");
    assert!(running.printed.contains(base), "{}", running.printed);
    assert!(running.printed.contains("Nobody has an account yet."), "{}", running.printed);
    assert!(running.printed.contains("visavis user add NAME\n"), "{}", running.printed);
    // The next start finds the account, so it does not ask for a first one.
    drop(running);
    assert!(!start(&place).printed.contains("Nobody"));
}

#[test]
fn checking_passwords_leaves_no_memory_behind() {
    let place = place();
    let running = start(&place);
    let run: Value = serde_json::from_slice(&std::fs::read(place.path("data/run.json")).unwrap()).unwrap();
    let port = run["http"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let own_memory_kib = || -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let before = own_memory_kib();

    let body = r#"{"name":"nobody","password":"guess"}"#;
    let length = body.len();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let head = "POST /api/login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json";
        write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }

    // Each check takes 19 MiB while it lasts.
    let grown = own_memory_kib().saturating_sub(before);
    assert!(grown < 10 * 1024, "{grown} KiB more than before");
}

#[test]
fn a_port_in_use_ends_the_start_with_its_key_and_the_way_out() {
    let place = place();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let setting = format!("http.listen={address}");

    let (code, error) = place.failed(&[&["serve"][..], &ANYWHERE, &["--set", &setting]].concat());

    let wanted = format!(
        "error: cannot listen on {address} (http.listen): the port is in use, perhaps by another visavis; stop that, or \
         set http.listen\n"
    );
    assert_eq!((code, error.lines().last().unwrap()), (1, wanted.trim()));
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named_with_the_way_out() {
    let place = place();
    std::fs::write(place.path("file"), "").unwrap();

    for words in [&["serve"][..], &["user", "add", "alice"]] {
        let (code, error) = place.failed(&[words, &["--data", "file/data"]].concat());
        let wanted = "error: cannot make the data folder file/data: Not a directory (os error 20); give the data folder \
                      to the user who runs visavis, or choose another with --data";
        assert_eq!((code, error.lines().last()), (1, Some(wanted)));
    }
}

#[test]
fn a_truncated_database_is_refused_and_left_alone() {
    let place = place();
    place.done(&["user", "add", "alice"]);
    let database = place.path("data/visavis.db");
    std::fs::write(&database, "SQLite format 3\0 and then nothing").unwrap();

    let (code, error) = place.failed(&["user", "list"]);

    assert_eq!(code, 1);
    assert!(error.starts_with("error: the database data/visavis.db is damaged ("), "{error}");
    assert!(error.contains("restore it from a backup"), "{error}");
    assert_eq!(std::fs::read(&database).unwrap(), b"SQLite format 3\0 and then nothing");
}

#[test]
fn checking_a_configuration_names_every_mistake_with_its_line() {
    let place = place();
    std::fs::write(place.path("visavis.toml"), "[relay]\n\nprots = \"1-2\"\n[http]\nlisten = 7070\n")
        .unwrap();

    let (code, error) = place.failed(&["config", "check"]);

    assert_eq!(code, 2);
    assert_eq!(
        error,
        "error: visavis.toml:3: relay.prots: unknown key; did you mean relay.ports?\n\
         error: visavis.toml:5: http.listen: 7070 is not an IP address and port such as 127.0.0.1:7070 or [::]:7443\n"
    );
    // Nothing else starts with it either.
    assert_eq!(place.failed(&["serve"]).0, 2);
    std::fs::write(place.path("visavis.toml"), "[relay]\nports = \"50000-50100\"\n").unwrap();
    assert_eq!(place.done(&["config", "check"]), "visavis.toml: the configuration is good\n");
}

#[test]
fn a_certificate_that_is_missing_is_found_by_the_check() {
    let place = place();
    std::fs::write(place.path("visavis.toml"), "[https]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n")
        .unwrap();

    let (code, error) = place.failed(&["config", "check"]);

    let wanted = "error: https.certificate: c.pem does not exist; a path that does not begin with / is looked for in the \
                  working folder\n";
    assert_eq!((code, error.as_str()), (2, wanted));
    let (code, error) = place.failed(&[&["serve"][..], &ANYWHERE].concat());
    assert_eq!((code, error.lines().last()), (2, Some(wanted.trim())));
}

#[test]
fn what_is_in_effect_is_shown_without_secrets() {
    let place = place();
    let running = start(&place);
    drop(running);

    let shown = place.done(&["config", "show", "--set", "calls.ring_timeout_ms=9000"]);

    assert!(shown.contains("\n[calls]\nunreachable_ms = 20000\nring_timeout_ms = 9000\n"), "{shown}");
    let secrets = std::fs::read_to_string(place.path("data/secrets.toml")).unwrap();
    let secret = secrets.split('"').nth(1).unwrap();
    assert!(secret.len() == 43 && !shown.contains(secret), "{shown}");
}

#[test]
fn the_reference_in_the_repository_is_the_one_this_version_prints() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configure.md");

    assert_eq!(place().done(&["config", "docs"]), std::fs::read_to_string(committed).unwrap());
}

#[test]
fn stopping_in_good_order_takes_the_run_file_away() {
    let place = place();
    let mut running = start(&place);
    assert!(place.path("data/run.json").exists());

    let terminate = Command::new("kill").arg(running.child.id().to_string()).status().unwrap();
    let status = running.child.wait().unwrap();

    assert!(terminate.success() && status.success(), "{status}");
    assert!(!place.path("data/run.json").exists());
    let mut rest = String::new();
    if let Some(mut stdout) = running.child.stdout.take() {
        stdout.read_to_string(&mut rest).unwrap();
    }
    assert_eq!(rest, "");
}

#[test]
fn who_is_removed_is_gone_and_their_name_is_free() {
    let place = place();
    place.done(&["user", "add", "alice"]);

    assert_eq!(place.done(&["user", "remove", "Alice"]), "alice is removed\n");

    assert_eq!(place.done(&["user", "list", "--json"]), "[]\n");
    let again = place.failed(&["user", "remove", "alice"]);
    assert_eq!(again, (1, "error: alice has no account; `visavis user list` shows who has\n".to_owned()));
    place.done(&["user", "add", "alice"]);
}

#[test]
fn a_folder_without_data_is_named_and_nothing_is_made_in_it() {
    let place = place();
    let wanted = format!(
        "error: {} holds no Visavis data (there is no visavis.db); name the server's data folder with --data, or make a \
         new one with `visavis serve` or `visavis user add NAME`\n",
        place.path("nowhere").display()
    );

    for words in [
        &["user", "list"][..],
        &["user", "list", "--json"],
        &["user", "link", "alice"],
        &["user", "remove", "alice"],
        &["bridge"],
    ] {
        assert_eq!(place.failed(&[words, &["--data", "nowhere"]].concat()), (2, wanted.clone()));
    }
    assert_eq!(place.failed(&["user", "add", "a b", "--data", "nowhere"]).0, 1);

    assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

#[test]
fn who_adds_the_first_person_before_the_first_start_is_told_where_the_data_is() {
    let place = place();

    let first = place.run(&["user", "add", "alice", "--json"]);
    let second = place.run(&["user", "add", "bob", "--json"]);

    let folder = place.path("data").display().to_string();
    let wanted = format!(
        "a new data folder was made at {folder}; the server finds it with `visavis serve --data {folder}`\n\
         alice is the first person here and so administers the server in the app; `visavis user admin alice off` changes \
         that\n"
    );
    assert_eq!(String::from_utf8(first.stderr).unwrap(), wanted);
    assert_eq!(String::from_utf8(second.stderr).unwrap(), "");
    assert_eq!(serde_json::from_slice::<Value>(&first.stdout).unwrap()["name"], "alice");
}

#[test]
fn nobody_may_be_called_like_a_guest() {
    let (code, error) = place().failed(&["user", "add", "Guest.bob"]);
    assert_eq!(
        (code, error.as_str()),
        (1, "error: names that begin with guest. are for guests; choose another\n")
    );
}

#[test]
fn a_messenger_is_told_where_to_post_and_what_to_check() {
    let place = place();
    let words = ["bridge", "--set", "public.url=https://call.example.org"];
    let hook = ["--set", "bridge.webhook=https://chat.example.org/visavis"];
    place.done(&["user", "add", "alice"]);
    let text = place.done(&words);
    let secret = |name: &str| {
        let kept = std::fs::read_to_string(place.path("data/secrets.toml")).unwrap();
        let line = kept.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        line.trim_matches([' ', '=', '"']).to_owned()
    };
    assert!(text.contains("\n  https://call.example.org/bridge/messages\n"), "{text}");
    assert!(text.contains(&format!("\n  Authorization: Bearer {}\n", secret("bridge_token"))), "{text}");
    assert!(text.contains("\n  none yet: set bridge.webhook and restart the server\n"), "{text}");

    let json: Value =
        serde_json::from_str(&place.done(&[&words[..], &hook[..], &["--json"]].concat())).unwrap();
    assert_eq!(json["messages"], "https://call.example.org/bridge/messages");
    assert_eq!(json["webhook"], "https://chat.example.org/visavis");
    assert_eq!(json["token"], secret("bridge_token"));
    let key = json["webhook_key"].as_str().unwrap().strip_prefix("whsec_").unwrap();
    // The same bytes, once in base64 and once in base64url.
    assert_eq!(key.replace('+', "-").replace('/', "_").trim_end_matches('='), secret("webhook_key"));

    let (code, told) =
        place.failed(&["config", "check", "--set", "bridge.webhook=https://me:secret@chat.example.org"]);
    assert_eq!(code, 2);
    assert!(told.contains("bridge.webhook"), "{told}");
}
