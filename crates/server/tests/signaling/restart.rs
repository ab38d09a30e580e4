//! A call outlives the server.

use serde_json::json;

use crate::bed::{Bed, End, accept, call_id, connected, invite, verb};

#[tokio::test]
async fn a_call_outlives_a_crash_of_the_server_and_its_hang_up_reaches_the_other_side() {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    alice.do_it(connected(1)).await;
    let epoch = bed.server.calls.epoch().clone();

    let bed = bed.crash_and_start_again().await;
    assert_eq!(bed.server.calls.epoch().clone(), epoch, "the same life of the store");
    let held = json!([{"id":call_id(1),"rev":1,"media":true}]);
    let (mut alice, welcome) = bed.phone_with("alice", "tab", held.clone()).await;
    assert_eq!(welcome["data"]["calls"][0]["state"], "active");
    let (mut bob, _) = bed.phone_with("bob", "phone", held).await;
    alice.do_it(verb("hangup", 1)).await;
    loop {
        let call = bob.hear_type("call").await["data"].clone();
        if call["state"] == "ended" {
            assert_eq!(call["reason"], "hangup");
            break;
        }
    }
    assert_eq!(bed.history("alice").await, [["out", "answered", "hangup", "bob"]]);
    assert_eq!(bed.history("bob").await, [["in", "answered", "hangup", "alice"]]);
}

#[tokio::test]
async fn a_call_that_rang_when_the_server_crashed_rings_on() {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(verb("ringing", 1)).await;

    let bed = bed.crash_and_start_again().await;
    let _alice = bed.phone("alice", "tab").await;
    let (mut bob, welcome) = bed.phone_with("bob", "phone", json!([])).await;
    assert_eq!(welcome["data"]["calls"][0]["state"], "ringing");
    bob.do_it(accept(1)).await;
}

#[tokio::test]
async fn what_ended_while_a_device_was_away_is_in_its_welcome() {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    drop(bob);
    alice.do_it(verb("hangup", 1)).await;
    let held = json!([{"id":call_id(1),"rev":2},{"id":call_id(5),"rev":2}]);
    let (_bob, welcome) = bed.phone_with("bob", "phone", held).await;
    let calls = welcome["data"]["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 1, "a call that nobody knows is over, so it is not listed");
    assert_eq!((&calls[0]["id"], &calls[0]["state"]), (&json!(call_id(1)), &json!("ended")));
}

#[tokio::test]
async fn a_stopping_server_says_when_to_come_back() {
    let bed = Bed::in_our_time().await;
    bed.person("alice", "Alice").await;
    let mut alice = bed.phone("alice", "tab").await;
    bed.server.say_goodbye();
    let bye = alice.hear_type("bye").await;
    assert_eq!(bye["data"]["reason"], "restart");
    assert!(bye["data"]["retry_in_ms"].as_u64().unwrap() < 3000);
    assert_eq!(alice.hear_end().await, End::Code(4503));
}

#[tokio::test]
async fn a_hang_up_that_both_sides_bring_after_an_outage_is_one_end() {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    alice.do_it(connected(1)).await;

    // Meanwhile one has told the other past the server, and neither holds the call any more.
    let bed = bed.crash_and_start_again().await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    tokio::join!(alice.do_it(verb("hangup", 1)), bob.do_it(verb("hangup", 1)));
    alice.do_it(verb("hangup", 1)).await;
    assert_eq!(bed.history("alice").await, [["out", "answered", "hangup", "bob"]]);
    assert_eq!(bed.history("bob").await, [["in", "answered", "hangup", "alice"]]);
}

#[tokio::test]
async fn a_call_that_was_taken_or_handed_over_outlives_a_crash_of_the_server() {
    let bed = Bed::new(&[]).await;
    for name in ["alice", "bob", "carol"] {
        bed.person(name, name).await;
    }
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut tablet = bed.phone("bob", "tablet").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    tablet.do_it(json!({"type":"take","call":call_id(1),"data":{"media":["audio"]}})).await;

    let bed = bed.crash_and_start_again().await;
    let (mut tablet, welcome) = bed.phone_with("bob", "tablet", json!([])).await;
    let call = &welcome["data"]["calls"][0];
    assert_eq!((&call["you"], &call["gen"]), (&json!("active"), &json!(1)));
    let _alice = bed.phone("alice", "tab").await;
    tablet.do_it(json!({"type":"transfer","call":call_id(1),"data":{"to":"carol"}})).await;

    let bed = bed.crash_and_start_again().await;
    let (_carol, welcome) = bed.phone_with("carol", "phone", json!([])).await;
    let call = welcome["data"]["calls"][0].clone();
    assert_eq!((&call["state"], &call["transferred_by"]), (&json!("inviting"), &json!("bob")));
    let (_alice, welcome) = bed.phone_with("alice", "tab", json!([])).await;
    let hers = &welcome["data"]["calls"][0];
    assert_eq!((&hers["id"], &hers["follows"]), (&call["id"], &json!(call_id(1))));
    let (_bob, welcome) = bed.phone_with("bob", "tablet", json!([])).await;
    assert_eq!(welcome["data"]["calls"], json!([]));
    assert_eq!(bed.history("bob").await, [["in", "answered", "transferred", "alice"]]);
}
