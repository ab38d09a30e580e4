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
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use visavis_server::clock;
use visavis_server::config::Config;
use visavis_server::data_folder::DataFolder;
use visavis_server::http::client::Peer;
use visavis_server::http::listen::{self, Bounds, Listener, Takers};
use visavis_server::metrics::Metrics;
use visavis_server::tls::{Shown, TlsIdentity};
use visavis_server::upgrade::Inherited;

/// Long enough for a loaded machine; nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

struct Serving {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

/// So many connections at all, and of one address.
#[derive(Clone, Copy)]
struct Most(u32, Option<u32>);

fn start(listener: Listener, Most(connections, per_address): Most) -> Serving {
    let who = async |ConnectInfo(peer): ConnectInfo<Peer>| format!("{} {}", peer.address.ip(), peer.secure);
    let router = Router::new().route("/", get(who));
    let (address, stop) = (listener.address(), CancellationToken::new());
    let takers = Takers { router, turn: None };
    let metrics = Arc::<Metrics>::default();
    let bounds = Bounds { connections, per_address, metrics: Arc::clone(&metrics) };
    let ended = tokio::spawn(listen::serve(listener, takers, bounds, stop.clone()));
    Serving { address, metrics, stop, ended }
}

async fn plain(connections: u32) -> Serving {
    plain_with(Most(connections, None)).await
}

async fn plain_with(most: Most) -> Serving {
    let address = "127.0.0.1:0".parse().unwrap();
    start(listen::bind_http(address, &mut Inherited::default()).await.unwrap(), most)
}

/// A connection that comes from this address of the machine.
async fn connect_from(ip: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(ip.parse().unwrap(), 0)).unwrap();
    socket.connect(to).await.unwrap()
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
async fn secure(connections: u32) -> (Serving, TlsConnector) {
    secure_with(Most(connections, None)).await
}

async fn secure_with(most: Most) -> (Serving, TlsConnector) {
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
    let tls = Shown::new(identity).server_config().unwrap();
    let listener =
        listen::bind_https("127.0.0.1:0".parse().unwrap(), tls, &mut Inherited::default()).await.unwrap();
    (start(listener, most), TlsConnector::from(Arc::new(trusting)))
}

#[tokio::test]
async fn the_generated_certificate_is_good_for_localhost_and_connections_over_it_are_secure() {
    let (serving, connector) = secure(8).await;
    for name in ["localhost", "127.0.0.1"] {
        let tcp = TcpStream::connect(serving.address).await.unwrap();
        let tls = connector.connect(ServerName::try_from(name).unwrap(), tcp).await.unwrap();
        assert_eq!(ask(tls).await, "127.0.0.1 true");
    }
    // Plain HTTP to the HTTPS port gets no answer but where to go, and disturbs nobody else.
    let lost = TcpStream::connect(serving.address).await.unwrap();
    assert_eq!(ask(lost).await, "");
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
    let first = listen::bind_http("127.0.0.1:0".parse().unwrap(), &mut Inherited::default()).await.unwrap();

    let error = listen::bind_http(first.address(), &mut Inherited::default()).await.err().unwrap();

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
    let error = listen::bind_http("192.0.2.1:0".parse().unwrap(), &mut Inherited::default())
        .await
        .err()
        .unwrap()
        .to_string();

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
async fn who_holds_all_that_one_address_may_have_is_closed_and_counted_and_others_come_in() {
    let serving = plain_with(Most(8, Some(2))).await;
    let first = connect_from("127.0.0.2", serving.address).await;
    let _second = connect_from("127.0.0.2", serving.address).await;

    let mut third = connect_from("127.0.0.2", serving.address).await;

    assert_eq!(third.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(serving.metrics.http_crowded.value(), 1);
    assert_eq!(ask(connect_from("127.0.0.3", serving.address).await).await, "127.0.0.3 false");
    // Who leaves makes room, as soon as the server has noticed.
    drop(first);
    let room = async {
        let mut answer = String::new();
        while !answer.ends_with("127.0.0.2 false") {
            let mut again = connect_from("127.0.0.2", serving.address).await;
            // The connection may be closed before or while we ask.
            let asked =
                again.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
            let _ = asked.and(again.read_to_string(&mut answer).await);
        }
    };
    tokio::time::timeout(PATIENCE, room).await.unwrap();
}

#[tokio::test]
async fn handshakes_that_one_address_does_not_end_keep_nobody_else_waiting() {
    let (serving, connector) = secure_with(Most(1000, Some(512))).await;
    let mut begun = Vec::new();
    // More than there are places for handshakes at all.
    for _ in 0..300 {
        let mut stream = connect_from("127.0.0.2", serving.address).await;
        stream.write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
        begun.push(stream);
    }
    let tcp = connect_from("127.0.0.3", serving.address).await;
    let tls = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
    assert_eq!(ask(tls).await, "127.0.0.3 true");
    // They are all still there: nobody had to wait until they were sent away.
    for stream in &begun {
        let read = stream.try_read(&mut [0]);
        assert!(read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
    }
}

#[tokio::test]
async fn behind_a_proxy_nobody_is_counted_by_the_address_of_the_proxy() {
    let bounds = |trust_proxy| {
        let mut config = Config::default();
        config.public.trust_proxy = trust_proxy;
        Bounds::of(&config, &Arc::default()).per_address
    };
    assert_eq!([bounds(false), bounds(true)], [Some(512), None]);
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

#[tokio::test]
async fn stopping_waits_but_a_moment_for_who_has_said_nothing() {
    let (plain, (secure, connector)) = (plain(8).await, secure(8).await);
    let silent =
        [TcpStream::connect(plain.address).await.unwrap(), TcpStream::connect(secure.address).await.unwrap()];
    let tcp = TcpStream::connect(secure.address).await.unwrap();
    let shaken = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();

    // Time goes by only when there is nothing to do but wait.
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    for serving in [plain, secure] {
        serving.stop.cancel();
        serving.ended.await.unwrap();
    }

    // Each has the last chance to say something of whoever has just come, and no more.
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    drop((silent, shaken));
}
