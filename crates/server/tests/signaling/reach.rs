//! What devices say of the relay, and who hears of it.

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::bed::*;

fn reach(data: &Value) -> Value {
    json!({"type":"reach","data":data})
}

#[tokio::test]
async fn the_operator_is_told_from_which_network_the_relay_is_reached_and_nobody_else_is() {
    let bed = Bed::new(&["relay.listen=127.0.0.1:0"]).await;
    bed.person("alice", "Alice").await;
    let mut alice = bed.phone("alice", "tab").await;
    alice.do_it(reach(&json!({"udp": false, "tcp": true}))).await;
    alice.do_it(reach(&json!({"tcp": true, "tls": true}))).await;

    let token = format!("authorization: Bearer {}\r\n", bed.secret("metrics_token"));
    let (status, body) = bed.get("/api/relay/networks", &token).await;
    assert_eq!(status, 200, "{body}");
    let mut networks: Value = serde_json::from_str(&body).unwrap();
    assert!(networks[0]["heard"].take().as_u64().unwrap() > 0);
    assert_eq!(
        networks,
        json!([{
            "network": "127.0.0.0/24",
            "udp": {"reached": 0, "missed": 2},
            "tcp": {"reached": 2, "missed": 0},
            "tls": {"reached": 1, "missed": 0},
            "heard": null,
        }])
    );
    let (status, _) = bed.get("/api/relay/networks", "authorization: Bearer guess\r\n").await;
    assert_eq!(status, 401);
}

async fn health(bed: &Bed, user: &str) -> Value {
    let asked = bed.api(user, "GET", "/api/relay", &Value::Null);
    let (_, answer) = timeout(PATIENCE, asked).await.unwrap();
    answer.get("state").or(answer.get("code")).cloned().unwrap()
}

#[tokio::test]
async fn whoever_is_signed_in_learns_whether_the_relay_works_and_whether_anybody_reaches_it() {
    let bed = Bed::new(&["relay.listen=127.0.0.1:0"]).await;
    bed.person("alice", "Alice").await;
    assert_eq!(health(&bed, "alice").await, "unsure");
    bed.phone("alice", "tab").await.do_it(reach(&json!({"udp": false, "tcp": true}))).await;
    assert_eq!(health(&bed, "alice").await, "works");
    let (status, _) = bed.request("GET", "/api/relay", "cookie: visavis=guess\r\n", &Value::Null).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_relay_elsewhere_that_does_not_answer_the_server_either_is_down() {
    let nobody = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let bed = Bed::new(&["relay.listen=", &format!("relay.others=turn:{nobody}?transport=udp")]).await;
    bed.person("alice", "Alice").await;
    assert_eq!(health(&bed, "alice").await, "failing");
}

#[tokio::test]
async fn where_there_is_no_relay_that_is_said() {
    let bed = Bed::new(&["relay.listen="]).await;
    bed.person("alice", "Alice").await;
    assert_eq!(health(&bed, "alice").await, "not_found");
}

#[tokio::test]
async fn what_is_no_finding_is_refused() {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    let mut alice = bed.phone("alice", "tab").await;
    assert_eq!(alice.refused(reach(&json!({"udp": "perhaps"}))).await, "bad_message");
}
