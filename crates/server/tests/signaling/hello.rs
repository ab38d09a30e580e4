//! What is said right behind `hello`, and logins that end while a call goes on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bed::{Bed, End, Phone, accept, call_id, connected, invite, verb};

async fn two_people() -> Bed {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    bed
}

fn hello(bed: &Bed, user: &str, device: &str) -> Value {
    json!({"type":"hello","id":"h","data":{"token":bed.ticket(user),"device":device,"proto":1}})
}

fn with_id(id: &str, mut message: Value) -> Value {
    message["id"] = json!(id);
    message
}

#[tokio::test]
async fn what_is_said_right_behind_hello_is_done_after_it_and_in_order() {
    let bed = two_people().await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut alice = bed.socket().await;
    alice.say(hello(&bed, "alice", "tab")).await;
    alice.say(with_id("1", invite(1, "bob"))).await;
    alice.say(with_id("2", verb("hangup", 1))).await;
    alice.say(with_id("3", invite(2, "bob"))).await;
    let mut replies = Vec::new();
    while replies.len() < 4 {
        let heard = alice.hear().await;
        if let Some(id) = heard["re"].as_str() {
            replies.push(format!("{} {id}", heard["type"].as_str().unwrap()));
        }
    }
    assert_eq!(replies, ["welcome h", "ok 1", "ok 2", "ok 3"]);
    for (n, state) in [(1, "inviting"), (1, "ended"), (2, "inviting")] {
        let call = bob.hear_type("call").await["data"].clone();
        assert_eq!((&call["id"], &call["state"]), (&json!(call_id(n)), &json!(state)));
    }
    bob.do_it(accept(2)).await;
}

#[tokio::test]
async fn what_is_said_behind_a_hello_that_is_refused_is_never_done() {
    let bed = two_people().await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut stranger = bed.socket().await;
    stranger.say(json!({"type":"hello","data":{"token":"no ticket","device":"tab","proto":1}})).await;
    stranger.try_say(invite(1, "bob")).await;
    assert_eq!(stranger.hear().await["type"], "error");
    assert_eq!(stranger.hear_end().await, End::Code(4401));
    bob.hears_nothing().await;
}

async fn active(bed: &Bed) -> (Phone, Phone) {
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    alice.do_it(connected(1)).await;
    (alice, bob)
}

#[tokio::test]
async fn a_login_that_expires_during_a_call_cuts_nothing() {
    let bed = two_people().await;
    bed.login_ends_in("alice", Duration::from_millis(1500)).await;
    let (mut alice, mut bob) = active(&bed).await;
    bed.until_login_is_over("alice").await;
    alice.say(json!({"type":"candidate","data":null})).await;
    assert_eq!(bob.hear_type("candidate").await["from"], "alice/tab");
    bob.say(json!({"type":"ping","data":{"epoch":"e","calls":[]}})).await;
    bob.hear_type("pong").await;
    alice.do_it(verb("hangup", 1)).await;
    assert_eq!(bob.hear_until("ended").await["reason"], "hangup");
}

#[tokio::test]
async fn a_login_that_is_ended_during_a_call_has_hung_up() {
    let bed = two_people().await;
    let (mut alice, mut bob) = active(&bed).await;
    bed.sign_out("alice").await;
    assert_eq!(alice.hear_type("bye").await["data"]["reason"], "revoked");
    assert_eq!(alice.hear_end().await, End::Code(4403));
    assert_eq!(bob.hear_until("ended").await["reason"], "hangup");
}

#[tokio::test]
async fn a_login_that_is_ended_while_it_rings_cancels_its_calls_and_ends_none_that_only_rings_there() {
    let bed = two_people().await;
    bed.person("carol", "Carol").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut carol = bed.phone("carol", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    carol.do_it(invite(2, "alice")).await;
    alice.do_it(json!({"type":"ringing","call":call_id(2),"data":{"warm":true}})).await;
    carol.hear_call_where(|call| call["warm"] == json!(["alice/tab"])).await;
    bed.sign_out("alice").await;
    assert_eq!(bob.hear_until("ended").await["reason"], "cancelled");
    let rings_on = carol.hear_call("ringing").await;
    assert_eq!(rings_on.get("warm"), None);
}
