//! Our own server holds to every transcript, and the kit says so only of a server that does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use visavis_server::clock;
use visavis_server::config::{Config, Sources};
use visavis_server::serve::Server;
use visavis_store::User;

const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

/// A server on a port of its own, with people who have signed up.
async fn server(folder: &TempDir) -> Server {
    let set = |setting: &str| setting.to_owned();
    let sources = Sources {
        data: Some(folder.path().to_owned()),
        sets: vec![
            set("http.listen=127.0.0.1:0"),
            set("https.listen="),
            set("relay.listen=[\"127.0.0.1:0\"]"),
            set("signaling.invites_per_minute=1000"),
        ],
        ..Sources::default()
    };
    let server = Server::start(Config::load(&sources).unwrap()).await.unwrap();
    for name in PEOPLE {
        let user = User { id: name.parse().unwrap(), display_name: name.to_uppercase() };
        server.store.add_user(user.clone(), clock::now()).await.unwrap();
        let hour = std::time::Duration::from_secs(3600);
        let link = visavis_server::accounts::sign_up::make_link(&server.store, &user.id, hour, clock::now())
            .await
            .unwrap();
        let token = link.unwrap().text();
        let here = "127.0.0.1".parse().unwrap();
        server.accounts.sign_up(here, &token, &password(name), None, clock::moment()).await.unwrap();
    }
    server
}

fn password(name: &str) -> String {
    format!("correct horse battery {name}")
}

fn play(server: &Server, transcripts: &Path) -> Output {
    let people = PEOPLE.map(|name| format!("--person={name}={}", password(name)));
    Command::new(env!("CARGO_BIN_EXE_visavis-conformance"))
        .args(["server", &format!("http://{}", server.reach.http.unwrap())])
        .args(people)
        .arg("--transcripts")
        .arg(transcripts)
        .output()
        .unwrap()
}

fn ours() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/transcripts")
}

#[tokio::test(flavor = "multi_thread")]
async fn our_server_holds_to_every_transcript() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder).await;
    let played = tokio::task::block_in_place(|| play(&server, &ours()));
    let report = String::from_utf8(played.stdout).unwrap();
    assert!(played.status.success(), "{report}");
    assert!(report.lines().count() > 20, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_otherwise_fails_and_the_report_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder).await;
    let wrong = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(ours().join("decline.json")).unwrap();
    std::fs::write(wrong.path().join("decline.json"), text.replace("rejected", "hangup")).unwrap();
    let played = tokio::task::block_in_place(|| play(&server, wrong.path()));
    let report = String::from_utf8(played.stdout).unwrap();
    assert_eq!(played.status.code(), Some(1), "{report}");
    assert!(report.contains(r#".data.reason is "rejected", not "hangup""#), "{report}");
}
