//! A device without a WebSocket says and hears the same, has the same limits, and its door is no wider.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, ORIGIN};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bed::{Bed, End, PATIENCE, accept, call_id, connected, invite, verb};
use crate::stream_line::{open, request};

async fn two_people(settings: &[&str]) -> Bed {
    let bed = Bed::new(settings).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    bed
}

#[tokio::test]
async fn a_call_between_a_stream_and_a_websocket_is_a_call_like_any_other() {
    let bed = two_people(&[]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    assert_eq!((bed.server.metrics.sockets.value(), bed.server.metrics.streams.value()), (2, 1));

    alice.do_it(invite(1, "bob")).await;
    bob.hear_call("inviting").await;
    bob.do_it(accept(1)).await;
    alice.hear_call("inviting").await;
    alice.hear_call("connecting").await;
    // A payload may be written over several lines; an event may not.
    let offer = format!(
        r#"{{"type":"offer","call":"{}","id":"o","data":{{"sdp":
        "v=0\r\n"}}}}"#,
        call_id(1)
    );
    alice.say_text(offer).await;
    let heard = bob.hear_type("offer").await;
    assert_eq!(heard["data"], json!({"sdp":"v=0\r\n"}));
    bob.say(json!({"type":"ack","call":call_id(1),"data":{"from":"alice/tab","id":"o"}})).await;
    assert_eq!(alice.hear_type("ok").await["re"], "o");
    let answer = format!(
        "{{\"type\":\"answer\",\"call\":\"{}\",\"id\":\"a\",\"data\":{{\"sdp\":\r\n\"x\"}}}}",
        call_id(1)
    );
    bob.say_text(answer).await;
    assert_eq!(alice.hear_type("answer").await["data"], json!({"sdp":"x"}));
    bob.do_it(connected(1)).await;
    alice.hear_call("active").await;
    bob.do_it(verb("hangup", 1)).await;
    alice.hear_call("ended").await;
    assert_eq!(bed.history("alice").await, [["out", "answered", "hangup", "bob"]]);
}

#[tokio::test]
async fn parcels_that_come_twice_or_out_of_order_are_heard_once_and_in_order() {
    let bed = two_people(&[]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    let word = |n: u32| json!({"type":"nothing","id":n.to_string(),"data":{}}).to_string();
    let stream = alice.stream();
    assert_eq!(stream.bring(4, &[&word(4)]).await, (200, json!({"next":2})), "early");
    assert_eq!(stream.bring(2, &[&word(2), &word(3)]).await, (200, json!({"next":5})));
    assert_eq!(stream.bring(2, &[&word(2), &word(3), &word(4), &word(5)]).await, (200, json!({"next":6})));
    assert_eq!(stream.bring(1, &["{}"]).await, (200, json!({"next":6})), "long past");
    let (status, refused) = stream.bring(1000, &[&word(1000)]).await;
    assert_eq!((status, &refused["code"]), (409, &json!("conflict")));
    let (status, refused) = stream.bring(u64::MAX, &["{}", "{}"]).await;
    assert_eq!((status, &refused["code"]), (409, &json!("conflict")));
    let (status, refused) = stream.bring(0, &["{}"]).await;
    assert_eq!((status, &refused["code"]), (400, &json!("bad_message")));
    for n in 2..=5 {
        assert_eq!(alice.hear().await["re"], n.to_string());
    }
    alice.stream().next = 6;
    alice.hears_nothing().await;
}

#[tokio::test]
async fn a_channel_is_opened_by_nothing_but_its_own_secret() {
    let bed = two_people(&[]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    let mut bob = bed.stream_phone("bob", "phone").await;
    let body = r#"{"seq":2,"messages":[{"type":"bye"}]}"#;
    let mut close = alice.stream().channel.clone();
    // The same name, another secret.
    close.replace_range(42.., if close.ends_with('A') { "Q" } else { "A" });
    let half = alice.stream().channel[..22].to_owned();
    for wrong in [&close, &half, "", "made-up", &bed.ticket("alice")] {
        let (status, refused) = alice.stream().post(wrong, body.into()).await;
        assert_eq!((status, &refused["code"]), (404, &json!("not_found")), "{wrong}");
    }
    alice.hears_nothing().await;

    let old = bob.stream().channel.clone();
    drop(bob);
    bed.until_sockets(1).await;
    assert_eq!(alice.stream().post(&old, body.into()).await.0, 404, "it died with its stream");
}

#[tokio::test]
async fn pages_of_others_open_no_stream_and_say_nothing_on_one() {
    let bed = two_people(&["public.url=https://call.example.org"]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    for other in ["https://evil.example", "null"] {
        assert_eq!(open(bed.address(), Some(other)).await.status(), 403);
        let post = Request::post("/sse")
            .header(HOST, bed.address().to_string())
            .header(ORIGIN, other)
            .header(AUTHORIZATION, format!("Bearer {}", alice.stream().channel))
            .body(Full::<Bytes>::from(r#"{"seq":2,"messages":[{"type":"bye"}]}"#))
            .unwrap();
        assert_eq!(request(bed.address(), post).await.status(), 403);
    }
    let ours = open(bed.address(), Some("https://call.example.org")).await;
    assert_eq!(ours.status(), 200);
    assert!(!ours.headers().contains_key("access-control-allow-origin"));
    alice.hears_nothing().await;
}

#[tokio::test]
async fn what_is_no_parcel_is_told_and_a_device_that_never_makes_sense_is_closed() {
    let bed = two_people(&[]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    let channel = alice.stream().channel.clone();
    for body in ["", "{", "[]", r#"{"seq":-1,"messages":[]}"#, r#"{"seq":2}"#, "\u{0}"] {
        let (status, refused) = alice.stream().post(&channel, body.into()).await;
        assert_eq!((status, &refused["code"]), (400, &json!("bad_message")), "{body}");
        assert_eq!(alice.hear().await["data"]["code"], "bad_message");
    }
    for _ in 6..32 {
        alice.stream().post(&channel, "nonsense".into()).await;
    }
    assert_eq!(alice.hear_end().await, End::Code(4400));
    assert_eq!(bed.server.metrics.messages_bad.value(), 32);
}

#[tokio::test]
async fn a_message_over_the_limit_and_a_parcel_over_its_own_close_the_stream() {
    let bed = two_people(&[]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    alice.say_text(format!("\"{}\"", "x".repeat(64 * 1024))).await;
    assert_eq!(alice.hear().await["data"]["code"], "too_large");
    assert_eq!(alice.hear_end().await, End::Code(4413));

    let mut alice = bed.stream_phone("alice", "tab").await;
    let channel = alice.stream().channel.clone();
    let huge = format!("\"{}\"", "x".repeat(256 * 1024));
    let (status, refused) = alice.stream().post(&channel, huge).await;
    assert_eq!((status, &refused["code"]), (413, &json!("too_large")));
    assert_eq!(alice.hear_end().await, End::Code(4413));
}

#[tokio::test]
async fn nothing_is_done_before_a_valid_hello_on_a_stream() {
    let bed = two_people(&[]).await;
    let mut early = bed.stream().await;
    early.say(invite(1, "alice")).await;
    assert_eq!(early.hear().await["data"]["code"], "unauthenticated");
    assert_eq!(early.hear_end().await, End::Code(4401));

    let hello =
        |token: &str| json!({"type":"hello","id":"h","data":{"token":token,"device":"tab","proto":1}});
    let ticket = bed.ticket("alice");
    let mut first = bed.stream().await;
    first.say(hello(&ticket)).await;
    assert_eq!(first.hear().await["type"], "welcome");
    let mut again = bed.stream().await;
    again.say(hello(&ticket)).await;
    assert_eq!(again.hear().await["data"]["code"], "unauthenticated");
    assert_eq!(again.hear_end().await, End::Code(4401));
}

#[tokio::test]
async fn a_stream_that_says_no_hello_and_one_that_falls_silent_are_closed() {
    let bed = Bed::in_our_time().await;
    bed.person("alice", "Alice").await;
    let mut mute = bed.stream().await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    // From here the clock jumps whenever everybody waits: the silence takes no time.
    tokio::time::pause();
    assert_eq!(mute.hear().await["data"]["code"], "unauthenticated");
    assert_eq!(mute.hear_end().await, End::Code(4400));
    assert!(alice.ends_in_the_end().await);
    assert_eq!(bed.server.metrics.sockets_silent.value(), 1);
}

#[tokio::test]
async fn a_stream_outlives_what_a_connection_may_last_and_comments_keep_it_awake() {
    let bed = Bed::in_our_time().await;
    bed.person("alice", "Alice").await;
    let response = open(bed.address(), None).await;
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.len() > 2048 && first.starts_with(b": "), "it begins with padding");
    let text = String::from_utf8(first.to_vec()).unwrap();
    let (_, channel) = text.split_once("data: ").unwrap();
    let channel: Value = serde_json::from_str(channel.trim()).unwrap();
    let post = async |seq: u32, message: Value| {
        let post = Request::post("/sse")
            .header(HOST, bed.address().to_string())
            .header(AUTHORIZATION, format!("Bearer {}", channel["channel"].as_str().unwrap()))
            .body(Full::<Bytes>::from(json!({"seq":seq,"messages":[message]}).to_string()))
            .unwrap();
        assert_eq!(request(bed.address(), post).await.status(), 200);
    };
    let hello = json!({"type":"hello","data":{"token":bed.ticket("alice"),"device":"tab","proto":1}});
    post(1, hello).await;
    let welcome = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(welcome.starts_with(b"data: {\"type\":\"welcome\""));

    // An HTTP connection has 330 s at most, and what is idle for a minute is cut by many a proxy.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    for seq in 2..16 {
        let mut comments = 0;
        while comments < 2 {
            let piece = timeout(Duration::from_secs(20), body.frame()).await.unwrap();
            comments += u32::from(piece.unwrap().unwrap().into_data().unwrap().starts_with(b":"));
        }
        post(seq, json!({"type":"ping","data":{"epoch":"x","calls":[]}})).await;
    }
    assert!(began.elapsed() > Duration::from_secs(400));
    assert_eq!(bed.server.metrics.streams.value(), 1);
}

#[tokio::test]
async fn streams_and_sockets_replace_each_other_and_are_revoked_alike() {
    let bed = two_people(&[]).await;
    let mut socket = bed.phone("alice", "tab").await;
    let mut stream = bed.stream_phone("alice", "tab").await;
    assert_eq!(socket.hear_type("bye").await["data"]["reason"], "replaced");
    assert_eq!(socket.hear_end().await, End::Code(4409));
    let mut newer = bed.phone("alice", "tab").await;
    assert_eq!(stream.hear_type("bye").await["data"]["reason"], "replaced");
    assert_eq!(stream.hear_end().await, End::Code(4409));
    newer.hears_nothing().await;

    let mut stream = bed.stream_phone("bob", "phone").await;
    bed.sign_out("bob").await;
    assert_eq!(stream.hear_type("bye").await["data"]["reason"], "revoked");
    assert_eq!(stream.hear_end().await, End::Code(4403));
}

#[tokio::test]
async fn a_stopping_server_tells_its_streams_when_to_come_back() {
    let mut bed = two_people(&[]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    bed.server.say_goodbye();
    let bye = alice.hear_type("bye").await;
    assert_eq!(bye["data"]["reason"], "restart");
    assert!(bye["data"]["retry_in_ms"].as_u64().unwrap() < 3000);
    assert_eq!(alice.hear_end().await, End::Code(4503));
    bed.until_sockets(0).await;
    bed = bed.crash_and_start_again().await;
    bed.stream_phone("alice", "tab").await.hears_nothing().await;
}

#[tokio::test]
async fn a_stream_that_says_too_much_is_told_to_wait_and_then_closed() {
    let bed = two_people(&["signaling.messages_per_second=1", "signaling.message_burst=5"]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    let word = json!({"type":"nothing","id":"n","data":{}}).to_string();
    assert_eq!(alice.stream().say(&[word.as_str(); 6]).await, 200);
    for _ in 0..5 {
        assert_eq!(alice.hear().await["data"]["code"], "unsupported");
    }
    let limited = alice.hear().await;
    assert_eq!((&limited["re"], &limited["data"]["code"]), (&json!("n"), &json!("rate_limited")));
    while alice.try_say(json!({"type":"nothing","data":{}})).await {}
    assert_eq!(alice.hear_end().await, End::Code(4429));
}

#[tokio::test]
async fn a_stream_that_is_not_read_is_closed_and_its_caller_goes_on() {
    let settings = ["signaling.messages_per_second=10000", "signaling.message_burst=10000"];
    let bed = two_people(&settings).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.stream_phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    let big = json!({"type":"offer","call":call_id(1),"data":{"sdp":"x".repeat(47 * 1024)}});
    let code = loop {
        alice.say(big.clone()).await;
        if bed.server.metrics.sockets_slow.value() > 0 {
            break alice.refused(big.clone()).await;
        }
    };
    assert_eq!(code, "unreachable");
}

#[tokio::test]
async fn streams_are_bounded_with_the_sockets_and_take_no_connection_from_requests() {
    let bed = two_people(&["signaling.max_sockets=2", "http.max_connections=2"]).await;
    let alice = bed.stream_phone("alice", "tab").await;
    let bob = bed.stream_phone("bob", "phone").await;
    assert_eq!(open(bed.address(), None).await.status(), 503);
    assert!(crate::bed::Phone::connect(&format!("ws://{}/ws", bed.address())).await.is_err());
    assert_eq!(bed.server.metrics.sockets_refused.value(), 2);
    drop((alice, bob));
    bed.until_sockets(0).await;
    assert_eq!(bed.server.metrics.streams.value(), 0);
}

#[tokio::test]
async fn bodies_that_trickle_in_are_few_and_are_given_up() {
    let bed = Bed::in_our_time().await;
    bed.person("alice", "Alice").await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    let channel = alice.stream().channel.clone();
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut tcp = TcpStream::connect(bed.address()).await.unwrap();
        let head = format!(
            "POST /sse HTTP/1.1\r\n{HOST}: localhost\r\n{AUTHORIZATION}: Bearer {channel}\r\n{CONTENT_LENGTH}: 1000\r\n\r\n{{"
        );
        tcp.write_all(head.as_bytes()).await.unwrap();
        slow.push(tcp);
    }
    // The four are being waited for; that they all are shows by the refusal of the next.
    let refused = timeout(PATIENCE, async {
        loop {
            let (status, body) = alice.stream().bring(1, &["{}"]).await;
            if status != 200 {
                return (status, body["code"].clone());
            }
        }
    });
    assert_eq!(refused.await.unwrap(), (429, json!("rate_limited")));
    tokio::time::pause();
    for mut tcp in slow {
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
    assert_eq!(bed.server.metrics.http_timeouts.value(), 4);
    alice.stream().bring(2, &[r#"{"type":"ping","data":{"epoch":"x","calls":[]}}"#]).await;
    assert_eq!(alice.hear().await["type"], "pong");
}

#[tokio::test]
async fn what_was_said_right_before_the_stream_was_left_still_counts() {
    let bed = two_people(&[]).await;
    let mut alice = bed.stream_phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.hear_call("inviting").await;
    // The hang-up is on its way when the stream is cut: the server hears of the cut first.
    let hangup = verb("hangup", 1).to_string();
    alice.stream().leave();
    assert_eq!(alice.stream().say(&[&hangup, r#"{"type":"bye"}"#]).await, 200);
    assert_eq!(bob.hear_call("ended").await["reason"], "cancelled");
}
