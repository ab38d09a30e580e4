//! The secret on its way from the server to the relay, and what can go wrong with it.

use crate::processes::*;

#[test]
fn a_relay_without_a_secret_does_not_start_and_says_where_to_get_it() {
    let place = Place::new();
    let told = |settings: &[&str]| place.failed(&["relay"], settings);

    assert_eq!(
        told(&[]),
        (
            2,
            "error: relay.secret_file is not set, and a relay alone must have the secret of the server that sends devices \
             to it: write what `visavis relay secret` prints there into a file here, and name that with --set \
             relay.secret_file=/etc/visavis/relay.secret"
                .to_owned()
        )
    );
    assert_eq!(
        told(&["relay.secret_file=nowhere"]),
        (
            2,
            "error: relay.secret_file: nowhere does not exist; write into it what `visavis relay secret` prints on the \
             server's machine"
                .to_owned()
        )
    );
    place.write("short", "north");
    assert_eq!(
        told(&["relay.secret_file=short"]),
        (
            2,
            "error: relay.secret_file: short holds less than 32 characters, which can be guessed; write nothing into it \
             but what `visavis relay secret` prints on the server's machine"
                .to_owned()
        )
    );
    assert_eq!(place.failed(&["config", "check"], &["relay.secret_file=short"]).0, 2);
    // Nothing was made for a relay that never ran.
    assert!(!place.path("data").exists());
}

#[test]
fn a_relay_that_is_off_is_told_that_nothing_is_left_to_do() {
    let place = Place::new();
    let (code, told) = place.failed(&["relay"], &["relay.secret_file=relay.secret", "relay.listen=[]"]);
    assert_eq!(
        (code, told.as_str()),
        (
            2,
            "error: relay.listen is empty, and a relay alone has nothing else to do; remove the key, or name an \
             address such as 0.0.0.0:3478"
        )
    );
}

#[test]
fn the_servers_secret_is_printed_on_the_servers_machine_and_nowhere_made_up() {
    let place = Place::new();
    let (code, told) = place.failed(&["relay", "secret", "--data", "server"], &[]);
    assert_eq!(code, 2);
    assert!(
        told.starts_with("error: the secret is with the server, so this is to be run on its machine: "),
        "{told}"
    );

    assert!(place.run(&["user", "add", "alice", "--data", "server"], &[]).status.success());
    let printed = |settings: &[&str]| {
        let output = place.run(&["relay", "secret", "--data", "server"], settings);
        String::from_utf8(output.stdout).unwrap()
    };
    let secret = printed(&[]);
    let kept = std::fs::read_to_string(place.path("server/secrets.toml")).unwrap();
    assert!(kept.contains(&format!("turn_secret = \"{}\"\n", secret.trim())), "{secret}");
    assert_eq!(printed(&["relay.secret_file=relay.secret"]), format!("{SECRET}\n"));
}
