//! The configuration as an operator meets it: files, variables and flags in, settings or clear errors out.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::keys::{SECTIONS, keys};
use super::{Config, PortRange, Sources, reference, show};

/// A folder with the given `visavis.toml`, and sources that read it.
struct Written {
    folder: tempfile::TempDir,
    sources: Sources,
}

fn written(text: &str) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.toml");
    std::fs::write(&path, text).unwrap();
    Written { sources: Sources { config: Some(path), ..Sources::default() }, folder }
}

impl Written {
    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.variables.push((name.into(), value.into()));
        self
    }

    fn flag(mut self, flag: &str) -> Self {
        self.sources.sets.push(flag.to_owned());
        self
    }

    fn load(&self) -> Config {
        Config::load(&self.sources).unwrap()
    }

    /// The errors, with the folder's name taken out.
    fn errors(&self) -> String {
        let folder = format!("{}/", self.folder.path().display());
        Config::load(&self.sources).unwrap_err().to_string().replace(&folder, "")
    }
}

#[test]
fn without_any_source_the_defaults_apply() {
    let config = Config::load(&Sources { data: Some("/nowhere".into()), ..Sources::default() }).unwrap();

    assert_eq!(config.file, None);
    assert_eq!(config.http.listen, Some("127.0.0.1:7070".parse().unwrap()));
    assert_eq!(config.https.listen, Some("[::]:7443".parse().unwrap()));
    assert_eq!(config.relay.listen, ["0.0.0.0:3478".parse::<SocketAddr>().unwrap()]);
    assert_eq!(config.relay.ports, PortRange { first: 49152, last: 65535 });
    assert_eq!(config.calls.ring_timeout_ms, 60_000);
    assert!(!config.teaching.enabled);
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let file = "[calls]\nring_timeout_ms = 10000\nunreachable_ms = 10000\nconnect_timeout_ms = 10000\n";
    let config = written(file)
        .variable("VISAVIS_CALLS__UNREACHABLE_MS", "11000")
        .variable("VISAVIS_CALLS__CONNECT_TIMEOUT_MS", "11000")
        .flag("calls.connect_timeout_ms=12000")
        .load();

    assert_eq!(config.calls.ring_timeout_ms, 10_000);
    assert_eq!(config.calls.unreachable_ms, 11_000);
    assert_eq!(config.calls.connect_timeout_ms, 12_000);
}

#[test]
fn the_file_in_the_data_folder_is_found_by_itself() {
    let written = written("[teaching]\nenabled = true\n");
    let folder = written.folder.path();

    let config = Config::load(&Sources { data: Some(folder.into()), ..Sources::default() }).unwrap();

    assert!(config.teaching.enabled);
    assert_eq!(config.file, Some(folder.join("visavis.toml")));
    assert_eq!(config.data.dir, folder);
}

#[test]
fn lists_and_empty_values_read_the_same_from_everywhere() {
    let wanted: [IpNet; 2] = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());

    let from_file =
        written("[relay]\nallow_peers = [\"10.0.0.0/8\", \"fd00::/8\"]\n[https]\nlisten = \"\"\n").load();
    let from_variables = written("")
        .variable("VISAVIS_RELAY__ALLOW_PEERS", "10.0.0.0/8, fd00::/8")
        .variable("VISAVIS_HTTPS__LISTEN", "")
        .load();

    let from_flag = written("").flag("relay.allow_peers=[\"10.0.0.0/8\", \"fd00::/8\"]").load();

    assert_eq!(from_flag.relay.allow_peers, wanted);
    assert_eq!(from_file.relay.allow_peers, wanted);
    assert_eq!(from_file.https.listen, None);
    assert_eq!(Config { file: None, ..from_variables }, Config { file: None, ..from_file });
}

#[test]
fn an_error_names_file_line_key_and_the_way_out() {
    let errors = written(
        "[relay]\n\
         prots = \"1-2\"\n\
         ports = \"9-1\"\n\
         allow_peers = [\"10.0.0.0\"]\n\
         \n\
         [http]\n\
         listen = \"localhost:7070\"\n\
         [calls]\n\
         ring_timeout_ms = \"long\"\n\
         unreachable_ms = 0\n\
         [teaching]\n\
         enabled = 1\n\
         [log]\n\
         level = \"loud\"\n\
         [public]\n\
         url = \"call.example.org/path\"\n\
         [nowhere]\n\
         [web]\n\
         embed_origins = [\"https://shop.example\", \"*\"]\n",
    )
    .errors();

    assert_eq!(
        errors,
        "visavis.toml:17: nowhere: unknown section; there are data, http, https, public, web, accounts, guests, push, calls, \
         signaling, bridge, relay, teaching, chaos, log\n\
         visavis.toml:2: relay.prots: unknown key; did you mean relay.ports?\n\
         visavis.toml:3: relay.ports: \"9-1\" is not a first and last port such as 49152-65535\n\
         visavis.toml:4: relay.allow_peers: \"10.0.0.0\" is not an IP network such as 10.0.0.0/8 or fd00::/8\n\
         visavis.toml:7: http.listen: \"localhost:7070\" is not an IP address and port such as 127.0.0.1:7070 or \
         [::]:7443\n\
         visavis.toml:9: calls.ring_timeout_ms: \"long\" is not a whole number\n\
         visavis.toml:10: calls.unreachable_ms: 0 is not from 1000 to 600000\n\
         visavis.toml:12: teaching.enabled: 1 is not true or false\n\
         visavis.toml:14: log.level: \"loud\" is not a log filter such as info or info,visavis_relay=debug\n\
         visavis.toml:16: public.url: \"call.example.org/path\" is not http:// or https:// and a host, without a path, \
         such as https://call.example.org\n\
         visavis.toml:19: web.embed_origins: \"*\" stands for many sites: name each of them, such as https://shop.example"
    );
}

#[test]
fn what_is_not_toml_is_shown_with_its_line() {
    assert_eq!(
        written("[http]\nlisten = 127.0.0.1:7070\n").errors(),
        "visavis.toml:2: not TOML: invalid float, expected nothing (texts are written in quotes)"
    );
    assert_eq!(
        written("[http\nlisten = \"127.0.0.1:7070\"\n").errors(),
        "visavis.toml:1: not TOML: unclosed table, expected `]`"
    );
    assert_eq!(
        written("listen = \"127.0.0.1:7070\"\n").errors(),
        "visavis.toml:1: listen: unknown key; did you mean http.listen?"
    );
}

#[test]
fn an_error_in_a_variable_or_a_flag_names_it() {
    let errors = written("")
        .variable("VISAVIS_RELAY__PROTS", "1-2")
        .flag("http.listen=7070")
        .flag("http.listen")
        .errors();

    assert_eq!(
        errors,
        "flag --set http.listen: must be written --set section.key=value\n\
         environment variable VISAVIS_RELAY__PROTS: relay.prots: unknown key; did you mean relay.ports?\n\
         flag --set http.listen=7070: http.listen: \"7070\" is not an IP address and port such as 127.0.0.1:7070 or \
         [::]:7443"
    );
}

#[test]
fn a_variable_that_sets_nothing_is_an_error_with_the_one_that_was_meant() {
    let errors = written("")
        .variable("VISAVIS_HTTPS_LISTEN", "banana")
        .variable("VISAVIS_CALLS_RING_TIMEOUT_MS", "9000")
        .variable("VISAVIS_URL", "https://call.example.org")
        .variable("VISAVIS_FOO", "1")
        .variable("VISAVIS_PORT", "7070")
        .errors();

    let form = "variables are called VISAVIS_<SECTION>__<KEY>, and `visavis config docs` lists them";
    assert_eq!(
        errors,
        format!(
            "environment variable VISAVIS_HTTPS_LISTEN: sets nothing; did you mean VISAVIS_HTTPS__LISTEN?\n\
             environment variable VISAVIS_CALLS_RING_TIMEOUT_MS: sets nothing; did you mean \
             VISAVIS_CALLS__RING_TIMEOUT_MS?\n\
             environment variable VISAVIS_URL: sets nothing; did you mean VISAVIS_PUBLIC__URL?\n\
             environment variable VISAVIS_FOO: sets nothing; {form}\n\
             environment variable VISAVIS_PORT: sets nothing; {form}"
        )
    );
}

#[test]
fn variables_that_a_container_platform_or_a_program_beside_the_server_reads_are_left_alone() {
    let config = written("")
        .variable("VISAVIS_SERVICE_HOST", "10.0.0.7")
        .variable("VISAVIS_SERVICE_PORT", "7070")
        .variable("VISAVIS_SERVICE_PORT_HTTP", "7070")
        .variable("VISAVIS_PORT", "tcp://10.0.0.7:7070")
        .variable("VISAVIS_PORT_7070_TCP", "tcp://10.0.0.7:7070")
        .variable("VISAVIS_PORT_7070_TCP_PROTO", "tcp")
        .variable("VISAVIS_RELAY_SERVICE_HOST", "10.0.0.8")
        .variable("VISAVIS_RELAY_PORT_3478_UDP_ADDR", "10.0.0.8")
        .variable("VISAVIS_BINARY", "target/release/visavis")
        .load();

    assert_eq!(Config { file: None, ..config }, Config::default());
}

#[test]
fn a_file_that_was_named_must_exist() {
    let sources = Sources { config: Some("/nowhere/visavis.toml".into()), ..Sources::default() };

    assert_eq!(
        Config::load(&sources).unwrap_err().to_string(),
        "/nowhere/visavis.toml: cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn keys_that_only_make_sense_together_are_checked_together() {
    assert_eq!(
        written("[https]\n\nkey = \"key.pem\"\n").errors(),
        "visavis.toml:3: https.key: needs https.certificate beside it"
    );
    assert_eq!(
        written("[https]\nlisten = \"127.0.0.1:7070\"\n").errors(),
        "visavis.toml:2: https.listen: is the same address as http.listen; each needs its own port"
    );
    assert_eq!(
        written("").flag("http.listen=").flag("https.listen=").errors(),
        "flag --set https.listen=: https.listen: is off, and so is http.listen: nobody could reach the server"
    );
    assert_eq!(
        written("[relay]\nworkers = 2\nmobility = true\n").errors(),
        "visavis.toml:3: relay.mobility: needs relay.workers to be 1, or 0: a client may come to another thread than the one that \
         knows it"
    );
    assert!(written("[relay]\nmobility = true\ntcp_peers = true\n").load().relay.tcp_peers);
}

#[test]
fn every_key_is_documented_with_a_default_that_it_accepts() {
    let reference = reference();

    for key in keys() {
        assert!(key.doc.concat().len() > 20, "{} says too little", key.name);
        assert!(reference.contains(&format!("### `{}`", key.name)), "{} is missing", key.name);
        assert!(reference.contains(&key.variable()), "{} is missing", key.variable());
    }
    for section in SECTIONS {
        assert!(reference.contains(&format!("\n## {}\n", section.name)), "{} is missing", section.name);
    }
}

#[test]
fn what_is_shown_can_be_read_again() {
    let config =
        written("[relay]\nhost = \"relay.example.org\"\n[log]\nlevel = \"warn,visavis_relay=trace\"\n")
            .flag("public.url=https://Call.Example.org/")
            .flag("data.dir=a \"quoted\" folder")
            .load();

    let again = written(&show(&config)).load();

    assert_eq!(again.data.dir, PathBuf::from("a \"quoted\" folder"));
    assert_eq!(Config { file: None, ..again }, Config { file: None, ..config });
}
