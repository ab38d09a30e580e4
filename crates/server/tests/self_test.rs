//! The relay's test of itself, as an operator sees it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use visavis_server::config::{Config, Sources};
use visavis_server::serve::Server;

/// Long enough for a loaded machine; nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    server: Server,
    _folder: TempDir,
}

async fn world(settings: &[&str]) -> World {
    let folder = tempfile::tempdir().unwrap();
    let mut sets: Vec<String> =
        ["http.listen=127.0.0.1:0", "https.listen=127.0.0.1:0", "relay.listen=127.0.0.1:0"]
            .map(str::to_owned)
            .into();
    sets.extend(settings.iter().map(|&setting| setting.to_owned()));
    let data = Some(folder.path().join("data"));
    let config = Config::load(&Sources { data, sets, ..Sources::default() }).unwrap();
    World { server: Server::start(config).await.unwrap(), _folder: folder }
}

impl World {
    /// Status and body of the answer to a request with this token.
    async fn ask(&self, request: &str, token: &str) -> (u16, String) {
        let mut tcp = TcpStream::connect(self.server.reach.http.unwrap()).await.unwrap();
        let request = format!(
            "{request} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-length: 0\r\nconnection: \
             close\r\n\r\n"
        );
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The result of a test that is made now.
    async fn test(&self) -> Value {
        let token = &self.server.metrics_token;
        let asked = self.ask("POST /api/relay/self-test", token);
        let (status, body) = timeout(PATIENCE, asked).await.unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// What a way came to: who, where, and the code of what is wrong.
fn ways(result: &Value) -> Vec<Value> {
    let ways = result["ways"].as_array().unwrap().iter();
    ways.map(|way| json!([way["place"], way["carrier"], way["host"], way["problem"]["code"]])).collect()
}

#[tokio::test]
async fn a_relay_that_works_says_so_way_by_way() {
    let world = world(&[]).await;

    let result = world.test().await;

    assert_eq!(result["verdict"], "works");
    assert_eq!(
        ways(&result),
        [
            json!(["here", "udp", "127.0.0.1", null]),
            json!(["here", "tcp", "127.0.0.1", null]),
            json!(["here", "web_tls", "127.0.0.1", null]),
        ]
    );
    let reach = &world.server.reach;
    let ports = [reach.relay_udp[0].port(), reach.relay_tcp[0].port(), reach.https.unwrap().port()];
    let told: Vec<_> = result["ways"].as_array().unwrap().iter().map(|way| way["port"].clone()).collect();
    assert_eq!(told, ports.map(Value::from));
    assert!(result["tested_ago_ms"].is_u64() && result["address"].is_object(), "{result}");
    // The probes have left nothing behind.
    let (_, metrics) = world.ask("GET /metrics", &world.server.metrics_token).await;
    for line in [
        "visavis_relay_allocations 0",
        "visavis_relay_self_tests_failed 0",
        "visavis_relay_works{way=\"udp\",from=\"here\"} 1",
        "visavis_relay_works{way=\"tcp\",from=\"here\"} 1",
        "visavis_relay_works{way=\"web_tls\",from=\"here\"} 1",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line} in {metrics}");
    }
    world.server.stop().await;
}

#[tokio::test]
async fn without_https_the_port_of_http_is_the_web_port() {
    let world = world(&["https.listen="]).await;

    let result = world.test().await;

    assert_eq!(result["verdict"], "works");
    assert_eq!(ways(&result)[2], json!(["here", "web", "127.0.0.1", null]));
    world.server.stop().await;
}

#[tokio::test]
async fn a_relay_that_has_too_little_to_give_is_broken_and_says_of_what() {
    let world = world(&["relay.max_allocations=1"]).await;

    let result = world.test().await;

    assert_eq!(result["verdict"], "broken");
    let problems: Vec<_> =
        result["ways"].as_array().unwrap().iter().map(|way| way["problem"].clone()).collect();
    assert_eq!(problems, vec![json!({ "code": "refused", "error": 508 }); 3]);
    let (_, metrics) = world.ask("GET /metrics", &world.server.metrics_token).await;
    assert!(metrics.contains("\nvisavis_relay_works{way=\"udp\",from=\"here\"} 0\n"), "{metrics}");
    world.server.stop().await;
}

#[tokio::test]
async fn what_devices_are_told_and_does_not_lead_here_leaves_it_unsure() {
    let world = world(&["relay.host=turn.nowhere.invalid"]).await;

    let result = world.test().await;

    assert_eq!(result["verdict"], "unsure");
    assert_eq!(ways(&result)[3], json!(["told", "udp", "turn.nowhere.invalid", "name_unknown"]));
    world.server.stop().await;
}

#[tokio::test]
async fn a_proxy_that_ends_tls_in_front_of_the_relay_is_found_out() {
    // Another server: it speaks TLS where we say that ours does, and shows its own certificate.
    let other = world(&[]).await;
    let there = other.server.reach.https.unwrap().port();
    let public = format!("public.url=https://127.0.0.1:{there}");
    let world = world(&[&public, "relay.tls_urls=always"]).await;

    let result = world.test().await;

    assert_eq!(result["verdict"], "unsure");
    let told = ways(&result).into_iter().find(|way| way[0] == "told" && way[1] == "web_tls");
    assert_eq!(told.unwrap(), json!(["told", "web_tls", "127.0.0.1", "other_certificate"]));
    world.server.stop().await;
    other.server.stop().await;
}

#[tokio::test]
async fn only_the_operator_may_look_and_test() {
    let world = world(&[]).await;

    for request in ["GET /api/relay/self-test", "POST /api/relay/self-test", "GET /metrics"] {
        assert_eq!(world.ask(request, "guess").await.0, 401, "{request}");
    }
    let (status, body) = world.ask("GET /api/relay/self-test", &world.server.metrics_token).await;
    assert_eq!(status, 200, "{body}");
    world.server.stop().await;
}

#[tokio::test]
async fn without_a_relay_there_is_nothing_to_test() {
    let world = world(&["relay.listen=[]"]).await;

    let (status, body) = world.ask("POST /api/relay/self-test", &world.server.metrics_token).await;

    assert_eq!(status, 404);
    assert!(body.contains("relay.listen is empty"), "{body}");
    world.server.stop().await;
}
