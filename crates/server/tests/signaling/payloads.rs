//! Offers, answers and candidates: passed on unread, acknowledged end to end.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, invite, verb};

/// Alice and Bob in an answered call, with nothing left to hear.
async fn answered() -> (Bed, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    for phone in [&mut alice, &mut bob] {
        phone.hear_call("inviting").await;
        phone.hear_call("connecting").await;
    }
    (bed, alice, bob)
}

fn offer(id: &str) -> Value {
    json!({"type":"offer","id":id,"call":call_id(1),"gen":0,"data":{"type":"offer","sdp":"v=0 …","more":[1,{"x":null}]}})
}

#[tokio::test]
async fn an_offer_arrives_unread_and_its_ok_comes_only_after_the_ack() {
    let (_bed, mut alice, mut bob) = answered().await;
    alice.say(offer("a.1")).await;
    assert_eq!(
        bob.hear().await,
        json!({"type":"offer","data":{"type":"offer","sdp":"v=0 …","more":[1,{"x":null}]},
            "call":call_id(1),"gen":0,"id":"a.1","from":"alice/tab"})
    );
    alice.hears_nothing().await;
    bob.say(json!({"type":"ack","call":call_id(1),"data":{"from":"alice/tab","id":"a.1"}})).await;
    assert_eq!(alice.hear().await, json!({"type":"ok","data":{"call":call_id(1)},"re":"a.1"}));
}

#[tokio::test]
async fn an_ack_of_what_was_never_passed_on_tells_nobody_that_anything_was_done() {
    let (bed, mut alice, mut bob) = answered().await;
    let ack = |id: &str| json!({"type":"ack","call":call_id(1),"data":{"from":"alice/tab","id":id}});
    // An id that Alice may well use for her next message, her hang-up for example.
    bob.say(ack("a.2")).await;
    alice.say(offer("a.1")).await;
    bob.hear().await;
    bob.say(ack("a.1")).await;
    bob.say(ack("a.1")).await;
    bob.hears_nothing().await;
    assert_eq!(alice.hear().await, json!({"type":"ok","data":{"call":call_id(1)},"re":"a.1"}));
    alice.hears_nothing().await;
    assert_eq!(bed.server.metrics.acks_unknown.value(), 2);
}

#[tokio::test]
async fn a_payload_sent_again_is_passed_on_again_for_its_receiver_to_drop() {
    let (_bed, mut alice, mut bob) = answered().await;
    alice.say(offer("a.1")).await;
    alice.say(offer("a.1")).await;
    let first = bob.hear().await;
    assert_eq!(bob.hear().await, first);
}

#[tokio::test]
async fn the_smallest_legal_message_needs_only_type_and_data() {
    let (_bed, mut alice, mut bob) = answered().await;
    alice.say(json!({"type":"candidate","data":null})).await;
    assert_eq!(
        bob.hear().await,
        json!({"type":"candidate","data":null,"call":call_id(1),"gen":0,"from":"alice/tab"})
    );
}

#[tokio::test]
async fn payloads_go_nowhere_but_between_the_two_ends_of_their_peer_connection() {
    let (bed, mut alice, mut bob) = answered().await;
    bed.person("eve", "Eve").await;
    let mut eve = bed.phone("eve", "tab").await;
    let mut ipad = bed.phone("bob", "ipad").await;
    let with_gen = |generation: u32| {
        let mut offer = offer("");
        offer["gen"] = json!(generation);
        offer
    };
    assert_eq!(alice.refused(with_gen(1)).await, "wrong_gen");
    assert_eq!(eve.refused(with_gen(0)).await, "not_your_call");
    assert_eq!(ipad.refused(with_gen(0)).await, "answered_elsewhere");
    let forged = json!({"type":"ack","call":call_id(1),"data":{"from":"alice/tab","id":"a.1"}});
    assert_eq!(eve.refused(forged.clone()).await, "not_your_call");
    assert_eq!(ipad.refused(forged).await, "not_your_call");
    let mut unknown = offer("");
    unknown["call"] = json!(call_id(77));
    assert_eq!(alice.refused(unknown).await, "not_your_call");
    bob.do_it(verb("hangup", 1)).await;
    assert_eq!(alice.refused(with_gen(0)).await, "call_ended");
}

#[tokio::test]
async fn a_payload_for_a_device_that_is_away_is_refused_and_may_be_sent_again() {
    let (bed, mut alice, bob) = answered().await;
    drop(bob);
    bed.until_sockets(1).await;
    let answer = alice.ask(offer("")).await;
    assert_eq!((&answer["data"]["code"], &answer["data"]["retry"]), (&json!("unreachable"), &json!(true)));
    let mut bob = bed.phone("bob", "phone").await;
    alice.say(offer("again")).await;
    assert_eq!(bob.hear_type("offer").await["id"], "again");
}

#[tokio::test]
async fn a_device_may_send_only_so_many_candidates_per_peer_connection() {
    let bed = Bed::new(&["signaling.messages_per_second=10000", "signaling.message_burst=10000"]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    for _ in 0..visavis_proto::limits::CANDIDATES_PER_GEN {
        alice.say(json!({"type":"candidate","data":null})).await;
    }
    assert_eq!(alice.refused(json!({"type":"candidate","data":null})).await, "too_large");
}
