//! A call is handed over to a third person, over real sockets.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, connected, invite, verb};

/// Alice, Bob and Carol, each with a phone.
async fn three() -> (Bed, Phone, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    for (name, display) in [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")] {
        bed.person(name, display).await;
    }
    let alice = bed.phone("alice", "phone").await;
    let bob = bed.phone("bob", "phone").await;
    let carol = bed.phone("carol", "phone").await;
    (bed, alice, bob, carol)
}

/// A call between the two is active, and both have heard so.
async fn active(n: u128, caller: &mut Phone, callee: &mut Phone, name: &str) {
    caller.do_it(invite(n, name)).await;
    callee.do_it(accept(n)).await;
    caller.do_it(connected(n)).await;
    for phone in [caller, callee] {
        phone.hear_call_where(|call| call["id"] == call_id(n) && call["state"] == "active").await;
    }
}

fn transfer_to(n: u128, to: &str) -> Value {
    json!({"type":"transfer","call":call_id(n),"data":{"to":to}})
}

fn transfer_between(n: u128, other: u128) -> Value {
    json!({"type":"transfer","call":call_id(n),"data":{"call":call_id(other)}})
}

/// The end of an old call, which is told first, and then the first snapshot of the new one.
async fn handed_over(phone: &mut Phone, n: u128) -> Value {
    let ended = phone.hear_until("ended").await;
    assert_eq!((&ended["id"], &ended["reason"]), (&json!(call_id(n)), &json!("transferred")));
    phone.hear_type("call").await["data"].clone()
}

#[tokio::test]
async fn who_is_handed_over_calls_the_third_person_and_is_told_by_whom() {
    let (bed, mut alice, mut bob, mut carol) = three().await;
    active(1, &mut alice, &mut bob, "bob").await;
    // He has put her on hold, which is between the two devices and does not matter here.
    bob.say(json!({"type":"media","call":call_id(1),"data":{"audio":false,"video":false,"hold":true}})).await;
    assert_eq!(alice.hear_type("media").await["data"]["hold"], true);
    assert_eq!(bob.do_it(transfer_to(1, "carol")).await, json!({"call": call_id(1)}));
    assert_eq!(bob.do_it(transfer_to(1, "carol")).await, json!({"call": call_id(1)}), "said again");
    assert_eq!(bob.hear_until("ended").await["reason"], "transferred");
    assert_eq!(bob.hear_type("changed").await["data"]["what"], json!(["history"]));
    bob.hears_nothing().await;

    let new = handed_over(&mut alice, 1).await;
    assert_eq!(
        (&new["state"], &new["role"], &new["peer"]["id"], &new["media"]),
        (&json!("inviting"), &json!("caller"), &json!("carol"), &json!(["audio"]))
    );
    assert_eq!((&new["follows"], &new["transferred_by"]), (&json!(call_id(1)), &json!("Bob")));
    let rings = carol.hear_call("inviting").await;
    assert_eq!(
        (&rings["id"], &rings["peer"]["name"], &rings["transferred_by"], rings.get("follows")),
        (&new["id"], &json!("Alice"), &json!("Bob"), None)
    );
    let about = |kind: &str, data: Value| json!({"type":kind,"call":new["id"],"data":data});
    carol.do_it(about("accept", json!({"media":["audio"]}))).await;
    alice.do_it(about("connected", json!({"route":"direct"}))).await;
    alice.do_it(about("hangup", json!({}))).await;
    assert_eq!(bed.history("bob").await, [["in", "answered", "transferred", "alice"]]);
    assert_eq!(
        bed.history("alice").await,
        [["out", "answered", "hangup", "carol"], ["out", "answered", "transferred", "bob"]]
    );
    assert_eq!(bed.history("carol").await, [["in", "answered", "hangup", "alice"]]);
    alice.do_it(invite(3, "bob")).await;
    assert_eq!(bob.hear_call("inviting").await["id"], call_id(3), "the pair of the old call is free");
}

#[tokio::test]
async fn two_who_talk_to_the_same_device_are_connected_with_each_other() {
    let (bed, mut alice, mut bob, mut carol) = three().await;
    active(1, &mut alice, &mut bob, "bob").await;
    active(2, &mut bob, &mut carol, "carol").await;
    bob.do_it(transfer_between(1, 2)).await;
    bob.do_it(transfer_between(1, 2)).await;
    let hers = handed_over(&mut alice, 1).await;
    let carols = handed_over(&mut carol, 2).await;
    assert_eq!(hers["id"], carols["id"]);
    for (view, follows, peer) in [(&hers, 1, "carol/phone"), (&carols, 2, "alice/phone")] {
        assert_eq!((&view["state"], &view["you"]), (&json!("connecting"), &json!("active")));
        assert_eq!((&view["follows"], &view["transferred_by"]), (&json!(call_id(follows)), &json!("Bob")));
        assert_eq!(view["peer"]["address"], peer);
    }
    assert_eq!((&hers["role"], &hers["offerer"]), (&json!("caller"), &json!("caller")));
    alice.say(json!({"type":"offer","call":hers["id"],"gen":0,"data":{"type":"offer","sdp":"v=0"}})).await;
    assert_eq!(carol.hear_type("offer").await["from"], "alice/phone");
    assert_eq!(
        bed.history("bob").await.iter().map(|row| row[2].as_str()).collect::<Vec<_>>(),
        ["transferred", "transferred"]
    );
    assert_eq!(alice.refused(invite(5, "carol")).await, "you_busy", "they are in a call with each other");
}

#[tokio::test]
async fn where_nothing_can_be_handed_over_the_call_goes_on() {
    let (bed, mut alice, mut bob, mut carol) = three().await;
    bed.person("dave", "Dave").await;
    let mut dave = bed.phone("dave", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    assert_eq!(alice.refused(transfer_to(1, "carol")).await, "bad_state", "before the answer");
    alice.do_it(verb("hangup", 1)).await;
    active(2, &mut alice, &mut bob, "bob").await;
    assert_eq!(alice.refused(transfer_to(2, "nobody")).await, "not_found");
    assert_eq!(alice.refused(transfer_to(2, "bob")).await, "bad_state");
    assert_eq!(alice.refused(transfer_to(2, "alice")).await, "bad_state");
    assert_eq!(alice.refused(transfer_between(2, 2)).await, "bad_message");
    assert_eq!(alice.refused(transfer_between(2, 77)).await, "not_your_call");
    assert_eq!(carol.refused(transfer_to(2, "dave")).await, "not_your_call");
    let mut ipad = bed.phone("bob", "ipad").await;
    assert_eq!(ipad.refused(transfer_to(2, "carol")).await, "answered_elsewhere");

    bed.ask("carol", "PUT", "/api/preferences", json!({"call_waiting": false})).await;
    active(3, &mut dave, &mut carol, "carol").await;
    assert_eq!(alice.refused(transfer_to(2, "carol")).await, "busy");
    dave.do_it(verb("hangup", 3)).await;
    // Carol is just calling Bob, who would be handed over to her.
    carol.do_it(invite(4, "bob")).await;
    bed.ask("carol", "PUT", "/api/preferences", json!({"call_waiting": true})).await;
    assert_eq!(alice.refused(transfer_to(2, "carol")).await, "busy");
    carol.do_it(verb("hangup", 4)).await;

    bob.say(json!({"type":"bye"})).await;
    bed.until_sockets(4).await;
    assert_eq!(alice.refused(transfer_to(2, "carol")).await, "unreachable", "there is nobody to hand over");
    alice.do_it(verb("hangup", 2)).await;
    assert_eq!(alice.refused(transfer_to(2, "carol")).await, "call_ended");
}

#[tokio::test]
async fn a_transfer_and_a_hang_up_at_once_leave_one_of_the_two() {
    let (_bed, mut alice, mut bob, mut carol) = three().await;
    active(1, &mut alice, &mut bob, "bob").await;
    let (transferred, _) = tokio::join!(bob.ask(transfer_to(1, "carol")), alice.do_it(verb("hangup", 1)));
    let ended = alice.hear_until("ended").await;
    if transferred["type"] == "ok" {
        assert_eq!(ended["reason"], "transferred");
        assert_eq!(carol.hear_call("inviting").await["transferred_by"], "Bob");
    } else {
        assert_eq!(
            (&transferred["data"]["code"], &ended["reason"]),
            (&json!("call_ended"), &json!("hangup"))
        );
        carol.hears_nothing().await;
    }
}

#[tokio::test]
async fn handing_over_counts_among_the_calls_of_a_minute() {
    let bed = Bed::new(&["signaling.invites_per_minute=2"]).await;
    for name in ["alice", "bob", "carol"] {
        bed.person(name, name).await;
    }
    let mut alice = bed.phone("alice", "phone").await;
    let mut bob = bed.phone("bob", "phone").await;
    active(1, &mut alice, &mut bob, "bob").await;
    assert_eq!(alice.refused(transfer_to(1, "nobody")).await, "not_found");
    assert_eq!(alice.refused(transfer_to(1, "carol")).await, "rate_limited");
}

#[tokio::test]
async fn what_somebody_calls_another_in_their_contacts_is_told_to_nobody_by_a_transfer() {
    let (bed, mut alice, mut bob, mut carol) = three().await;
    for (owner, whom, name) in
        [("bob", "alice", "Sweetheart"), ("bob", "carol", "The Boss"), ("carol", "alice", "Ally")]
    {
        let contact = json!({"display_name": name});
        bed.ask(owner, "PUT", &format!("/api/contacts/{whom}"), contact).await;
    }
    active(1, &mut alice, &mut bob, "bob").await;
    active(2, &mut bob, &mut carol, "carol").await;
    bob.do_it(transfer_between(1, 2)).await;
    let hers = handed_over(&mut alice, 1).await;
    assert_eq!((&hers["peer"]["name"], &hers["peer"].get("contact")), (&json!("Carol"), &None));
    let carols = handed_over(&mut carol, 2).await;
    assert_eq!((&carols["peer"]["name"], &carols["peer"]["contact"]), (&json!("Ally"), &json!(true)));
}

#[tokio::test]
async fn nobody_is_connected_with_whom_they_have_blocked() {
    let (bed, mut alice, mut bob, mut carol) = three().await;
    bed.ask("carol", "PUT", "/api/blocks/alice", json!({})).await;
    active(1, &mut alice, &mut bob, "bob").await;
    active(2, &mut bob, &mut carol, "carol").await;
    assert_eq!(bob.refused(transfer_between(1, 2)).await, "busy");
    bob.do_it(verb("hangup", 2)).await;
    carol.hear_until("ended").await;
    while carol.hear_type("changed").await["data"]["what"] != json!(["history"]) {}
    bob.do_it(transfer_to(1, "carol")).await;
    assert_eq!(handed_over(&mut alice, 1).await["state"], "inviting", "as for any caller");
    carol.hears_nothing().await;
}
