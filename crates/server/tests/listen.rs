//! The sockets of HTTP and HTTPS.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use visavis_server::clock;
use visavis_server::config::Config;
use visavis_server::data_folder::DataFolder;
use visavis_server::http::client::Peer;
use visavis_server::http::listen::{self, Listener};
use visavis_server::tls::TlsIdentity;

struct Serving {
    address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

fn start(listener: Listener, max_connections: u32) -> Serving {
    let who = async |ConnectInfo(peer): ConnectInfo<Peer>| format!("{} {}", peer.address.ip(), peer.secure);
    let router = Router::new().route("/", get(who));
    let (address, stop) = (listener.address(), CancellationToken::new());
    let ended = tokio::spawn(listen::serve(listener, router, max_connections, stop.clone()));
    Serving { address, stop, ended }
}

async fn plain(max_connections: u32) -> Serving {
    start(listen::bind_http("127.0.0.1:0".parse().unwrap()).await.unwrap(), max_connections)
}

/// A request and its answer's body; the connection is closed by the server.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_request_knows_whom_it_comes_from() {
    let serving = plain(8).await;

    assert_eq!(ask(TcpStream::connect(serving.address).await.unwrap()).await, "127.0.0.1 false");
}

/// HTTPS with the generated certificate, and what connects to it trusting that alone.
async fn secure(max_connections: u32) -> (Serving, TlsConnector) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(temporary.path()).unwrap();
    let identity = TlsIdentity::load(&Config::default(), &folder, clock::now()).unwrap();
    let certificate = CertificateDer::from_pem_file(temporary.path().join("self-signed.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trusting = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = listen::bind_https("127.0.0.1:0".parse().unwrap(), identity.config).await.unwrap();
    (start(listener, max_connections), TlsConnector::from(Arc::new(trusting)))
}

#[tokio::test]
async fn the_generated_certificate_is_good_for_localhost_and_connections_over_it_are_secure() {
    let (serving, connector) = secure(8).await;
    for name in ["localhost", "127.0.0.1"] {
        let tcp = TcpStream::connect(serving.address).await.unwrap();
        let tls = connector.connect(ServerName::try_from(name).unwrap(), tcp).await.unwrap();
        assert_eq!(ask(tls).await, "127.0.0.1 true");
    }
    // Plain HTTP to the HTTPS port gets a TLS alert, not an answer, and disturbs nobody else.
    let mut lost = TcpStream::connect(serving.address).await.unwrap();
    lost.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // It may also be cut off before it has read the alert.
    let _ = lost.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test]
async fn connections_that_say_nothing_keep_nobody_from_shaking_hands() {
    let (serving, connector) = secure(1000).await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(serving.address).await.unwrap());
    }
    let tcp = TcpStream::connect(serving.address).await.unwrap();
    let tls = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
    assert_eq!(ask(tls).await, "127.0.0.1 true");
    // They are all still there: nobody had to wait until they were sent away.
    for stream in &silent {
        let read = stream.try_read(&mut [0]);
        assert!(read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
    }
}

#[tokio::test]
async fn a_port_in_use_is_told_with_its_key_and_the_way_out() {
    let first = listen::bind_http("127.0.0.1:0".parse().unwrap()).await.unwrap();

    let error = listen::bind_http(first.address()).await.err().unwrap();

    let port = first.address().port();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on 127.0.0.1:{port} (http.listen): the port is in use, perhaps by another visavis; stop that, \
             or set http.listen"
        )
    );
}

#[tokio::test]
async fn an_address_of_another_machine_is_refused() {
    // TEST-NET-1 of RFC 5737 is nobody's.
    let error = listen::bind_http("192.0.2.1:0".parse().unwrap()).await.err().unwrap().to_string();

    assert!(error.starts_with("cannot listen on 192.0.2.1:0 (http.listen): "), "{error}");
}

#[tokio::test]
async fn when_all_connections_are_taken_the_next_waits_for_one_to_end() {
    let serving = plain(1).await;
    let mut first = TcpStream::connect(serving.address).await.unwrap();
    first.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut second = tokio::spawn(ask(TcpStream::connect(serving.address).await.unwrap()));

    // The first is not done, so the second hears nothing; that it waits is all that can be seen of it.
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut second).await.is_err());
    drop(first);

    assert_eq!(second.await.unwrap(), "127.0.0.1 false");
}

#[tokio::test]
async fn stopping_closes_idle_connections_and_the_port() {
    let serving = plain(8).await;
    let mut idle = TcpStream::connect(serving.address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 1024];
    assert!(idle.read(&mut answer).await.unwrap() > 0);

    serving.stop.cancel();
    serving.ended.await.unwrap();

    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(serving.address).await.is_err());
}
