//! HTTPS, WebSockets, and TURN with and without TLS on one port.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rcgen::{CertificateParams, KeyPair};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use visavis_relay::probe::{self, Probe};
use visavis_server::clock;
use visavis_server::config::{Config, Sources};
use visavis_server::data_folder::DataFolder;
use visavis_server::secrets::Secrets;
use visavis_server::serve::Server;
use visavis_turn::codec::{Class, Message as StunMessage, MessageBuilder, Method, TransactionId};
use visavis_turn::{Credential, issue};

/// A whole server whose every port the system chose.
struct World {
    server: Server,
    folder: TempDir,
}

impl World {
    async fn new(settings: &[&str]) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), settings).await
    }

    async fn in_folder(folder: TempDir, settings: &[&str]) -> Self {
        let mut sets: Vec<String> =
            ["http.listen=127.0.0.1:0", "https.listen=127.0.0.1:0", "relay.listen=127.0.0.1:0"]
                .map(str::to_owned)
                .into();
        sets.extend(settings.iter().map(|&setting| setting.to_owned()));
        let data = Some(folder.path().join("data"));
        let config = Config::load(&Sources { data, sets, ..Sources::default() }).unwrap();
        Self { server: Server::start(config).await.unwrap(), folder }
    }

    fn https(&self) -> SocketAddr {
        self.server.reach.https.unwrap()
    }

    async fn plain(&self) -> TcpStream {
        TcpStream::connect(self.https()).await.unwrap()
    }

    /// A TLS connection that trusts the server's certificate alone and names these protocols.
    async fn tls(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        let path = self.folder.path().join("data/self-signed.pem");
        roots.add(CertificateDer::from_pem_file(path).unwrap()).unwrap();
        let mut config = client(roots);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(ServerName::try_from("localhost").unwrap(), self.plain().await).await.unwrap()
    }

    /// Good for the server's relay.
    fn credential(&self) -> Credential {
        let folder = DataFolder::open(&self.folder.path().join("data")).unwrap();
        let secrets = Secrets::load_or_create(&folder).unwrap();
        let expires = clock::now() + Duration::from_secs(3600);
        issue(&secrets.turn_secret.auth(), "probe", Duration::from_millis(expires.0))
    }
}

fn client(roots: RootCertStore) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Every handshake is a whole one, and shows the certificate.
    config.resumption = Resumption::disabled();
    config
}

/// The first line of the answer to a request.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    stream.write_all(b"GET /api/me HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let answer = read_all(&mut stream).await;
    String::from_utf8(answer).unwrap().lines().next().unwrap_or_default().to_owned()
}

/// Everything until the connection ends, however it ends.
async fn read_all(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    all
}

#[tokio::test]
async fn https_websockets_and_turn_with_and_without_tls_are_served_on_one_port_at_once() {
    let world = World::new(&[]).await;
    let credential = world.credential();

    let web = world.tls(&["h2", "http/1.1"]).await;
    let (socket, _) =
        tokio_tungstenite::client_async("wss://localhost/ws", world.tls(&[]).await).await.unwrap();
    let mut named = Probe::stream(world.tls(&["stun.turn"]).await, &credential).await.unwrap();
    let mut unnamed = Probe::stream(world.tls(&[]).await, &credential).await.unwrap();
    let mut plain = Probe::tcp(world.https(), &credential).await.unwrap();

    probe::exchange(&mut named, &mut unnamed).await.unwrap();
    probe::exchange(&mut unnamed, &mut plain).await.unwrap();
    probe::exchange(&mut plain, &mut named).await.unwrap();
    assert_eq!(ask(web).await, "HTTP/1.1 401 Unauthorized");
    assert_eq!(ask(world.tls(&[]).await).await, "HTTP/1.1 401 Unauthorized");
    let (mut said, mut heard) = socket.split();
    said.send(Message::text("{}")).await.unwrap();
    assert!(heard.next().await.unwrap().unwrap().is_text());
    world.server.stop().await;
}

#[tokio::test]
async fn turn_is_served_on_the_port_of_plain_http_as_well() {
    let world = World::new(&[]).await;
    let http = world.server.reach.http.unwrap();
    let credential = world.credential();

    let mut one = Probe::tcp(http, &credential).await.unwrap();
    let mut other = Probe::tcp(http, &credential).await.unwrap();

    probe::exchange(&mut one, &mut other).await.unwrap();
    assert_eq!(ask(TcpStream::connect(http).await.unwrap()).await, "HTTP/1.1 401 Unauthorized");
    world.server.stop().await;
}

#[tokio::test]
async fn a_request_that_comes_byte_by_byte_or_with_others_behind_it_loses_nothing() {
    let world = World::new(&[]).await;
    let binding =
        |number| MessageBuilder::new(Class::Request, Method::Binding, TransactionId([number; 12])).finish();
    let mut trickling = world.tls(&[]).await;
    let mut hasty = world.tls(&[]).await;

    for byte in binding(1) {
        trickling.write_all(&[byte]).await.unwrap();
        trickling.flush().await.unwrap();
    }
    hasty.write_all(&[binding(1), binding(2), binding(3)].concat()).await.unwrap();

    let answers = [
        answered(&mut trickling).await,
        answered(&mut hasty).await,
        answered(&mut hasty).await,
        answered(&mut hasty).await,
    ];
    assert_eq!(answers, [1, 1, 2, 3].map(|number| (Class::Success, number)));
    world.server.stop().await;
}

/// The answer to a Binding request, and the request's number.
async fn answered(stream: &mut TlsStream<TcpStream>) -> (Class, u8) {
    let mut answer = [0; 32];
    stream.read_exact(&mut answer).await.unwrap();
    let message = StunMessage::decode(&answer).unwrap();
    (message.class, message.transaction.0[0])
}

#[tokio::test]
async fn who_types_http_before_the_port_of_https_is_sent_there_and_gets_nothing_else() {
    let world = World::new(&[]).await;
    let mut lost = world.plain().await;
    lost.write_all(b"GET /join?x=1 HTTP/1.1\r\nhost: call.example.org:7443\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();

    let answer = String::from_utf8(read_all(lost).await).unwrap();

    assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
    assert!(answer.contains("location: https://call.example.org:7443/join?x=1\r\n"), "{answer}");
    world.server.stop().await;
}

#[tokio::test]
async fn clients_of_the_relay_take_no_place_from_those_of_the_web() {
    let world = World::new(&["http.max_connections=1"]).await;
    let credential = world.credential();

    let by_tls = Probe::stream(world.tls(&[]).await, &credential).await.unwrap();
    let by_tcp = Probe::tcp(world.https(), &credential).await.unwrap();

    assert_eq!(ask(world.tls(&["http/1.1"]).await).await, "HTTP/1.1 401 Unauthorized");
    drop((by_tls, by_tcp));
    world.server.stop().await;
}

#[tokio::test]
async fn without_a_relay_who_speaks_turn_is_sent_away() {
    let world = World::new(&["relay.listen=[]"]).await;
    let request = MessageBuilder::new(Class::Request, Method::Binding, TransactionId([1; 12])).finish();
    let (mut by_tcp, mut by_tls) = (world.plain().await, world.tls(&[]).await);

    by_tcp.write_all(&request).await.unwrap();
    by_tls.write_all(&request).await.unwrap();

    assert_eq!((read_all(by_tcp).await, read_all(by_tls).await), (Vec::new(), Vec::new()));
    world.server.stop().await;
}

#[tokio::test]
async fn who_keeps_the_port_waiting_is_sent_away_and_keeps_nobody_else_waiting() {
    let world = World::new(&["http.max_connections=200"]).await;
    let mut slow = Vec::new();
    for _ in 0..30 {
        // Nothing; the beginning of a handshake; a handshake and nothing behind it; the beginning of a request.
        slow.push(Box::new(world.plain().await) as Box<dyn Stream>);
        let mut begun = world.plain().await;
        begun.write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
        slow.push(Box::new(begun));
        slow.push(Box::new(world.tls(&[]).await));
        let mut request = world.tls(&[]).await;
        request.write_all(b"GET / HT").await.unwrap();
        slow.push(Box::new(request));
    }

    assert_eq!(ask(world.tls(&["http/1.1"]).await).await, "HTTP/1.1 401 Unauthorized");
    let probe = Probe::stream(world.tls(&[]).await, &world.credential()).await.unwrap();

    // From here on time goes by at once whenever everybody waits.
    tokio::time::pause();
    for stream in &mut slow {
        read_all(stream).await;
    }
    drop(probe);
    tokio::time::resume();
    world.server.stop().await;
}

trait Stream: AsyncRead + Unpin {}

impl<T: AsyncRead + Unpin> Stream for T {}

/// A certificate and key for localhost, in files of the folder; what trusts it alone.
fn own_certificate(folder: &TempDir) -> ClientConfig {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(folder.path().join("certificate.pem"), certificate.pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    client(roots)
}

#[tokio::test]
async fn a_new_certificate_is_shown_from_the_next_handshake_on_and_what_stands_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let old = own_certificate(&folder);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let settings =
        [format!("https.certificate={}", path("certificate.pem")), format!("https.key={}", path("key.pem"))];
    let world = World::new(&settings.each_ref().map(String::as_str)).await;
    let connect = async |config: &ClientConfig| {
        let connector = TlsConnector::from(Arc::new(config.clone()));
        connector.connect(ServerName::try_from("localhost").unwrap(), world.plain().await).await
    };
    let credential = world.credential();
    let mut relayed = Probe::stream(connect(&old).await.unwrap(), &credential).await.unwrap();
    let standing = connect(&old).await.unwrap();

    // Half of a new pair is no good, so nothing changes.
    let half = own_certificate(&folder);
    fs::write(folder.path().join("key.pem"), "half written").unwrap();
    world.server.renew_certificate();
    assert!(connect(&half).await.is_err());
    let mut other = Probe::stream(connect(&old).await.unwrap(), &credential).await.unwrap();

    let new = own_certificate(&folder);
    world.server.renew_certificate();
    while connect(&new).await.is_err() {
        tokio::task::yield_now().await;
    }

    assert!(connect(&old).await.is_err());
    assert_eq!(ask(standing).await, "HTTP/1.1 401 Unauthorized");
    probe::exchange(&mut relayed, &mut other).await.unwrap();
    let mut newest = Probe::stream(connect(&new).await.unwrap(), &credential).await.unwrap();
    probe::exchange(&mut newest, &mut relayed).await.unwrap();
    world.server.stop().await;
}
