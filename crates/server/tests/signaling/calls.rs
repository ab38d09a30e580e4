//! Calls from invite to end.

use serde_json::{Value, json};

use crate::bed::{Bed, accept, call_id, connected, invite, verb};

async fn two_people(settings: &[&str]) -> Bed {
    let bed = Bed::new(settings).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    bed
}

/// A snapshot without what differs from run to run.
fn told(call: &Value) -> Value {
    let mut call = call.clone();
    let fields = call.as_object_mut().unwrap();
    fields.remove("rev");
    let capsule = fields.remove("capsule");
    assert_eq!(capsule.is_some(), fields["state"] != "ended", "a live call has a capsule, an ended one none");
    let relay = fields.remove("relay");
    assert_eq!(relay.is_some(), fields["state"] != "ended", "a live call is relayed, an ended one is not");
    if let Some(left) = fields.get_mut("expires_in_ms") {
        assert!(left.as_u64().unwrap() > 0);
        *left = json!("some");
    }
    for name in ["active_ms", "duration_ms"] {
        let Some(duration) = fields.get_mut(name) else { continue };
        assert!(duration.as_u64().unwrap() < 60_000);
        *duration = json!("some");
    }
    call
}

#[tokio::test]
async fn a_call_is_told_to_both_from_the_invite_to_the_hang_up() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;

    assert_eq!(alice.do_it(invite(1, "bob")).await, json!({"call": call_id(1)}));
    let caller = |state: &str| {
        json!({"id":call_id(1),"state":state,"role":"caller","you":"active","peer":{"id":"bob","name":"Bob"},
            "media":["audio","video"],"gen":0,"offerer":"caller","expires_in_ms":"some"})
    };
    let callee = |state: &str| {
        json!({"id":call_id(1),"state":state,"role":"callee","you":"ringing",
            "peer":{"id":"alice","name":"Alice","address":"alice/tab"},
            "media":["audio","video"],"gen":0,"offerer":"caller","expires_in_ms":"some"})
    };
    assert_eq!(told(&alice.hear_call("inviting").await), caller("inviting"));
    assert_eq!(told(&bob.hear_call("inviting").await), callee("inviting"));

    bob.do_it(verb("ringing", 1)).await;
    assert_eq!(told(&alice.hear_call("ringing").await), caller("ringing"));
    assert_eq!(told(&bob.hear_call("ringing").await), callee("ringing"));

    bob.do_it(accept(1)).await;
    let mut caller = caller("connecting");
    caller["peer"]["address"] = json!("bob/phone");
    caller.as_object_mut().unwrap().remove("expires_in_ms");
    let mut callee = callee("connecting");
    callee["you"] = json!("active");
    callee.as_object_mut().unwrap().remove("expires_in_ms");
    assert_eq!(told(&alice.hear_call("connecting").await), caller);
    assert_eq!(told(&bob.hear_call("connecting").await), callee);

    alice.do_it(connected(1)).await;
    bob.do_it(connected(1)).await;
    caller["state"] = json!("active");
    callee["state"] = json!("active");
    for view in [&mut caller, &mut callee] {
        view["active_ms"] = json!("some");
    }
    assert_eq!(told(&alice.hear_call("active").await), caller);
    assert_eq!(told(&bob.hear_call("active").await), callee);

    bob.do_it(verb("hangup", 1)).await;
    for view in [&mut caller, &mut callee] {
        view["state"] = json!("ended");
        view.as_object_mut().unwrap().remove("active_ms");
        view["reason"] = json!("hangup");
        view["duration_ms"] = json!("some");
    }
    assert_eq!(told(&alice.hear_call("ended").await), caller);
    assert_eq!(told(&bob.hear_call("ended").await), callee);
    assert_eq!(bed.history("alice").await, [["out", "answered", "hangup", "bob"]]);
    assert_eq!(bed.history("bob").await, [["in", "answered", "hangup", "alice"]]);
}

#[tokio::test]
async fn cancel_reject_and_a_second_hang_up_end_as_they_should() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;

    alice.do_it(invite(1, "bob")).await;
    bob.hear_call("inviting").await;
    alice.do_it(verb("hangup", 1)).await;
    assert_eq!(bob.hear_call("ended").await["reason"], "cancelled");
    assert_eq!(bob.refused(accept(1)).await, "call_ended");
    alice.do_it(verb("hangup", 1)).await;

    alice.do_it(invite(2, "bob")).await;
    bob.hear_call("inviting").await;
    bob.do_it(verb("hangup", 2)).await;
    assert_eq!(bob.hear_call("ended").await["reason"], "rejected");
    assert_eq!(
        bed.history("bob").await,
        [["in", "declined", "rejected", "alice"], ["in", "missed", "cancelled", "alice"]]
    );
}

#[tokio::test]
async fn two_devices_ring_one_answers_and_the_other_learns_where() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut phone = bed.phone("bob", "phone").await;
    let mut ipad = bed.phone("bob", "ipad").await;
    alice.do_it(invite(1, "bob")).await;
    phone.do_it(verb("ringing", 1)).await;
    ipad.do_it(verb("ringing", 1)).await;
    phone.do_it(accept(1)).await;
    let elsewhere = loop {
        let call = ipad.hear_type("call").await["data"].clone();
        if call["state"] == "connecting" {
            break call;
        }
    };
    assert_eq!(elsewhere["you"], "elsewhere");
    assert_eq!(elsewhere["answered_on"], "bob's phone");
    assert_eq!(ipad.refused(accept(1)).await, "answered_elsewhere");
    assert_eq!(ipad.refused(verb("hangup", 1)).await, "answered_elsewhere");
    phone.do_it(verb("hangup", 1)).await;
}

#[tokio::test]
async fn two_who_call_each_other_at_once_are_in_one_call() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    let (first, second) = tokio::join!(alice.do_it(invite(1, "bob")), bob.do_it(invite(2, "alice")));
    let (merged, call) = if second["merged"] == true { (second, 1) } else { (first, 2) };
    assert_eq!(merged, json!({"call": call_id(call), "merged": true}));
    for phone in [&mut alice, &mut bob] {
        loop {
            let view = phone.hear_type("call").await["data"].clone();
            assert_eq!(view["id"], call_id(call), "the other call never was");
            if view["state"] == "connecting" {
                break;
            }
        }
    }
}

#[tokio::test]
async fn busy_and_unknown_people_are_told_apart() {
    let bed = two_people(&[]).await;
    bed.person("carol", "Carol").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut carol = bed.phone("carol", "tab").await;
    assert_eq!(alice.refused(invite(9, "nobody")).await, "not_found");
    bed.ask("bob", "PUT", "/api/preferences", json!({"call_waiting": false})).await;
    alice.do_it(invite(1, "bob")).await;
    bob.hear_call("inviting").await;
    carol.do_it(invite(3, "bob")).await;
    assert_eq!(carol.hear_call("ended").await["reason"], "busy");
    assert_eq!(bed.history("bob").await, [["in", "missed", "busy", "carol"]]);
}

#[tokio::test]
async fn a_device_carries_four_calls_and_no_fifth() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut laptop = bed.phone("alice", "laptop").await;
    let mut others = Vec::new();
    for n in 1..=5 {
        let name = format!("friend{n}");
        bed.person(&name, &name).await;
        others.push(bed.phone(&name, "phone").await);
    }
    for n in 1..=4 {
        alice.do_it(invite(n, &format!("friend{n}"))).await;
    }
    assert_eq!(alice.refused(invite(5, "friend5")).await, "you_busy");
    assert_eq!(alice.refused(invite(6, "friend1")).await, "you_busy", "they are in a call with each other");
    laptop.do_it(invite(5, "friend5")).await;
    others[4].do_it(accept(5)).await;
    let take = json!({"type":"take","call":call_id(5),"data":{"media":["audio"]}});
    assert_eq!(alice.refused(take.clone()).await, "you_busy");
    alice.do_it(verb("hangup", 1)).await;
    alice.do_it(take.clone()).await;
    alice.do_it(take).await;
}

#[tokio::test]
async fn a_call_that_nobody_hears_is_unreachable_and_one_that_only_rings_has_no_answer() {
    let bed = two_people(&["calls.unreachable_ms=3000", "calls.ring_timeout_ms=1000"]).await;
    let mut alice = bed.phone("alice", "tab").await;
    alice.do_it(invite(1, "bob")).await;
    alice.hear_call("inviting").await;
    assert_eq!(alice.hear_call("ended").await["reason"], "unreachable");

    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(2, "bob")).await;
    bob.do_it(verb("ringing", 2)).await;
    alice.hear_call("inviting").await;
    alice.hear_call("ringing").await;
    assert_eq!(alice.hear_call("ended").await["reason"], "no_answer");
    assert_eq!(
        bed.history("bob").await,
        [["in", "missed", "no_answer", "alice"], ["in", "missed", "unreachable", "alice"]]
    );
}

#[tokio::test]
async fn a_device_that_comes_while_it_rings_is_told_and_may_answer() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    alice.do_it(invite(1, "bob")).await;
    let (mut bob, welcome) = bed.phone_with("bob", "phone", json!([])).await;
    assert_eq!(welcome["data"]["calls"][0]["id"], call_id(1));
    bob.do_it(accept(1)).await;
}

#[tokio::test]
async fn the_same_invite_twice_is_one_call_and_nobody_else_may_use_its_id() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    assert_eq!(alice.do_it(invite(1, "bob")).await, json!({"call": call_id(1)}));
    assert_eq!(bob.refused(invite(1, "alice")).await, "not_your_call");
    assert_eq!(alice.refused(invite(1, "alice")).await, "conflict");
    bob.hear_call("inviting").await;
    bob.hears_nothing().await;
}

#[tokio::test]
async fn a_heartbeat_makes_good_what_a_device_has_missed() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let (mut bob, welcome) = bed.phone_with("bob", "phone", json!([])).await;
    let epoch = welcome["data"]["epoch"].clone();
    alice.do_it(invite(1, "bob")).await;
    let rev = bob.hear_call("inviting").await["rev"].clone();
    let ping = |calls: Value| json!({"type":"ping","data":{"epoch":epoch,"calls":calls}});

    bob.say(ping(json!([{"id":call_id(1),"rev":rev}]))).await;
    assert_eq!(bob.hear().await["type"], "pong", "nothing to repair");
    bob.say(ping(json!([]))).await;
    bob.hear_call("inviting").await;
    assert_eq!(bob.hear().await["type"], "pong");
    bob.say(ping(json!([{"id":call_id(1),"rev":rev},{"id":call_id(7),"rev":3}]))).await;
    let unknown = bob.hear().await;
    assert_eq!(
        (&unknown["type"], &unknown["data"]["code"], &unknown["data"]["call"]),
        (&json!("error"), &json!("not_found"), &json!(call_id(7)))
    );
}

#[tokio::test]
async fn who_calls_themselves_rings_their_other_devices_and_talks_between_two() {
    let bed = two_people(&[]).await;
    let mut desk = bed.phone("bob", "desk").await;
    let mut phone = bed.phone("bob", "phone").await;
    let mut tablet = bed.phone("bob", "tablet").await;
    desk.do_it(invite(1, "bob")).await;
    assert_eq!(desk.hear_call("inviting").await["you"], "active");
    assert_eq!(phone.hear_call("inviting").await["you"], "ringing");
    assert_eq!(desk.refused(accept(1)).await, "bad_state", "the calling device cannot answer itself");
    phone.do_it(json!({"type":"ringing","call":call_id(1),"data":{"warm":true}})).await;
    desk.hear_call_where(|call| call["warm"] == json!(["bob/phone"])).await;
    desk.say(json!({"type":"candidate","data":null,"to":"phone"})).await;
    assert_eq!(phone.hear_type("candidate").await["from"], "bob/desk");
    phone.do_it(accept(1)).await;
    assert_eq!(tablet.hear_until("connecting").await["answered_on"], "bob's phone");
    tablet.do_it(json!({"type":"take","call":call_id(1),"data":{"media":["audio"]}})).await;
    assert_eq!(phone.hear_call_where(|call| call["gen"] == 1).await["you"], "elsewhere");
    desk.say(json!({"type":"candidate","data":null})).await;
    assert_eq!(tablet.hear_type("candidate").await["gen"], 1);
    desk.do_it(verb("hangup", 1)).await;
    assert_eq!(bed.history("bob").await.len(), 1, "one person, one line");
}

#[tokio::test]
async fn calls_are_counted_as_answered_once_each() {
    let bed = two_people(&[]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    bob.do_it(json!({"type":"resume","call":call_id(1),"gen":0})).await;
    assert_eq!(bed.server.metrics.calls_answered.value(), 1);
}
