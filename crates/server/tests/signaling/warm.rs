//! The warm ring over real sockets: a path is found while it rings, and nothing else flows.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, invite, ringing_warm, verb};

/// Alice calls Bob; his phone rings and wants an offer, his tablet only rings.
async fn ringing() -> (Bed, Phone, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut phone = bed.phone("bob", "phone").await;
    let mut tablet = bed.phone("bob", "tablet").await;
    alice.do_it(invite(1, "bob")).await;
    phone.do_it(ringing_warm(1)).await;
    tablet.do_it(verb("ringing", 1)).await;
    alice.hear_call("inviting").await;
    assert_eq!(alice.hear_call("ringing").await["warm"], json!(["bob/phone"]));
    for bobs in [&mut phone, &mut tablet] {
        bobs.hear_call("inviting").await;
        assert_eq!(bobs.hear_call("ringing").await.get("warm"), None, "it is the caller's list");
    }
    (bed, alice, phone, tablet)
}

fn payload(kind: &str, id: &str, to: Option<&str>) -> Value {
    let mut payload = json!({"type":kind,"id":id,"call":call_id(1),"gen":0,"data":{"any":"thing"}});
    if let Some(to) = to {
        payload["to"] = json!(to);
    }
    payload
}

fn ack(from: &str, id: &str) -> Value {
    json!({"type":"ack","call":call_id(1),"data":{"from":from,"id":id}})
}

#[tokio::test]
async fn offer_answer_and_candidates_go_both_ways_while_it_rings_and_are_acked() {
    let (_bed, mut alice, mut phone, mut tablet) = ringing().await;
    alice.say(payload("offer", "a.1", Some("phone"))).await;
    let heard = json!({"type":"offer","data":{"any":"thing"},"call":call_id(1),"gen":0,"id":"a.1","from":"alice/tab"});
    assert_eq!(phone.hear().await, heard);
    phone.say(ack("alice/tab", "a.1")).await;
    assert_eq!(alice.hear().await, json!({"type":"ok","data":{"call":call_id(1)},"re":"a.1"}));
    for kind in ["answer", "candidate"] {
        phone.say(payload(kind, "p.1", None)).await;
        let heard = alice.hear().await;
        assert_eq!((&heard["type"], &heard["from"]), (&json!(kind), &json!("bob/phone")));
        alice.say(ack("bob/phone", "p.1")).await;
        assert_eq!(phone.hear().await["re"], "p.1");
    }
    tablet.hears_nothing().await;
}

#[tokio::test]
async fn before_the_answer_nothing_is_passed_on_but_between_the_caller_and_a_device_that_asked_for_it() {
    let (bed, mut alice, mut phone, mut tablet) = ringing().await;
    let mut laptop = bed.phone("alice", "laptop").await;
    for kind in ["offer", "answer", "candidate", "media"] {
        assert_eq!(alice.refused(payload(kind, "", None)).await, "bad_state", "to whom?");
        assert_eq!(alice.refused(payload(kind, "", Some("tablet"))).await, "bad_state");
        assert_eq!(tablet.refused(payload(kind, "", None)).await, "bad_state");
        assert_eq!(laptop.refused(payload(kind, "", Some("phone"))).await, "not_your_call");
    }
    assert_eq!(phone.refused(payload("media", "", None)).await, "bad_state", "its user has not answered");
    assert_eq!(tablet.refused(ack("alice/tab", "a.1")).await, "not_your_call");
    let mut other_gen = payload("offer", "", Some("phone"));
    other_gen["gen"] = json!(1);
    assert_eq!(alice.refused(other_gen).await, "wrong_gen");
    for quiet in [&mut phone, &mut tablet] {
        quiet.hears_nothing().await;
    }
}

#[tokio::test]
async fn with_the_answer_the_path_is_the_calls_and_a_late_payload_of_the_others_goes_nowhere() {
    let (_bed, mut alice, mut phone, mut tablet) = ringing().await;
    tablet.do_it(ringing_warm(1)).await;
    assert_eq!(alice.hear_call("ringing").await["warm"], json!(["bob/phone", "bob/tablet"]));
    phone.do_it(accept(1)).await;
    let answered = alice.hear_until("connecting").await;
    assert_eq!((&answered["gen"], answered.get("warm")), (&json!(0), None));
    assert_eq!(tablet.refused(payload("candidate", "", None)).await, "answered_elsewhere");
    assert_eq!(alice.refused(payload("candidate", "", Some("tablet"))).await, "answered_elsewhere");
    alice.say(payload("candidate", "a.7", None)).await;
    assert_eq!(phone.hear_type("candidate").await["id"], "a.7");
    phone.say(payload("media", "p.8", None)).await;
    assert_eq!(alice.hear_type("media").await["id"], "p.8");
}

#[tokio::test]
async fn a_warm_device_that_goes_away_is_taken_off_the_list_and_a_new_page_asks_anew() {
    let (bed, mut alice, phone, _tablet) = ringing().await;
    drop(phone);
    let gone = alice.hear_call("ringing").await;
    assert_eq!(gone.get("warm"), None);
    assert_eq!(alice.refused(payload("offer", "", Some("phone"))).await, "bad_state");

    let (mut phone, welcome) = bed.phone_with("bob", "phone", json!([])).await;
    let rev = welcome["data"]["calls"][0]["rev"].clone();
    phone.do_it(ringing_warm(1)).await;
    assert_eq!(alice.hear_call("ringing").await["warm"], json!(["bob/phone"]));

    // The page that holds the call comes over another socket: what was prepared still stands.
    let held = json!([{"id":call_id(1),"rev":rev}]);
    let (_phone, _) = bed.phone_with("bob", "phone", held).await;
    alice.hears_nothing().await;
    // One that knows nothing of the call replaces it before its loss was noticed.
    let (_phone, _) = bed.phone_with("bob", "phone", json!([])).await;
    assert_eq!(alice.hear_call("ringing").await.get("warm"), None);
}

#[tokio::test]
async fn candidates_are_counted_for_each_pair_of_devices() {
    let bed = Bed::new(&["signaling.messages_per_second=10000", "signaling.message_burst=10000"]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut phone = bed.phone("bob", "phone").await;
    let mut tablet = bed.phone("bob", "tablet").await;
    alice.do_it(invite(1, "bob")).await;
    phone.do_it(ringing_warm(1)).await;
    tablet.do_it(ringing_warm(1)).await;
    let candidate = |to: &str| json!({"type":"candidate","data":null,"to":to});
    for _ in 0..visavis_proto::limits::CANDIDATES_PER_GEN {
        alice.say(candidate("phone")).await;
        // An outbox is bounded, so whoever is sent this much must read.
        phone.hear_type("candidate").await;
    }
    assert_eq!(alice.refused(candidate("phone")).await, "too_large");
    alice.say(candidate("tablet")).await;
    assert_eq!(tablet.hear_type("candidate").await["from"], "alice/tab");
    phone.say(json!({"type":"candidate","data":null})).await;
    assert_eq!(alice.hear_type("candidate").await["from"], "bob/phone");
}
