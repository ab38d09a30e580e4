//! Row 60: a browser that several people use. Answering, the history and the settings are its user's, who confirms to be it.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, connected, invite, verb};

/// Alice's login is that of a tablet in the kitchen, with the PIN 2580; Bob has a phone.
async fn kitchen() -> (Bed, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    bed.ask("alice", "PUT", "/api/shared", json!({"pin":"2580"})).await;
    let tablet = bed.phone("alice", "tablet").await;
    let bob = bed.phone("bob", "phone").await;
    (bed, tablet, bob)
}

async fn confirm(bed: &Bed, secret: &str) -> (u16, Value) {
    bed.api("alice", "POST", "/api/confirm", &json!({"secret":secret})).await
}

#[tokio::test]
async fn who_answers_on_a_shared_device_confirms_who_they_are_first() {
    let (bed, mut tablet, mut bob) = kitchen().await;
    bob.do_it(invite(1, "alice")).await;
    assert_eq!(tablet.hear_call("inviting").await["peer"]["name"], "Bob", "who calls is no secret");
    tablet.do_it(verb("ringing", 1)).await;
    assert_eq!(tablet.refused(accept(1)).await, "unconfirmed");
    assert_eq!(bob.hear_until("ringing").await["state"], "ringing", "it rings on");
    let (status, open) = confirm(&bed, "2580").await;
    assert_eq!((status, &open["open_for_ms"]), (200, &json!(120_000)));
    tablet.do_it(accept(1)).await;
    bob.hear_until("connecting").await;
    bob.do_it(verb("hangup", 1)).await;

    let status = bed.api("alice", "DELETE", "/api/confirm", &Value::Null).await.0;
    assert_eq!(status, 204);
    bob.do_it(invite(2, "alice")).await;
    assert_eq!(tablet.refused(accept(2)).await, "unconfirmed", "whoever comes after her");
    tablet.do_it(verb("hangup", 2)).await;
}

#[tokio::test]
async fn calling_back_whoever_is_just_calling_is_answering() {
    let (bed, mut tablet, mut bob) = kitchen().await;
    bob.do_it(invite(1, "alice")).await;
    assert_eq!(tablet.refused(invite(2, "bob")).await, "unconfirmed");
    confirm(&bed, "2580").await;
    assert_eq!(tablet.do_it(invite(2, "bob")).await["merged"], true);
}

#[tokio::test]
async fn anybody_may_call_from_a_shared_device() {
    let (_bed, mut tablet, mut bob) = kitchen().await;
    tablet.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    tablet.do_it(connected(1)).await;
    tablet.hear_until("active").await;
}

#[tokio::test]
async fn a_call_is_taken_to_a_shared_device_by_its_user_alone() {
    let (bed, mut tablet, mut bob) = kitchen().await;
    bed.log_in_again("alice").await;
    let mut own = bed.phone("alice", "own").await;
    bob.do_it(invite(1, "alice")).await;
    own.do_it(accept(1)).await;
    let take = json!({"type":"take","call":call_id(1),"data":{"media":["audio"]}});
    assert_eq!(tablet.refused(take).await, "unconfirmed", "her own phone needs no PIN, the tablet does");
}

#[tokio::test]
async fn history_and_settings_are_shown_to_its_user_alone() {
    let (bed, _tablet, _bob) = kitchen().await;
    let theirs = [
        ("GET", "/api/history"),
        ("POST", "/api/history/seen"),
        ("GET", "/api/devices"),
        ("DELETE", "/api/devices"),
        ("GET", "/api/blocks"),
        ("GET", "/api/contacts"),
        ("PUT", "/api/contacts/bob"),
        ("PUT", "/api/preferences"),
        ("GET", "/api/links"),
        ("PATCH", "/api/me"),
        ("POST", "/api/password"),
        ("PUT", "/api/shared"),
        ("DELETE", "/api/shared"),
    ];
    for (method, path) in theirs {
        let (status, answer) = bed.api("alice", method, path, &json!({"pin":"0000"})).await;
        assert_eq!((status, &answer["code"]), (403, &json!("unconfirmed")), "{method} {path}");
    }
    for path in ["/api/preferences", "/api/me"] {
        assert_eq!(bed.api("alice", "GET", path, &Value::Null).await.0, 200, "{path}");
    }
    confirm(&bed, "2580").await;
    assert_eq!(bed.api("alice", "GET", "/api/history", &Value::Null).await.0, 200);
}

#[tokio::test]
async fn five_wrong_pins_have_to_be_waited_for_and_a_right_one_costs_nothing() {
    let (bed, _tablet, _bob) = kitchen().await;
    for _ in 0..6 {
        assert_eq!(confirm(&bed, "2580").await.0, 200);
    }
    for _ in 0..5 {
        let (status, answer) = confirm(&bed, "1111").await;
        assert_eq!((status, &answer["code"]), (403, &json!("forbidden")));
    }
    let (status, answer) = confirm(&bed, "2580").await;
    assert_eq!((status, &answer["code"]), (429, &json!("rate_limited")));
    assert!(answer["retry_after_ms"].as_u64().unwrap() > 200_000);
    assert_eq!(bed.server.metrics.pins_refused.value(), 5);
}

#[tokio::test]
async fn its_page_knows_that_it_is_shared_and_whether_it_is_open() {
    let (bed, _tablet, _bob) = kitchen().await;
    let me = |me: Value| me["shared"]["open_for_ms"].clone();
    assert_eq!(me(bed.ask("alice", "GET", "/api/me", Value::Null).await), 0);
    confirm(&bed, "2580").await;
    assert!(me(bed.ask("alice", "GET", "/api/me", Value::Null).await).as_u64().unwrap() > 100_000);
    bed.ask("alice", "DELETE", "/api/shared", Value::Null).await;
    assert_eq!(bed.ask("alice", "GET", "/api/me", Value::Null).await.get("shared"), None);
    for pin in ["123", "12a4", "1234567890123", ""] {
        let (status, answer) = bed.api("alice", "PUT", "/api/shared", &json!({"pin":pin})).await;
        assert_eq!((status, &answer["code"]), (400, &json!("bad_message")), "{pin:?}");
    }
}
