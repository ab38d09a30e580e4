//! A client made of pion's library against our relay; its program is in `pion/`. Skipped where there is no Go that builds
//! it, or nowhere to get its modules from.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::OnceCell;
use visavis_relay::{Engine, RelayConfig};

use crate::certificate::certificate;
use crate::client::{Client, loopback, start};
use crate::program;

/// Messages that go to the peer and come back.
const COUNT: u64 = 300;
/// Their bytes: each is one longer than the one before, the first five.
const BYTES: u64 = COUNT * 5 + COUNT * (COUNT - 1) / 2;

/// The program, built once for all tests; `None` where it can not be.
async fn client_of_pion() -> Option<&'static PathBuf> {
    static PROGRAM: OnceCell<Option<PathBuf>> = OnceCell::const_new();
    let build = async || tokio::task::spawn_blocking(build).await.unwrap();
    PROGRAM.get_or_init(build).await.as_ref()
}

#[expect(clippy::print_stdout, reason = "whoever runs the tests must learn that these did not")]
fn build() -> Option<PathBuf> {
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pion-client");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sockets/pion");
    let output = Command::new("go")
        .args(["build", "-C", source, "-trimpath", "-buildvcs=false", "-o"])
        .arg(&program)
        .arg(".")
        .env("CGO_ENABLED", "0")
        .output();
    match output {
        Ok(output) if output.status.success() => return Some(program),
        Ok(output) => println!("go build: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => println!("go: {error}"),
    }
    None
}

/// Sends back whatever comes.
async fn echo() -> SocketAddr {
    let socket = UdpSocket::bind(loopback()).await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 2000];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let _unreachable = socket.send_to(&buffer[..length], from).await;
        }
    });
    at
}

/// Has the client send to a peer, and back.
async fn run(carrier: &str, change: impl FnOnce(&mut RelayConfig)) {
    let Some(client) = client_of_pion().await else {
        skip();
        return;
    };
    let (server_tls, _) = certificate();
    let relay = start(|config| {
        config.listen_tls = vec![loopback()];
        config.tls = Some(Arc::clone(&server_tls));
        change(config);
    })
    .await;
    let addresses = relay.local_addresses();
    let server = match carrier {
        "udp" => addresses.udp[0],
        "tcp" => addresses.tcp[0],
        _ => addresses.tls[0],
    };
    let Client { username, password, .. } = Client::udp(&relay);
    let (server, peer, count) = (server.to_string(), echo().await.to_string(), COUNT.to_string());
    let arguments = [carrier, &server, &username, &password, &peer, &count];
    let (status, said) = program::run(client, arguments.map(str::to_owned)).await;
    assert!(status.success(), "{said}");
    assert!(said.contains(&format!("returned {COUNT}")), "{said}");

    let stats = relay.stats().await.unwrap();
    let to_peer = (stats.turn.to_peer.packets, stats.turn.to_peer.bytes);
    let to_client = (stats.turn.to_client.packets, stats.turn.to_client.bytes);
    assert_eq!((to_peer, to_client), ((COUNT, BYTES), (COUNT, BYTES)), "{stats:#?}");
    assert_eq!(stats.turn.allocations_opened, 1);
    relay.shutdown().await;
}

#[expect(clippy::print_stdout, reason = "whoever runs the tests must learn that this one did not")]
fn skip() {
    println!("SKIPPED: no Go 1.24 that builds the client made of pion");
}

#[tokio::test(flavor = "multi_thread")]
async fn pions_client_loses_nothing_over_udp() {
    run("udp", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pions_client_loses_nothing_over_udp_with_the_portable_engine() {
    run("udp", |config| config.engine = Engine::Portable).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pions_client_loses_nothing_over_udp_with_two_workers() {
    run("udp", |config| config.workers = 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pions_client_loses_nothing_over_tcp() {
    run("tcp", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pions_client_loses_nothing_over_tls() {
    run("tls", |_| {}).await;
}
