//! What an operator sees of a relay alone, and over which certificate it speaks.

use std::fs;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use visavis_relay::probe::{self, Probe};

use crate::processes::*;

#[tokio::test]
async fn its_pages_are_the_counters_and_its_health_and_no_counter_names_anybody() {
    let place = Place::new();
    let relay = place.relay(&[]);
    let _held = Probe::udp(relay.udp(), &credential()).await.unwrap();
    let authorization = format!("authorization: Bearer {}\r\n", place.token());

    let text = metrics_with(&place, relay.http(), "visavis_relay_allocations 1");

    assert!(text.contains("\nvisavis_http_crowded 0\n") && !text.contains("visavis_logins"), "{text}");
    let credential = credential();
    for secret in ["somebody", "127.0.0.1", &credential.password, SECRET] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let labels = text.lines().filter_map(|line| line.split_once('{')?.1.split_once('='));
    assert!(labels.into_iter().all(|(label, _)| ["code", "reason", "way"].contains(&label)), "{text}");
    assert_eq!(ask(relay.http(), "GET /metrics", "", "").0, 401);
    assert_eq!(ask(relay.http(), "GET /health", "", "").2, "ok\n");
    for page in ["GET /", "GET /ws", "GET /api/me", "GET /api/relay/self-test"] {
        assert_eq!(ask(relay.http(), page, &authorization, "").0, 404, "{page}");
    }
    // It keeps nothing that only a server has any use for.
    let mut files: Vec<_> =
        fs::read_dir(place.path("data")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["relay-run.json", "relay-upgrade.sock", "secrets.toml"]);
}

/// A certificate for localhost in files of the folder; what trusts it alone.
fn certificate(place: &Place) -> Arc<ClientConfig> {
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    place.write("key.pem", &key.serialize_pem());
    place.write("certificate.pem", &made.pem());
    let mut roots = RootCertStore::empty();
    roots.add(made.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Every handshake is a whole one, and shows the certificate.
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

async fn connect(relay: &Process, config: &Arc<ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(relay.tls()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::clone(config)).connect(name, tcp).await
}

#[tokio::test]
async fn turn_over_tls_has_a_port_of_its_own_and_a_renewed_certificate_needs_no_restart() {
    let place = Place::new();
    let old = certificate(&place);
    let files = ["https.certificate=certificate.pem", "https.key=key.pem", "relay.listen_tls=127.0.0.1:0"];
    let relay = place.relay(&files);
    let mut first = Probe::stream(connect(&relay, &old).await.unwrap(), &credential()).await.unwrap();

    let new = certificate(&place);
    relay.signal("-HUP");
    let renewed = async {
        loop {
            match connect(&relay, &new).await {
                Ok(stream) => return stream,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let renewed = timeout(PATIENCE, renewed).await.unwrap();

    let mut second = Probe::stream(renewed, &credential()).await.unwrap();
    probe::exchange(&mut first, &mut second).await.unwrap();
    assert!(connect(&relay, &old).await.is_err());
}

#[test]
fn the_generated_certificate_serves_with_a_word_that_browsers_do_not_take_it() {
    let relay = Place::new().relay(&["relay.listen_tls=127.0.0.1:0"]);

    let warning = "self-signed: no browser takes it; set https.certificate and https.key";
    assert!(relay.printed.contains(warning), "{}", relay.printed);
    assert!(!relay.printed.contains("turns:"), "{}", relay.printed);
}
