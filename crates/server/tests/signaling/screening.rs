//! Calls that do not ring: what their callers hear, field by field, and what the callee finds.

use serde_json::{Value, json};

use crate::bed::*;

/// Bob with one device, Alice whom he has not blocked, and Mallory whom he has.
async fn three_people(settings: &[&str]) -> Bed {
    let bed = Bed::new(settings).await;
    for (name, display_name) in [("alice", "Alice"), ("bob", "Bob"), ("mallory", "Mallory")] {
        bed.person(name, display_name).await;
    }
    bed.ask("bob", "PUT", "/api/blocks/mallory", json!(null)).await;
    bed
}

/// All that a caller hears of one call until it has ended and is in the history, without what differs from call to
/// call: its id, and the milliseconds that are left.
async fn heard(caller: &mut Phone, call: u128, to: &str, callee: Option<&mut Phone>) -> Vec<Value> {
    let mut heard = vec![caller.ask(invite(call, to)).await];
    if let Some(callee) = callee {
        callee.hear_call("inviting").await;
        callee.do_it(verb("ringing", call)).await;
    }
    loop {
        let mut message = caller.hear().await;
        let over = message["data"]["state"] == "ended";
        let data = message["data"].as_object_mut().unwrap();
        if data.contains_key("expires_in_ms") {
            data.insert("expires_in_ms".to_owned(), json!("…"));
        }
        if let Some(capsule) = data.get_mut("capsule") {
            *capsule = json!(capsule.as_str().unwrap().len());
        }
        if let Some(relay) = data.get_mut("relay") {
            // Random to whoever does not know the secret, and as long for everybody.
            *relay = json!(
                relay
                    .as_object()
                    .unwrap()
                    .values()
                    .map(|value| value.as_str().unwrap().len())
                    .collect::<Vec<_>>()
            );
        }
        heard.push(message);
        if over {
            break;
        }
    }
    let text = Value::from(heard).to_string().replace(&call_id(call), "THE CALL");
    serde_json::from_str(&text).unwrap()
}

/// Revisions of one call by their order: their distance says how busy the server is.
fn by_order(mut messages: Vec<Value>) -> Vec<Value> {
    let mut last = 0;
    for (order, message) in messages.iter_mut().filter(|message| message["type"] == "call").enumerate() {
        let rev = message["data"]["rev"].as_u64().unwrap();
        assert!(rev > last);
        last = rev;
        message["data"]["rev"] = json!(order);
    }
    messages
}

fn states(messages: &[Value]) -> Vec<String> {
    let word = |message: &Value| match message["type"].as_str().unwrap() {
        "call" => message["data"]["state"].as_str().unwrap().to_owned(),
        other => other.to_owned(),
    };
    messages.iter().map(word).collect()
}

#[tokio::test]
async fn a_blocked_caller_hears_field_by_field_what_an_unanswered_caller_hears() {
    let bed = three_people(&["calls.ring_timeout_ms=1000"]).await;
    let mut bob = bed.phone("bob", "phone").await;
    let (mut alice, mut mallory) = (bed.phone("alice", "tab").await, bed.phone("mallory", "tab").await);

    let unanswered = by_order(heard(&mut alice, 1, "bob", Some(&mut bob)).await);
    bob.hear_call("ringing").await;
    bob.hear_call("ended").await;
    bob.hear_type("changed").await;
    let blocked = by_order(heard(&mut mallory, 2, "bob", None).await);

    assert_eq!(states(&unanswered), ["ok", "inviting", "ringing", "changed", "ended"]);
    assert_eq!(unanswered.last().unwrap()["data"]["reason"], "no_answer");
    let renamed: Vec<Value> = serde_json::from_str(
        &Value::from(blocked).to_string().replace("mallory", "alice").replace("Mallory", "Alice"),
    )
    .unwrap();
    assert_eq!(renamed, unanswered);
    bob.hears_nothing().await;
    assert_eq!(bed.history("bob").await, [["in", "missed", "no_answer", "alice"]]);
    let lines = |of: Vec<[String; 4]>| of.into_iter().map(|line| line.join(" ")).collect::<Vec<_>>();
    assert_eq!(lines(bed.history("mallory").await), lines(bed.history("alice").await));
}

#[tokio::test]
async fn a_blocked_caller_does_not_learn_whether_the_callee_is_online() {
    let bed = three_people(&["calls.ring_timeout_ms=1000", "calls.unreachable_ms=1000"]).await;
    let mut mallory = bed.phone("mallory", "tab").await;

    let offline = by_order(heard(&mut mallory, 1, "bob", None).await);
    let mut bob = bed.phone("bob", "phone").await;
    let online = by_order(heard(&mut mallory, 2, "bob", None).await);

    assert_eq!(states(&offline), ["ok", "inviting", "ringing", "changed", "ended"]);
    assert_eq!(offline.last().unwrap()["data"]["reason"], "no_answer");
    assert_eq!(offline, online);
    bob.hears_nothing().await;
    assert!(bed.history("bob").await.is_empty());
}

#[tokio::test]
async fn do_not_disturb_lets_nothing_ring_and_leaves_a_quiet_line() {
    let bed = three_people(&[]).await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut alice = bed.phone("alice", "tab").await;
    bed.ask("bob", "PUT", "/api/preferences", json!({"do_not_disturb": {"on": true}})).await;
    assert_eq!(bob.hear_type("changed").await["data"]["what"], json!(["preferences"]));

    alice.do_it(invite(1, "bob")).await;
    alice.hear_call("inviting").await;
    alice.hear_call("ringing").await;
    alice.do_it(verb("hangup", 1)).await;

    assert_eq!(bob.hear().await["type"], "changed", "of the call itself Bob hears nothing");
    let page = bed.ask("bob", "GET", "/api/history", json!(null)).await;
    let line = &page["calls"][0];
    assert_eq!(
        (&line["outcome"], &line["quiet"], &line["request"]),
        (&json!("missed"), &json!(true), &json!(null))
    );
    assert_eq!((&page["missed"], &page["requests"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_favourites_second_call_rings_through_do_not_disturb() {
    let bed = three_people(&[]).await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut alice = bed.phone("alice", "tab").await;
    bed.ask("bob", "PUT", "/api/contacts/alice", json!({"favourite": true, "display_name": "Ally"})).await;
    bed.ask("bob", "PUT", "/api/preferences", json!({"do_not_disturb": {"on": true}})).await;

    alice.do_it(invite(1, "bob")).await;
    alice.do_it(verb("hangup", 1)).await;
    alice.do_it(invite(2, "bob")).await;

    let call = bob.hear_call("inviting").await;
    assert_eq!((&call["id"], &call["peer"]["name"]), (&json!(call_id(2)), &json!("Ally")));
    assert_eq!(call["peer"]["contact"], true);
}

#[tokio::test]
async fn a_stranger_leaves_a_request_and_rings_once_they_are_a_contact() {
    let bed = three_people(&[]).await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut alice = bed.phone("alice", "tab").await;
    bed.ask("bob", "PUT", "/api/preferences", json!({"callers": "contacts"})).await;

    alice.do_it(invite(1, "bob")).await;
    alice.do_it(verb("hangup", 1)).await;
    let page = bed.ask("bob", "GET", "/api/history", json!(null)).await;
    assert_eq!((&page["calls"][0]["request"], &page["requests"]), (&json!(true), &json!(1)));
    assert_eq!(page["missed"], 0);

    bed.ask("bob", "PUT", "/api/contacts/alice", json!({})).await;
    alice.do_it(invite(2, "bob")).await;
    assert_eq!(bob.hear_call("inviting").await["id"], call_id(2));
}

#[tokio::test]
async fn the_fourth_call_without_an_answer_is_silent_and_its_caller_is_told() {
    let bed = three_people(&[]).await;
    let mut bob = bed.phone("bob", "phone").await;
    let (mut alice, mut mallory) = (bed.phone("alice", "tab").await, bed.phone("mallory", "tab").await);
    for call in 1..=3 {
        alice.do_it(invite(call, "bob")).await;
        assert_eq!(alice.hear_call("inviting").await["quiet"], json!(null));
        bob.hear_call("inviting").await;
        bob.do_it(verb("ringing", call)).await;
        alice.do_it(verb("hangup", call)).await;
        bob.hear_call("ringing").await;
        bob.hear_call("ended").await;
        bob.hear_type("changed").await;
        alice.hear_call("ringing").await;
        alice.hear_call("ended").await;
        mallory.do_it(invite(10 + call, "bob")).await;
        mallory.hear_call("inviting").await;
        mallory.hear_call("ringing").await;
        mallory.do_it(verb("hangup", 10 + call)).await;
        mallory.hear_call("ended").await;
    }

    alice.do_it(invite(4, "bob")).await;
    assert_eq!(alice.hear_call("inviting").await["quiet"], true);
    mallory.do_it(invite(14, "bob")).await;
    assert_eq!(mallory.hear_call("inviting").await["quiet"], true, "a block shows in nothing");
    bob.hears_nothing().await;
    alice.do_it(verb("hangup", 4)).await;
    assert_eq!(bed.history("bob").await.len(), 4);
}

#[tokio::test]
async fn call_waiting_rings_for_a_second_call_unless_it_is_off() {
    let bed = three_people(&[]).await;
    bed.person("carol", "Carol").await;
    let mut bob = bed.phone("bob", "phone").await;
    let (mut alice, mut carol) = (bed.phone("alice", "tab").await, bed.phone("carol", "tab").await);
    alice.do_it(invite(1, "bob")).await;
    bob.hear_call("inviting").await;
    bob.do_it(accept(1)).await;
    bob.hear_call("connecting").await;

    carol.do_it(invite(2, "bob")).await;
    assert_eq!(bob.hear_call("inviting").await["id"], call_id(2));
    carol.do_it(verb("hangup", 2)).await;
    bed.ask("bob", "PUT", "/api/preferences", json!({"call_waiting": false})).await;
    carol.do_it(invite(3, "bob")).await;

    carol.hear_call("inviting").await;
    carol.hear_call("ended").await;
    assert_eq!(carol.hear_call("ended").await["reason"], "busy");
}

#[tokio::test]
async fn who_calls_somebody_they_have_blocked_and_who_is_calling_them_talks_to_them() {
    let bed = three_people(&[]).await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut mallory = bed.phone("mallory", "tab").await;
    mallory.do_it(invite(1, "bob")).await;

    let done = bob.do_it(invite(2, "mallory")).await;

    assert_eq!(done, json!({"call": call_id(1), "merged": true}));
    assert_eq!(bob.hear_call("connecting").await["id"], call_id(1));
    bob.do_it(verb("hangup", 1)).await;
    assert_eq!(bob.hear_call("ended").await["reason"], "hangup");
    bob.do_it(invite(3, "alice")).await;
}

#[tokio::test]
async fn welcome_tells_how_its_user_wishes_to_be_called() {
    let bed = three_people(&[]).await;
    bed.ask("bob", "PUT", "/api/preferences", json!({"hide_address": true})).await;

    let (_bob, welcome) = bed.phone_with("bob", "phone", json!([])).await;

    assert_eq!(welcome["data"]["preferences"]["hide_address"], true);
    assert_eq!(welcome["data"]["preferences"]["callers"], "everyone");
}
