//! `visavis doctor` on machines where something is wrong.
//!
//! Those that need a network of their own run in a namespace of a user who is root there alone; where the system does not
//! allow that, they say so and fail.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

const VISAVIS: &str = env!("CARGO_BIN_EXE_visavis");

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(self.folder.path()).env_clear();
        command
    }

    /// The doctor's lines and exit code, on loopback ports that the system chooses unless `words` say otherwise.
    fn doctor(&self, words: &[&str]) -> (Vec<String>, i32) {
        lines(&self.command(VISAVIS, &[&["doctor"], &ANYWHERE[..], words].concat()).output().unwrap())
    }
}

const ANYWHERE: [&str; 6] = [
    "--set",
    "http.listen=127.0.0.1:0",
    "--set",
    "https.listen=127.0.0.1:0",
    "--set",
    "relay.listen=127.0.0.1:0",
];

fn lines(output: &Output) -> (Vec<String>, i32) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (text.lines().map(str::to_owned).collect(), output.status.code().unwrap())
}

/// The lines of things that will not work.
fn bad(lines: &[String]) -> Vec<&str> {
    lines.iter().filter(|line| line.starts_with('✗')).map(String::as_str).collect()
}

/// The one line that contains this.
fn line<'a>(lines: &'a [String], part: &str) -> &'a str {
    let found: Vec<_> = lines.iter().filter(|line| line.contains(part)).collect();
    assert_eq!(found.len(), 1, "{part:?} in {lines:#?}");
    found[0]
}

#[test]
fn where_nothing_is_wrong_every_way_is_tried_and_nothing_is_left_behind() {
    let place = Place::new();

    let (lines, code) = place.doctor(&[]);

    assert_eq!((bad(&lines), code), (vec![], 0), "{lines:#?}");
    for way in ["UDP on this machine", "TCP on this machine", "TLS through the web port on this machine"] {
        assert!(line(&lines, way).starts_with(&format!("✓ relay, {way}: bytes go both ways by 127.0.0.1:")));
    }
    assert!(line(&lines, "ports: ").starts_with("✓ ports: the server does not run"));
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

/// A server that is killed when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_relay_of_a_server_that_runs_is_tested_as_it_stands() {
    let place = Place::new();
    let mut serve = place.command(VISAVIS, &["serve"]);
    let mut child = serve.args(ANYWHERE).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let running = Running(child);
    assert!(said.into_iter().any(|line| line.starts_with("ready")));

    let (lines, code) = place.doctor(&[]);

    assert_eq!((bad(&lines), code), (vec![], 0), "{lines:#?}");
    let ports = line(&lines, "ports: ");
    assert_eq!(ports, format!("✓ ports: the server runs (process {}) and has them", running.0.id()));
    let run: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(place.path("data/run.json")).unwrap()).unwrap();
    let udp = run["relay_udp"][0].as_str().unwrap();
    assert!(
        line(&lines, "UDP on this machine").contains(&format!("bytes go both ways by {udp} (")),
        "{lines:#?}"
    );
}

#[test]
fn a_port_that_somebody_else_has_is_named_with_its_key() {
    let (place, taken) = (Place::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let https = format!("https.listen={}", taken.local_addr().unwrap());
    let (lines, code) = place.doctor(&["--set", &https]);
    assert_eq!((bad(&lines).len(), code), (1, 1), "{lines:#?}");
    let port = taken.local_addr().unwrap().port();
    assert_eq!(
        bad(&lines)[0],
        format!(
            "✗ ports: cannot listen on 127.0.0.1:{port} (https.listen): the port is in use, perhaps by another visavis; stop \
             that, or set https.listen"
        )
    );

    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let relay = format!("relay.listen={}", taken.local_addr().unwrap());
    let (lines, code) = place.doctor(&["--set", &relay]);
    assert_eq!(code, 1);
    assert!(bad(&lines)[0].contains("relay.listen: cannot listen on UDP 127.0.0.1:"), "{lines:#?}");
}

#[test]
fn a_certificate_that_has_ended_is_named_with_what_renews_it() {
    let place = Place::new();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["call.example.org".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 3, 1));
    fs::write(place.path("key.pem"), key.serialize_pem()).unwrap();
    fs::write(place.path("certificate.pem"), params.self_signed(&key).unwrap().pem()).unwrap();

    let settings = ["--set", "https.certificate=certificate.pem", "--set", "https.key=key.pem"];
    let (lines, code) = place.doctor(&settings);

    let certificate = line(&lines, " certificate: ");
    assert!(certificate.starts_with("✗ certificate: https.certificate ended "), "{certificate}");
    assert!(
        certificate
            .ends_with("renew it (certbot renew, for example): the server takes the new one by itself")
    );
    assert_eq!((bad(&lines).len(), code), (1, 1), "{lines:#?}");
}

#[test]
fn a_name_that_leads_nowhere_is_named() {
    let (lines, code) = Place::new().doctor(&["--set", "relay.host=turn.nowhere.invalid"]);

    assert_eq!(code, 1);
    assert_eq!(
        bad(&lines),
        [
            "✗ relay.host: turn.nowhere.invalid leads nowhere; give the name an address in DNS, or change relay.host"
        ]
    );
}

#[test]
fn a_broken_configuration_is_told_as_ever() {
    let output =
        Place::new().command(VISAVIS, &["doctor", "--set", "relay.listn=0.0.0.0:1"]).output().unwrap();

    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("relay.listn: unknown key; did you mean relay.listen?"), "{told}");
}

/// The doctor in a network of its own, with one interface of the address 192.0.2.7, after these commands.
fn in_a_network(prepare: &str, words: &[&str]) -> (Vec<String>, i32) {
    let place = Place::new();
    let prepare = format!(
        "ip link set lo up\nip link add outer type veth peer name inner\nip link set inner up\nip addr add 192.0.2.7/24 dev outer\nip link set outer up\n\
         {prepare}\nexec \"$@\"\n"
    );
    let script = place.path("prepare.sh");
    fs::write(&script, prepare).unwrap();
    let mut command = place.command("unshare", &["--user", "--map-root-user", "--net", "sh"]);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").arg(script).args([VISAVIS, "doctor"]);
    for setting in ["http.listen=127.0.0.1:7070", "https.listen=0.0.0.0:7443", "relay.listen=192.0.2.7:3478"]
    {
        command.args(["--set", setting]);
    }
    let output = command.args(words).output().unwrap();
    assert!(!output.stdout.is_empty(), "no network of its own: {}", String::from_utf8_lossy(&output.stderr));
    lines(&output)
}

/// A rule that drops what comes to the machine.
fn dropping(what: &str) -> String {
    format!(
        "nft 'add table inet t; add chain inet t in {{ type filter hook input priority 0; }}; add rule inet t in {what} drop'"
    )
}

#[test]
fn a_firewall_that_drops_the_relays_port_is_told_by_protocol_and_port() {
    let (lines, code) = in_a_network(&dropping("udp dport 3478"), &[]);

    assert_eq!(code, 1, "{lines:#?}");
    assert_eq!(
        bad(&lines),
        [
            "✗ relay, UDP on this machine: 192.0.2.7:3478: a firewall of this machine drops UDP port 3478; open it, or change \
          relay.listen"
        ]
    );
    assert!(line(&lines, "TCP on this machine").starts_with("✓ relay, TCP"), "{lines:#?}");
    assert!(
        line(&lines, "TLS through the web port on this machine").starts_with("✓ relay, TLS"),
        "{lines:#?}"
    );
}

#[test]
fn an_external_ip_that_leads_to_nobody_is_doubted_and_one_that_a_stun_server_denies_is_wrong() {
    // It is on our side of the network, where nobody has it.
    let wrong = ["--set", "relay.external_ip=192.0.2.99"];
    let (lines, _) = in_a_network("", &wrong);
    let doubted = line(&lines, "UDP at relay.external_ip");
    assert!(doubted.starts_with("! relay, UDP at relay.external_ip: 192.0.2.99:3478: "), "{doubted}");
    assert!(doubted.contains("relay.external_ip"), "{doubted}");

    // A STUN server of our own is a relay of our own.
    let other = "ip addr add 192.0.2.8/24 dev outer\nmkfifo ready\n\"$1\" serve --data other --set http.listen= --set \
                 https.listen=192.0.2.8:9443 --set relay.listen=192.0.2.8:3479 >ready 2>/dev/null &\ntrap \"kill $!\" EXIT\n\
                 while read -r line; do case $line in ready*) break;; esac; done <ready\n\"$@\"\nexit $?";
    let (lines, code) =
        in_a_network(other, &[&wrong[..], &["--set", "relay.stun_server=192.0.2.8:3479"]].concat());
    assert_eq!(code, 1, "{lines:#?}");
    assert_eq!(
        bad(&lines),
        [
            "✗ relay.external_ip: it says 192.0.2.99, and 192.0.2.8:3479 sees this machine at 192.0.2.7; set it to 192.0.2.7"
        ]
    );
}
