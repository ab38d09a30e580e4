//! A server that sends its devices to a relay elsewhere.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use visavis_relay::probe::{self, Probe};
use visavis_turn::Credential;

use crate::processes::*;

/// Adds Alice, signs her up, and gives what her device is told of relays.
async fn ice(place: &Place, server: &Process) -> Vec<Value> {
    let added = place.run(&["user", "add", "alice", "--json", "--data", "server"], &[]);
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    let token = added["link"].as_str().unwrap().rsplit('/').next().unwrap();
    let body = json!({"token": token, "password": "correct horse"}).to_string();
    let json = "content-type: application/json\r\n";
    let (status, head, _) = ask(server.http(), "POST /api/signup", json, &body);
    assert_eq!(status, 200, "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let headers = format!("{json}cookie: {cookie}\r\n");
    let (_, _, ticket) = ask(server.http(), "POST /api/ticket", &headers, "{}");
    let ticket: Value = serde_json::from_str(&ticket).unwrap();
    let (mut socket, _) = connect_async(format!("ws://{}/ws", server.http())).await.unwrap();
    let hello =
        json!({"type":"hello","data":{"token":ticket["ticket"],"device":"laptop","proto":1,"calls":[]}});
    socket.send(Message::text(hello.to_string())).await.unwrap();
    let welcome = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    let welcome: Value = serde_json::from_str(welcome.to_text().unwrap()).unwrap();
    welcome["data"]["ice"]["servers"].as_array().unwrap().clone()
}

fn credential_of(server: &Value) -> Credential {
    let text = |name: &str| server[name].as_str().unwrap().to_owned();
    Credential { username: text("username"), password: text("credential") }
}

/// The lines of the doctor about relays elsewhere.
fn doctor(place: &Place, settings: &[&str]) -> Vec<String> {
    let output = place.run(&["doctor", "--data", "server"], settings);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| line.contains("another one")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_device_is_relayed_where_the_server_sends_it_with_what_the_server_gives_it() {
    let place = Place::new();
    assert!(place.run(&["user", "add", "bob", "--data", "server"], &[]).status.success());
    let secret = place.run(&["relay", "secret", "--data", "server"], &[]).stdout;
    place.write("relay.secret", std::str::from_utf8(&secret).unwrap());
    let relay = place.relay(&[]);
    let (udp, tcp) = (relay.udp(), relay.tcp());
    let others = format!("relay.others=turn:{udp},turn:{tcp}?transport=tcp");
    let settings = [others.as_str(), "relay.listen=[]"];

    let server = place.server(&settings);

    assert!(server.printed.contains(&format!("turn:{udp}?transport=udp")), "{}", server.printed);
    let told = ice(&place, &server).await;
    assert_eq!(told[0]["urls"], json!([format!("stun:{udp}")]));
    let urls = json!([format!("turn:{udp}?transport=udp"), format!("turn:{tcp}?transport=tcp")]);
    assert_eq!((told.len(), &told[1]["urls"]), (2, &urls));
    let credential = credential_of(&told[1]);
    let mut one = Probe::udp(udp, &credential).await.unwrap();
    let mut other = Probe::tcp(tcp, &credential).await.unwrap();
    probe::exchange(&mut one, &mut other).await.unwrap();

    let found = doctor(&place, &[&settings[..], &["http.listen=127.0.0.1:0", "https.listen="]].concat());
    let good = [
        format!("✓ relay, another one over UDP: bytes go both ways by {udp} ("),
        format!("✓ relay, another one over TCP: bytes go both ways by {tcp} ("),
    ];
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().zip(&good).all(|(found, good)| found.starts_with(good)), "{found:?}");
}

#[test]
fn the_doctor_finds_a_relay_with_another_secret_and_one_that_is_not_there() {
    let place = Place::new();
    let relay = place.relay(&[]);
    let udp = relay.udp();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let others = format!("relay.others=turn:{udp},turn:{closed}?transport=tcp");

    let nowhere = ["http.listen=127.0.0.1:0", "https.listen=", "relay.listen=127.0.0.1:0"];
    let found = doctor(&place, &[&nowhere[..], &[others.as_str()]].concat());

    assert_eq!(
        found,
        [
            format!(
                "✗ relay, another one over UDP: {udp}: it has another secret than this server, or its clock is wrong; write what \
                 `visavis relay secret` prints here into its relay.secret_file, and restart it"
            ),
            format!(
                "✗ relay, another one over TCP: {closed}: nobody listens on TCP port {} there; start `visavis relay` there, or \
                 change relay.others",
                closed.port()
            ),
        ]
    );
}

#[test]
fn a_relay_that_is_written_wrongly_is_told_by_the_check() {
    let (code, told) = Place::new().failed(&["config", "check"], &["relay.others=turn2.example.org:3478"]);

    assert_eq!(
        (code, told.as_str()),
        (
            2,
            "error: flag --set relay.others=turn2.example.org:3478: relay.others: \"turn2.example.org:3478\" must begin with \
             turn: or turns:, as in turn:turn2.example.org:3478?transport=udp"
        )
    );
}
