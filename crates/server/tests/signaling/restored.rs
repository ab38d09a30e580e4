//! A call outlives the store of live calls: its devices bring their capsules.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, connected, invite, verb};

async fn two_people() -> Bed {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    bed
}

/// Reads snapshots up to one in `state`; the last one before it is of no interest.
async fn until(phone: &mut Phone, state: &str) -> Value {
    loop {
        let call = phone.hear_type("call").await["data"].clone();
        if call["state"] == state {
            return call;
        }
    }
}

/// Alice and Bob talk. Gives the capsule that each has of it.
async fn talk(bed: &Bed) -> (Phone, Phone, [Value; 2]) {
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    alice.do_it(connected(1)).await;
    let capsules = [until(&mut alice, "active").await, until(&mut bob, "active").await];
    (alice, bob, capsules.map(|call| call["capsule"].clone()))
}

/// The heartbeat of a device that holds the call of an older store.
fn ping(epoch: &Value, capsule: &Value) -> Value {
    json!({"type":"ping","data":{"epoch":epoch,"calls":[{"id":call_id(1),"rev":0,"media":true,"capsule":capsule}]}})
}

#[tokio::test]
async fn a_call_outlives_the_loss_of_the_live_calls_and_its_hang_up_is_heard() {
    let bed = two_people().await;
    let (alice, bob, [alices, bobs]) = talk(&bed).await;
    let before = bed.server.calls.epoch().clone();
    drop((alice, bob));

    let bed = bed.crash_and_lose_the_live_calls().await;
    assert_ne!(*bed.server.calls.epoch(), before, "another store");
    let held = json!([{"id":call_id(1),"rev":3,"media":true}]);
    let (mut alice, welcome) = bed.phone_with("alice", "tab", held.clone()).await;
    assert_eq!(welcome["data"]["calls"], json!([]), "the server knows nothing of it yet");
    let epoch = welcome["data"]["epoch"].clone();
    alice.say(ping(&epoch, &alices)).await;
    let call = alice.hear_call("active").await;
    assert_eq!((&call["you"], &call["peer"]["address"]), (&json!("active"), &json!("bob/phone")));
    assert!(call["capsule"].is_string(), "a capsule of this store");

    let (mut bob, welcome) = bed.phone_with("bob", "phone", held).await;
    assert_eq!(welcome["data"]["calls"][0]["state"], "active");
    bob.say(ping(&epoch, &bobs)).await;
    bob.hear_type("pong").await;
    assert_eq!(bed.server.metrics.calls_restored.value(), 1);
    bob.do_it(verb("hangup", 1)).await;
    assert_eq!(until(&mut alice, "ended").await["reason"], "hangup");
    assert_eq!(bed.history("alice").await, [["out", "answered", "hangup", "bob"]]);
    assert_eq!(bed.history("bob").await, [["in", "answered", "hangup", "alice"]]);
}

#[tokio::test]
async fn a_device_that_comes_back_twice_brings_its_capsule_with_hello() {
    let bed = two_people().await;
    let (alice, bob, [alices, _]) = talk(&bed).await;
    drop((alice, bob));
    let bed = bed.crash_and_lose_the_live_calls().await;
    let held = json!([{"id":call_id(1),"rev":0,"media":true,"capsule":alices}]);
    let (_alice, welcome) = bed.phone_with("alice", "tab", held).await;
    assert_eq!(welcome["data"]["calls"][0]["state"], "active");
}

/// As if the one that has ended the call were still about to write it down.
#[tokio::test]
async fn whoever_is_told_of_an_end_finds_it_in_the_history() {
    let bed = two_people().await;
    let (mut alice, mut bob, _) = talk(&bed).await;
    alice.do_it(verb("hangup", 1)).await;
    until(&mut bob, "ended").await;
    let written = [["out", "answered", "hangup", "bob"]];

    bed.forget_history("alice").await;
    bob.do_it(verb("hangup", 1)).await;
    assert_eq!(bed.history("alice").await, written);

    bed.forget_history("alice").await;
    let held = json!([{"id":call_id(1),"rev":0}]);
    bob.say(json!({"type":"ping","data":{"epoch":bed.server.calls.epoch(),"calls":held.clone()}})).await;
    until(&mut bob, "ended").await;
    assert_eq!(bed.history("alice").await, written);

    bed.forget_history("alice").await;
    drop(bob);
    let (_bob, welcome) = bed.phone_with("bob", "phone", held).await;
    assert_eq!(welcome["data"]["calls"][0]["state"], "ended");
    assert_eq!(bed.history("alice").await, written);
}

#[tokio::test]
async fn a_call_that_had_ended_before_the_store_was_lost_is_over() {
    let bed = two_people().await;
    let (mut alice, bob, [_, bobs]) = talk(&bed).await;
    drop(bob);
    alice.do_it(verb("hangup", 1)).await;
    let bed = bed.crash_and_lose_the_live_calls().await;
    let mut bob = bed.phone("bob", "phone").await;
    bob.say(ping(&json!(bed.server.calls.epoch()), &bobs)).await;
    let refused = bob.hear().await;
    assert_eq!(
        (&refused["data"]["code"], &refused["data"]["call"]),
        (&json!("not_found"), &json!(call_id(1)))
    );
    assert_eq!(bed.history("bob").await, [["in", "answered", "hangup", "alice"]]);
}

#[tokio::test]
async fn a_call_with_somebody_whose_account_is_gone_is_not_rebuilt() {
    let bed = two_people().await;
    let (alice, bob, [alices, _]) = talk(&bed).await;
    drop((alice, bob));
    let bed = bed.crash_and_lose_the_live_calls().await;
    assert!(bed.server.store.remove_user(&"bob".parse().unwrap()).await.unwrap());
    let held = json!([{"id":call_id(1),"rev":0,"media":true,"capsule":alices}]);
    let (_alice, welcome) = bed.phone_with("alice", "tab", held).await;
    assert_eq!(welcome["data"]["calls"], json!([]));
    assert_eq!(bed.server.metrics.calls_restored.value(), 0);
}

#[tokio::test]
async fn a_capsule_from_before_a_block_rings_nobody() {
    let bed = two_people().await;
    let (mut alice, mut bob) = (bed.phone("alice", "tab").await, bed.phone("bob", "phone").await);
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(verb("ringing", 1)).await;
    let capsules = [until(&mut alice, "ringing").await, until(&mut bob, "ringing").await];
    let [alices, bobs] = capsules.map(|call| call["capsule"].clone());
    drop((alice, bob));
    let bed = bed.crash_and_lose_the_live_calls().await;
    bed.ask("bob", "PUT", "/api/blocks/alice", json!({})).await;
    let mut bob = bed.phone("bob", "phone").await;

    let epoch = json!(bed.server.calls.epoch());
    let mut alice = bed.phone("alice", "tab").await;
    alice.say(ping(&epoch, &alices)).await;
    until(&mut alice, "ringing").await;
    bob.hears_nothing().await;
    bob.say(ping(&epoch, &bobs)).await;
    assert_eq!(bob.hear_type("error").await["data"]["code"], "not_found");
    bob.hear_type("pong").await;
    alice.do_it(verb("hangup", 1)).await;
    bob.hears_nothing().await;
    assert!(bed.history("bob").await.is_empty());
}

#[tokio::test]
async fn a_capsule_in_other_hands_or_a_made_up_one_rebuilds_nothing() {
    let bed = two_people().await;
    bed.person("eve", "Eve").await;
    let (alice, bob, [alices, _]) = talk(&bed).await;
    drop((alice, bob));
    let bed = bed.crash_and_lose_the_live_calls().await;
    let epoch = json!(bed.server.calls.epoch());
    let mut eve = bed.phone("eve", "tab").await;
    for capsule in [&alices, &json!("AQAAAA"), &json!("?")] {
        eve.say(ping(&epoch, capsule)).await;
        assert_eq!(eve.hear_type("error").await["data"]["code"], "not_found");
    }
    assert_eq!(bed.server.metrics.capsules_refused.value(), 3);
    assert_eq!(bed.server.metrics.calls_restored.value(), 0);
    let mut alice = bed.phone("alice", "tab").await;
    assert_eq!(alice.refused(verb("hangup", 1)).await, "not_your_call");
}

#[tokio::test]
async fn an_invite_that_was_first_sent_before_the_store_was_lost_makes_no_call() {
    let bed = two_people().await;
    let mut first = invite(1, "bob");
    first["data"]["epoch"] = json!(bed.server.calls.epoch());
    let mut alice = bed.phone("alice", "tab").await;
    alice.do_it(first.clone()).await;
    let bed = bed.crash_and_start_again().await;
    let mut alice = bed.phone("alice", "tab").await;
    alice.do_it(first.clone()).await;
    let bed = bed.crash_and_lose_the_live_calls().await;
    let mut alice = bed.phone("alice", "tab").await;
    assert_eq!(alice.refused(first).await, "call_ended");
    let mut second = invite(2, "bob");
    second["data"]["epoch"] = json!(bed.server.calls.epoch());
    alice.do_it(second).await;
}
