//! `visavis relay doctor`.

use std::process::Output;

use crate::processes::*;

const HERE: [&str; 3] =
    ["relay.secret_file=relay.secret", "http.listen=127.0.0.1:0", "relay.listen=127.0.0.1:0"];

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}

/// What was looked at, by sign and subject.
fn subjects(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.split_once(": ").unwrap().0).collect()
}

/// The text of the one line about this.
fn about<'a>(lines: &'a [String], subject: &str) -> &'a str {
    let found: Vec<_> = lines.iter().filter_map(|line| line.split_once(&format!("{subject}: "))).collect();
    assert_eq!(found.len(), 1, "{subject:?} in {lines:#?}");
    found[0].1
}

#[test]
fn a_relay_that_runs_is_tested_as_it_stands() {
    let place = Place::new();
    let relay = place.relay(&["relay.listen_tls=127.0.0.1:0", "relay.host=localhost"]);

    let settings = [&HERE[..], &["relay.listen_tls=127.0.0.1:0", "relay.host=localhost"]].concat();
    let output = place.run(&["relay", "doctor"], &settings);

    let lines = lines(&output);
    assert!(output.status.success(), "{lines:#?}");
    let ports = format!("the relay runs (process {}) and has them", relay.child.id());
    assert_eq!(about(&lines, "ports"), ports);
    for (way, at) in [("UDP", relay.udp()), ("TCP", relay.tcp()), ("TLS", relay.tls())] {
        let found = about(&lines, &format!("✓ relay, {way} on this machine"));
        assert!(found.starts_with(&format!("bytes go both ways by {at} (")), "{found}");
        let found = about(&lines, &format!("✓ relay, {way} as devices are told"));
        assert!(found.starts_with(&format!("bytes go both ways by localhost:{} (", at.port())), "{found}");
    }
    let certificate = "it is the generated one, with which no browser uses TURN over TLS; set https.certificate and https.key";
    assert_eq!(about(&lines, "! certificate"), certificate);

    // A server's doctor says whom it has not looked at.
    let output = place.run(&["doctor"], &[&HERE[..], &["https.listen="]].concat());
    let other = format!("`visavis relay` runs here (process {}) and no server does; ", relay.child.id());
    assert!(lines_of(&output, "! relay alone").starts_with(&other));
}

fn lines_of(output: &Output, subject: &str) -> String {
    about(&lines(output), subject).to_owned()
}

#[test]
fn before_its_first_start_nothing_is_made_and_nothing_of_a_server_is_looked_at() {
    let place = Place::new();
    let server =
        ["relay.others=turn:turn.nowhere.invalid:3478?transport=udp", "public.url=https://nowhere.invalid"];

    let output = place.run(&["relay", "doctor"], &[&HERE[..], &server].concat());

    let lines = lines(&output);
    assert!(output.status.success(), "{lines:#?}");
    // How those are is the machine's.
    let is_of_machine = |subject: &&str| subject.ends_with(" clock") || subject.ends_with(" open files");
    let found: Vec<_> = subjects(&lines).into_iter().filter(|subject| !is_of_machine(subject)).collect();
    assert_eq!(
        found,
        [
            "✓ configuration",
            "✓ data folder",
            "✓ secret of the relays",
            "✓ ports",
            "✓ relay, UDP on this machine",
            "✓ relay, TCP on this machine"
        ]
    );
    assert_eq!(about(&lines, "ports"), "the relay does not run, and every port it needs can be had");
    assert!(!place.path("data").exists());
}

#[test]
fn what_keeps_it_from_starting_is_told() {
    let place = Place::new();
    let output = place.run(&["relay", "doctor"], &HERE[1..]);
    assert_eq!(output.status.code(), Some(1));
    assert!(lines_of(&output, "✗ secret of the relays").starts_with("relay.secret_file is not set, "));

    let output = place.run(&["relay", "doctor"], &[&HERE[..], &["relay.host=turn.nowhere.invalid"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        lines_of(&output, "✗ relay.host"),
        "turn.nowhere.invalid leads nowhere; give the name an address in DNS, or change relay.host"
    );
}
