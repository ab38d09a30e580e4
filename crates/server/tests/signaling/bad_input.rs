//! What is wrong is told, counted, and harms nobody else.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::bed::{Bed, End, accept, call_id, invite};

async fn one_person(settings: &[&str]) -> Bed {
    let bed = Bed::new(settings).await;
    bed.person("alice", "Alice").await;
    bed
}

#[tokio::test]
async fn what_is_no_message_is_refused_with_a_hint_and_the_socket_stays() {
    let bed = one_person(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut codes = Vec::new();
    for text in
        ["{", "[]", "null", r#"{"type":7}"#, r#"{"type":"accept","data":{"media":3}}"#, r#"{"type":"fly"}"#]
    {
        alice.say_text(text.into()).await;
        let answer = alice.hear().await;
        assert!(!answer["data"]["hint"].as_str().unwrap().is_empty());
        codes.push(answer["data"]["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        codes,
        ["bad_message", "bad_message", "bad_message", "bad_message", "bad_message", "unsupported"]
    );
    alice.say_frame(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(alice.hear().await["data"]["code"], "bad_message");
    assert_eq!(alice.refused(invite(1, "nobody")).await, "not_found");
    let metrics = &bed.server.metrics;
    assert_eq!((metrics.messages_bad.value(), metrics.messages_unsupported.value()), (6, 1));
}

#[tokio::test]
async fn a_device_that_never_makes_sense_is_closed() {
    let bed = one_person(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    for _ in 0..32 {
        alice.say_text("nonsense".into()).await;
    }
    assert_eq!(alice.hear_end().await, End::Code(4400));
}

#[tokio::test]
async fn a_frame_over_the_limit_is_told_and_closed_and_a_huge_one_just_closed() {
    let bed = one_person(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    alice.say_text("x".repeat(64 * 1024 + 1)).await;
    assert_eq!(alice.hear().await["data"]["code"], "too_large");
    assert_eq!(alice.hear_end().await, End::Code(4413));

    let mut alice = bed.phone("alice", "tab").await;
    alice.try_say(json!({"type":"offer","data":"x".repeat(2_000_000)})).await;
    assert_ne!(alice.hear_end().await, End::Code(1000));
}

#[tokio::test]
async fn nothing_is_done_before_a_valid_hello() {
    let bed = one_person(&[]).await;
    let mut early = bed.socket().await;
    early.say(invite(1, "alice")).await;
    assert_eq!(early.hear().await["data"]["code"], "unauthenticated");
    assert_eq!(early.hear_end().await, End::Code(4401));

    let hello = |token: &str, proto: u32| json!({"type":"hello","id":"h","data":{"token":token,"device":"tab","proto":proto}});
    let mut forged = bed.socket().await;
    forged.say(hello("made-up", 1)).await;
    let answer = forged.hear().await;
    assert_eq!((&answer["re"], &answer["data"]["code"]), (&json!("h"), &json!("unauthenticated")));
    assert_eq!(forged.hear_end().await, End::Code(4401));

    let ticket = bed.ticket("alice");
    let mut first = bed.socket().await;
    first.say(hello(&ticket, 1)).await;
    assert_eq!(first.hear().await["type"], "welcome");
    let mut again = bed.socket().await;
    again.say(hello(&ticket, 1)).await;
    assert_eq!(again.hear_end().await, End::Code(4401));

    let mut future = bed.socket().await;
    future.say(hello(&bed.ticket("alice"), 2)).await;
    assert_eq!(future.hear().await["data"]["code"], "unsupported");

    assert_eq!(first.refused(hello(&bed.ticket("alice"), 1)).await, "bad_state");
    assert_eq!(bed.server.metrics.hellos_refused.value(), 4);
}

#[tokio::test]
async fn the_same_device_again_replaces_its_older_socket() {
    let bed = one_person(&[]).await;
    let mut older = bed.phone("alice", "tab").await;
    let mut newer = bed.phone("alice", "tab").await;
    assert_eq!(older.hear_type("bye").await["data"]["reason"], "replaced");
    assert_eq!(older.hear_end().await, End::Code(4409));
    newer.hears_nothing().await;
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_login_and_no_others() {
    let bed = one_person(&[]).await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    bed.sign_out("alice").await;
    assert_eq!(alice.hear_type("bye").await["data"]["reason"], "revoked");
    assert_eq!(alice.hear_end().await, End::Code(4403));
    bob.hears_nothing().await;
}

#[tokio::test]
async fn a_ticket_opens_nothing_once_its_login_has_ended() {
    let bed = one_person(&[]).await;
    let ticket = bed.ticket("alice");
    bed.sign_out("alice").await;
    let mut late = bed.socket().await;
    late.say(json!({"type":"hello","id":"h","data":{"token":ticket,"device":"tab","proto":1}})).await;
    assert_eq!(late.hear().await["data"]["code"], "unauthenticated");
    assert_eq!(late.hear_end().await, End::Code(4401));
}

#[tokio::test]
async fn who_sends_too_much_is_told_to_wait_and_then_closed() {
    let bed = one_person(&["signaling.messages_per_second=1", "signaling.message_burst=5"]).await;
    let mut alice = bed.phone("alice", "tab").await;
    for _ in 0..6 {
        alice.say(json!({"type":"nothing","id":"n","data":{}})).await;
    }
    for _ in 0..5 {
        assert_eq!(alice.hear().await["data"]["code"], "unsupported");
    }
    let limited = alice.hear().await;
    assert_eq!((&limited["data"]["code"], &limited["data"]["retry"]), (&json!("rate_limited"), &json!(true)));
    assert_eq!(limited["re"], "n", "which one is to be said again");
    assert!(limited["data"]["retry_after_ms"].as_u64().unwrap() <= 1000);
    while alice.try_say(json!({"type":"nothing","data":{}})).await {}
    assert_ne!(bed.server.metrics.messages_limited.value(), 0);
}

#[tokio::test]
async fn a_user_may_start_only_so_many_calls_a_minute() {
    let bed = one_person(&["signaling.invites_per_minute=2"]).await;
    let mut alice = bed.phone("alice", "tab").await;
    assert_eq!(alice.refused(invite(1, "nobody")).await, "not_found");
    assert_eq!(alice.refused(invite(2, "nobody")).await, "not_found");
    assert_eq!(alice.refused(invite(3, "nobody")).await, "rate_limited");
}

#[tokio::test]
async fn a_device_that_does_not_read_is_closed_and_its_caller_goes_on() {
    let settings = ["signaling.messages_per_second=10000", "signaling.message_burst=10000"];
    let bed = one_person(&settings).await;
    bed.person("bob", "Bob").await;
    bed.person("carol", "Carol").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    // Bob reads no more. His kernel takes some megabytes, then the outbox fills, then he is dropped.
    let big = json!({"type":"offer","call":call_id(1),"data":{"sdp":"x".repeat(47 * 1024)}});
    let code = loop {
        alice.say(big.clone()).await;
        if bed.server.metrics.sockets_slow.value() > 0 {
            break alice.refused(big.clone()).await;
        }
    };
    assert_eq!(code, "unreachable");
    let mut carol = bed.phone("carol", "tab").await;
    assert_eq!(carol.refused(invite(2, "nobody")).await, "not_found", "everybody else is served");
    assert_eq!(bed.phone_with("bob", "phone", json!([])).await.1["data"]["calls"][0]["state"], "connecting");
}

#[tokio::test]
async fn sockets_are_bounded() {
    let bed = one_person(&["signaling.max_sockets=1"]).await;
    let alice = bed.phone("alice", "tab").await;
    let refused = crate::bed::Phone::connect(&format!("ws://{}/ws", bed.address())).await;
    assert!(refused.err().unwrap().to_string().contains("503"));
    drop(alice);
}

#[tokio::test]
async fn who_says_no_hello_takes_a_share_of_the_sockets_and_no_more() {
    let bed = one_person(&["signaling.max_sockets=100", "signaling.max_waiting_per_address=3"]).await;
    let connect = async || crate::bed::Phone::connect(&format!("ws://{}/ws", bed.address())).await;
    // Who has signed in waits no more.
    let mut alice = bed.phone("alice", "tab").await;
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(connect().await.unwrap());
    }
    assert!(connect().await.err().unwrap().to_string().contains("503"));
    assert_eq!(bed.get("/sse", "").await.0, 503, "it is one share, whatever carries the messages");
    assert_eq!(bed.server.metrics.sockets_crowded.value(), 2);
    assert_eq!(bed.server.metrics.sockets_refused.value(), 0);
    alice.say(json!({"type":"ping","data":{"epoch":"e","calls":[]}})).await;
    assert_eq!(alice.hear_type("pong").await["type"], "pong");

    // Who leaves makes room, whether it has said something or not.
    drop(silent);
    bed.until_sockets(1).await;
    drop(connect().await.unwrap());
    let tablet = bed.phone("alice", "tablet").await;
    drop(tablet);
}

#[tokio::test]
async fn a_half_open_socket_is_noticed_by_its_silence() {
    let bed = Bed::in_our_time().await;
    bed.person("alice", "Alice").await;
    let mut alice = bed.phone("alice", "tab").await;
    // From here the clock jumps whenever everybody waits, as they do now: the silence takes no time.
    tokio::time::pause();
    assert!(alice.ends_in_the_end().await);
    assert_eq!(bed.server.metrics.sockets_silent.value(), 1);
}

#[tokio::test]
async fn metrics_need_their_token() {
    let bed = one_person(&[]).await;
    assert_eq!(bed.get("/metrics", "").await.0, 401);
    let header = format!("authorization: Bearer {}\r\n", bed.server.metrics_token);
    let (status, body) = bed.get("/metrics", &header).await;
    assert_eq!(status, 200);
    assert!(body.contains("visavis_sockets 0\n"), "{body}");
}
