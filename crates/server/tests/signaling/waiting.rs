//! A second call beside the first: it rings, and a device carries both.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, connected, invite, verb};

/// Alice talks to Bob, and Carol calls him.
async fn waiting() -> (Bed, Phone, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    for name in ["alice", "bob", "carol"] {
        bed.person(name, name).await;
    }
    let mut alice = bed.phone("alice", "phone").await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut carol = bed.phone("carol", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    alice.do_it(connected(1)).await;
    carol.do_it(invite(2, "bob")).await;
    let second = hear_of(&mut bob, 2, "inviting").await;
    assert_eq!(second["you"], "ringing");
    bob.do_it(verb("ringing", 2)).await;
    hear_of(&mut carol, 2, "ringing").await;
    (bed, alice, bob, carol)
}

async fn hear_of(phone: &mut Phone, n: u128, state: &str) -> Value {
    phone.hear_call_where(|call| call["id"] == call_id(n) && call["state"] == state).await
}

fn hold(n: u128, hold: bool) -> Value {
    json!({"type":"media","call":call_id(n),"data":{"audio":!hold,"video":false,"hold":hold}})
}

#[tokio::test]
async fn who_holds_one_call_and_answers_another_carries_both_until_each_ends() {
    let (bed, mut alice, mut bob, mut carol) = waiting().await;
    bob.say(hold(1, true)).await;
    bob.do_it(accept(2)).await;
    assert_eq!(alice.hear_type("media").await["data"]["hold"], true);
    hear_of(&mut carol, 2, "connecting").await;

    let unnamed = json!({"type":"candidate","data":null});
    assert_eq!(bob.refused(unnamed.clone()).await, "bad_message", "of which call?");
    carol.say(unnamed).await;
    assert_eq!(bob.hear_type("candidate").await["call"], call_id(2));

    carol.do_it(verb("hangup", 2)).await;
    bob.say(hold(1, false)).await;
    assert_eq!(alice.hear_type("media").await["data"]["hold"], false);
    bob.do_it(verb("hangup", 1)).await;
    assert_eq!(
        bed.history("bob").await.iter().map(|row| row[3].as_str()).collect::<Vec<_>>(),
        ["carol", "alice"]
    );
}

#[tokio::test]
async fn who_ends_one_call_and_answers_another_says_so_in_one_breath() {
    let (_bed, mut alice, mut bob, mut carol) = waiting().await;
    bob.say(verb("hangup", 1)).await;
    bob.say(accept(2)).await;
    assert_eq!(hear_of(&mut alice, 1, "ended").await["reason"], "hangup");
    hear_of(&mut carol, 2, "connecting").await;
}

#[tokio::test]
async fn a_second_call_may_be_declined_be_called_busy_or_be_answered_on_another_device() {
    let (bed, mut alice, mut bob, mut carol) = waiting().await;
    bob.do_it(verb("hangup", 2)).await;
    assert_eq!(hear_of(&mut carol, 2, "ended").await["reason"], "rejected");

    carol.do_it(invite(3, "bob")).await;
    hear_of(&mut bob, 3, "inviting").await;
    bob.do_it(json!({"type":"hangup","call":call_id(3),"data":{"reason":"busy"}})).await;
    assert_eq!(hear_of(&mut carol, 3, "ended").await["reason"], "busy");

    let mut tablet = bed.phone("bob", "tablet").await;
    carol.do_it(invite(4, "bob")).await;
    tablet.do_it(accept(4)).await;
    assert_eq!(hear_of(&mut bob, 4, "connecting").await["you"], "elsewhere");
    alice.do_it(verb("hangup", 1)).await;
}

#[tokio::test]
async fn a_device_that_goes_away_goes_from_all_its_calls_and_finds_all_of_them_again() {
    let (bed, mut alice, mut bob, mut carol) = waiting().await;
    bob.do_it(accept(2)).await;
    bob.say(json!({"type":"bye"})).await;
    bed.until_sockets(2).await;
    let (mut bob, welcome) = bed.phone_with("bob", "phone", json!([])).await;
    let calls = welcome["data"]["calls"].as_array().unwrap();
    let mut ids: Vec<_> = calls.iter().map(|call| call["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, [call_id(1), call_id(2)]);
    for (n, other) in [(1, &mut alice), (2, &mut carol)] {
        bob.do_it(json!({"type":"resume","call":call_id(n),"gen":0})).await;
        other.hear_call_where(|call| call["gen"] == 1).await;
    }
}

#[tokio::test]
async fn who_is_in_sixteen_calls_is_busy() {
    let bed = Bed::new(&[]).await;
    bed.person("bob", "Bob").await;
    let _bob = bed.phone("bob", "phone").await;
    for n in 1..=17 {
        let name = format!("caller{n}");
        bed.person(&name, &name).await;
        let mut caller = bed.phone(&name, "phone").await;
        caller.do_it(invite(n, "bob")).await;
        let first = caller.hear_type("call").await["data"].clone();
        if n <= 16 {
            assert_eq!(first["state"], "inviting", "{n}");
        } else {
            assert_eq!((&first["state"], &first["reason"]), (&json!("ended"), &json!("busy")));
        }
    }
}
