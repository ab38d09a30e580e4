//! A messenger carries the signaling: its users' devices are devices like any other, and its doors are no wider.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use visavis_store::AccountChange;

use crate::bed::{Bed, End, accept, call_id, connected, invite, verb};
use crate::bridged_line::Messenger;

async fn two_people(settings: &[&str]) -> (Bed, Messenger) {
    let messenger = Messenger::start().await;
    let hook = messenger.setting();
    let mut all = vec![hook.as_str()];
    all.extend(settings);
    let bed = Bed::new(&all).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    (bed, messenger)
}

const BYE: &str = r#"{"type":"bye"}"#;

fn hello(device: &str) -> String {
    json!({"type":"hello","id":"h","data":{"token":"","device":device,"proto":1}}).to_string()
}

/// Waits on the test's own clock until the messenger's devices are gone.
async fn until_gone(bed: &Bed) {
    while bed.server.metrics.bridged.value() > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_call_between_a_messengers_user_and_a_websocket_is_a_call_like_any_other() {
    let (bed, messenger) = two_people(&[]).await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    assert_eq!((bed.server.metrics.sockets.value(), bed.server.metrics.bridged.value()), (2, 1));

    bob.do_it(invite(1, "alice")).await;
    alice.hear_call("inviting").await;
    alice.do_it(accept(1)).await;
    bob.hear_call("inviting").await;
    bob.hear_call("connecting").await;
    bob.say(json!({"type":"offer","call":call_id(1),"id":"o","data":{"sdp":"v=0"}})).await;
    assert_eq!(alice.hear_type("offer").await["data"], json!({"sdp":"v=0"}));
    alice.say(json!({"type":"ack","call":call_id(1),"data":{"from":"bob/phone","id":"o"}})).await;
    assert_eq!(bob.hear_type("ok").await["re"], "o");
    alice.do_it(connected(1)).await;
    bob.hear_call("active").await;
    alice.do_it(verb("hangup", 1)).await;
    bob.hear_call("ended").await;
    assert_eq!(bed.history("alice").await, [["in", "answered", "hangup", "bob"]]);

    assert_eq!(alice.bridged().say(&[BYE]).await, 200);
    bed.until_sockets(1).await;
    assert_eq!(bed.server.metrics.bridged.value(), 0);
}

#[tokio::test]
async fn each_webhook_is_signed_over_its_id_its_time_and_its_body() {
    let (bed, messenger) = two_people(&[]).await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let [hook] = messenger.hooks().try_into().unwrap();
    let key = URL_SAFE_NO_PAD.decode(bed.secret("webhook_key")).unwrap();
    let mut hmac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    hmac.update(format!("{}.{}.", hook.id, hook.time).as_bytes());
    hmac.update(&hook.body);
    assert_eq!(hook.signature, format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes())));
    assert_eq!(hook.id, format!("{}.1", alice.bridged().channel));
    let seconds: u64 = hook.time.parse().unwrap();
    assert!(seconds.abs_diff(visavis_server::clock::now().0 / 1000) < 60);
}

#[tokio::test]
async fn nobody_without_the_token_speaks_for_a_user() {
    let (bed, messenger) = two_people(&[]).await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let token = bed.secret("bridge_token");
    let body = alice.bridged().parcel(2, &[BYE]);
    for wrong in ["", "made-up", &token[1..], &format!("{token}x"), &bed.server.metrics_token] {
        let (status, refused) = alice.bridged().post(wrong, body.clone()).await;
        assert_eq!((status, &refused["code"]), (401, &json!("unauthenticated")), "{wrong}");
    }
    assert_eq!(bed.server.metrics.bridge_refused.value(), 5);
    alice.hears_nothing().await;

    let without = Bed::new(&[]).await;
    without.person("alice", "Alice").await;
    let mut stranger = messenger.device(&without, "alice", "tab");
    assert_eq!(stranger.bridged().say(&[&hello("tab")]).await, 405, "there is no such door");
}

#[tokio::test]
async fn a_user_must_exist_and_a_device_be_the_one_of_its_parcels() {
    let (bed, messenger) = two_people(&[]).await;
    let mut nobody = messenger.device(&bed, "mallory", "tab");
    let (status, refused) = nobody.bridged().bring(1, &[&hello("tab")]).await;
    assert_eq!((status, &refused["code"]), (404, &json!("not_found")));
    assert!(refused["message"].as_str().unwrap().contains("`visavis user add`"), "{refused}");
    let shut = AccountChange { admin: None, disabled: Some(true) };
    bed.server.store.change_account(&"bob".parse().unwrap(), shut).await.unwrap();
    let mut bob = messenger.device(&bed, "bob", "tab");
    let told = "the account of bob is shut; an administrator opens it again in the app";
    assert_eq!(
        bob.bridged().bring(1, &[&hello("tab")]).await,
        (404, json!({"code":"not_found","message":told}))
    );
    let mut other = messenger.device(&bed, "alice", "tab");
    assert_eq!(other.bridged().say(&[&hello("phone")]).await, 200);
    assert_eq!(other.hear().await["data"]["code"], "bad_message");
    assert_eq!(other.hear_end().await, End::Code(4400));
    bed.until_sockets(0).await;
}

#[tokio::test]
async fn a_channel_belongs_to_its_device_and_no_others_parcels_reach_it() {
    let (bed, messenger) = two_people(&[]).await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let mut bob = messenger.device(&bed, "bob", "phone");
    bob.bridged().channel = alice.bridged().channel.clone();
    assert_eq!(bob.bridged().bring(2, &[BYE]).await.0, 404);
    alice.hears_nothing().await;
    let mut tablet = messenger.device(&bed, "alice", "tablet");
    tablet.bridged().channel = alice.bridged().channel.clone();
    assert_eq!(tablet.bridged().bring(2, &[BYE]).await.0, 404);
    assert_eq!(bed.server.metrics.bridged.value(), 1, "the connection that the channel belongs to lives");
}

#[tokio::test]
async fn parcels_through_a_messenger_may_come_twice_and_out_of_order() {
    let (bed, messenger) = two_people(&[]).await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let word = |n: u32| json!({"type":"nothing","id":n.to_string(),"data":{}}).to_string();
    let line = alice.bridged();
    assert_eq!(line.bring(3, &[&word(3)]).await, (200, json!({"next":2})), "early");
    assert_eq!(line.bring(2, &[&word(2)]).await, (200, json!({"next":4})));
    assert_eq!(line.bring(2, &[&word(2), &word(3), &word(4)]).await, (200, json!({"next":5})));
    assert_eq!(line.bring(1, &[&hello("tab")]).await, (200, json!({"next":5})), "its hello again");
    assert_eq!(line.bring(5000, &[BYE]).await.0, 409);
    for n in 2..=4 {
        assert_eq!(alice.hear().await["re"], n.to_string());
    }
    alice.bridged().next = 5;
    alice.hears_nothing().await;
}

#[tokio::test]
async fn an_old_connection_is_not_opened_again_by_what_comes_late() {
    let (bed, messenger) = two_people(&[]).await;
    let mut older = messenger.phone(&bed, "alice", "tab").await;
    let mut newer = messenger.phone(&bed, "alice", "tab").await;
    assert_eq!(older.hear_type("bye").await["data"]["reason"], "replaced");
    assert_eq!(older.hear_end().await, End::Code(4409));
    bed.until_sockets(1).await;
    // The messenger delivers the first hello once more, and then something that was said behind it.
    for seq in [1, 2] {
        let (status, refused) = older.bridged().bring(seq, &[&hello("tab")]).await;
        assert_eq!((status, &refused["code"]), (404, &json!("not_found")));
        let told = older.bridged().parcel_heard().await;
        assert_eq!((&told["parcel"]["seq"], &told["parcel"]["close"]), (&json!(0), &json!(4503)));
    }
    newer.hears_nothing().await;
}

#[tokio::test]
async fn a_device_of_before_a_restart_is_told_that_its_connection_is_gone() {
    let (bed, messenger) = two_people(&[]).await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let bed = bed.crash_and_start_again().await;
    let mut behind = messenger.device(&bed, "alice", "tab");
    std::mem::swap(&mut behind.bridged().channel, &mut alice.bridged().channel);
    assert_eq!(behind.bridged().bring(7, &[r#"{"type":"ping"}"#]).await.0, 404);
    let told = alice.bridged().parcel_heard().await;
    let channel = behind.bridged().channel.clone();
    assert_eq!(told["parcel"], json!({"channel":channel,"seq":0,"messages":[],"close":4503}));
}

#[tokio::test]
async fn what_the_webhook_did_not_take_is_brought_again_in_order() {
    let (bed, messenger) = two_people(&[]).await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    messenger.answer(&[503, 429, 204]);
    for n in 2..=4 {
        let word = json!({"type":"nothing","id":n.to_string(),"data":{}}).to_string();
        alice.bridged().say(&[&word]).await;
    }
    for n in 2..=4 {
        assert_eq!(alice.hear().await["re"], n.to_string());
    }
    let hooks = messenger.hooks();
    assert_eq!([&hooks[1].id, &hooks[2].id], [&hooks[3].id; 2], "the same parcel three times");
    assert_eq!([&hooks[1].body, &hooks[2].body], [&hooks[3].body; 2]);
    assert_eq!(bed.server.metrics.webhooks_tried_again.value(), 2);
    assert_eq!(bed.server.metrics.webhooks_given_up.value(), 0);
}

#[tokio::test]
async fn a_device_whose_webhook_refuses_or_redirects_is_closed_and_others_are_served() {
    let (bed, messenger) = two_people(&[]).await;
    for status in [410, 307, 403] {
        let mut alice = messenger.phone(&bed, "alice", "tab").await;
        let seen = messenger.hooks().len();
        messenger.answer(&[status]);
        alice.say(json!({"type":"nothing","id":"n","data":{}})).await;
        bed.until_sockets(0).await;
        assert_eq!(messenger.hooks().len(), seen + 1, "once, and nowhere else");
    }
    assert_eq!(bed.server.metrics.webhooks_given_up.value(), 3);
    messenger.phone(&bed, "bob", "phone").await.hears_nothing().await;
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_is_given_up_and_what_waits_for_it_is_bounded() {
    let messenger = Messenger::start().await;
    let fast = ["signaling.messages_per_second=10000", "signaling.message_burst=10000"];
    let bed = Bed::in_our_time_with(&[&messenger.setting(), fast[0], fast[1]]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    bob.do_it(invite(1, "alice")).await;
    alice.hear_call("inviting").await;
    alice.do_it(accept(1)).await;
    alice.hear_call("connecting").await;
    messenger.answer(&[0; 8]);
    let notice = json!({"type":"media","call":call_id(1),"data":{"audio":true,"video":true}});
    while bed.server.metrics.sockets_slow.value() == 0 {
        bob.say(notice.clone()).await;
        // The server runs in this thread, too.
        tokio::task::yield_now().await;
    }
    assert_eq!(bob.hear_type("error").await["data"]["code"], "unreachable");
    // The outbox, what waits for the parcel on its way, and that parcel: no more was kept.
    let relayed = bed.server.metrics.payloads_relayed.value();
    assert!((128..=128 + 16 + 64).contains(&relayed), "{relayed}");
    tokio::time::pause();
    until_gone(&bed).await;
    assert_eq!(bed.server.metrics.webhooks_given_up.value(), 1);
}

#[tokio::test]
async fn a_messengers_device_that_falls_silent_expires() {
    let messenger = Messenger::start().await;
    let bed = Bed::in_our_time_with(&[&messenger.setting()]).await;
    bed.person("alice", "Alice").await;
    let mut mute = messenger.device(&bed, "alice", "mute");
    assert_eq!(mute.bridged().bring(1, &[]).await.0, 200);
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    tokio::time::pause();
    assert_eq!(mute.hear().await["data"]["code"], "unauthenticated");
    assert_eq!(mute.hear_end().await, End::Code(4400));
    until_gone(&bed).await;
    assert_eq!(bed.server.metrics.sockets_silent.value(), 1);
    assert_eq!(alice.bridged().bring(2, &[r#"{"type":"bye"}"#]).await.0, 404);
}

#[tokio::test]
async fn bodies_that_are_wrong_huge_or_trickle_in_are_refused() {
    let messenger = Messenger::start().await;
    let bed = Bed::in_our_time_with(&[&messenger.setting()]).await;
    bed.person("alice", "Alice").await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let token = bed.secret("bridge_token");
    let line = alice.bridged();
    for body in ["", "{", "[]", r#"{"user":"alice"}"#, r#"{"user":"","parcel":{}}"#, "\u{fffd}"] {
        let (status, refused) = line.post(&token, body.to_owned()).await;
        assert_eq!((status, &refused["code"]), (400, &json!("bad_message")), "{body}");
    }
    for channel in ["short", "a channel with spaces in it", &"x".repeat(65), "../../../../etc/passwd"] {
        let parcel = json!({"device":"tab","channel":channel,"seq":1,"messages":[]});
        let (status, refused) = line.post(&token, json!({"user":"alice","parcel":parcel}).to_string()).await;
        assert_eq!((status, &refused["code"]), (400, &json!("bad_message")), "{channel}");
    }
    let (status, refused) = line.post(&token, "x".repeat(300 * 1024)).await;
    assert_eq!((status, &refused["code"]), (413, &json!("too_large")));
    let many = vec![BYE; 65];
    assert_eq!(line.bring(2, &many).await.0, 400);

    let mut slow = TcpStream::connect(bed.address()).await.unwrap();
    let head = format!(
        "POST /bridge/messages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-length: 100\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    tokio::time::pause();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    alice.hears_nothing().await;
}

#[tokio::test]
async fn a_messengers_devices_are_bounded_with_the_sockets_and_by_user() {
    let (bed, messenger) = two_people(&["signaling.max_sockets=33"]).await;
    let mut phones = Vec::new();
    for n in 0..32 {
        phones.push(messenger.phone(&bed, "alice", &format!("tab-{n}")).await);
    }
    let mut one_more = messenger.device(&bed, "alice", "one-more");
    assert_eq!(one_more.bridged().say(&[&hello("one-more")]).await, 200);
    assert_eq!(one_more.hear().await["data"]["code"], "rate_limited");
    assert_eq!(one_more.hear_end().await, End::Code(4429));
    bed.until_sockets(32).await;
    phones.push(messenger.phone(&bed, "bob", "phone").await);
    let mut too_many = messenger.device(&bed, "bob", "tablet");
    assert_eq!(too_many.bridged().say(&[&hello("tablet")]).await, 503);
    assert_eq!(bed.server.metrics.sockets_refused.value(), 1);
}

#[tokio::test]
async fn what_is_said_too_often_too_large_or_without_sense_ends_a_messengers_device_as_any_other() {
    let (bed, messenger) =
        two_people(&["signaling.messages_per_second=1", "signaling.message_burst=40"]).await;
    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    let long = format!("\"{}\"", "x".repeat(64 * 1024));
    assert_eq!(alice.bridged().say(&[&long]).await, 200);
    assert_eq!(alice.hear().await["data"]["code"], "too_large");
    assert_eq!(alice.hear_end().await, End::Code(4413));

    let mut alice = messenger.phone(&bed, "alice", "tab").await;
    assert_eq!(alice.bridged().say(&["7"; 32]).await, 200);
    assert_eq!(alice.hear_end().await, End::Code(4400));

    let mut bob = messenger.phone(&bed, "bob", "phone").await;
    let words: Vec<Value> = (0..64).map(|_| json!({"type":"nothing","data":{}})).collect();
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    bob.bridged().say(&words).await;
    bob.bridged().say(&words).await;
    assert_eq!(bob.hear_end().await, End::Code(4429));
}
