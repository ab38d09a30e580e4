//! Things go wrong on purpose when the operator asks for it, and only then.

use serde_json::json;

use crate::bed::Bed;

const CALM: [&str; 4] =
    ["chaos.enabled=true", "chaos.lost_percent=0", "chaos.repeated_percent=0", "chaos.broken_percent=0"];

fn ping() -> serde_json::Value {
    json!({"type":"ping","data":{"epoch":"e","calls":[]}})
}

async fn bed(settings: &[&str]) -> Bed {
    let settings: Vec<&str> = CALM.iter().chain(&["chaos.delay_ms=0"]).chain(settings).copied().collect();
    let bed = Bed::new(&settings).await;
    bed.person("alice", "Alice").await;
    bed
}

#[tokio::test]
async fn a_lost_message_is_not_heard_and_counted() {
    let bed = bed(&["chaos.lost_percent=100"]).await;
    let mut phone = bed.phone("alice", "phone").await;
    phone.say(ping()).await;
    while bed.server.metrics.chaos_lost.value() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bed.server.metrics.messages.value(), 0);
}

#[tokio::test]
async fn a_repeated_message_is_heard_twice_and_so_is_each_answer() {
    let bed = bed(&["chaos.repeated_percent=100"]).await;
    let mut phone = bed.phone("alice", "phone").await;
    phone.say(ping()).await;
    for _ in 0..4 {
        assert_eq!(phone.hear().await["type"], "pong");
    }
}

#[tokio::test]
async fn a_broken_connection_closes_without_a_word() {
    let bed = bed(&["chaos.broken_percent=100"]).await;
    let mut phone = bed.phone("alice", "phone").await;
    phone.say(ping()).await;
    bed.until_sockets(0).await;
    assert_eq!(bed.server.metrics.chaos_broken.value(), 1);
}

#[tokio::test]
async fn now_and_then_all_are_sent_away_as_by_a_restart() {
    let bed = bed(&["chaos.restart_s=1"]).await;
    let mut phone = bed.phone("alice", "phone").await;
    let goodbye = phone.hear().await;
    assert_eq!((&goodbye["type"], &goodbye["data"]["reason"]), (&json!("bye"), &json!("restart")));
}
