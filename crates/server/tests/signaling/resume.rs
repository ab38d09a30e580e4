//! Pages that were reloaded during a call: both sides make a new peer connection.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, invite, verb};

async fn answered() -> (Bed, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    (bed, alice, bob)
}

fn resume(generation: u32) -> Value {
    json!({"type":"resume","call":call_id(1),"gen":generation})
}

fn offer(generation: u32) -> Value {
    json!({"type":"offer","call":call_id(1),"gen":generation,"data":{"type":"offer","sdp":"v=0"}})
}

#[tokio::test]
async fn a_reloaded_page_resumes_in_the_next_generation_and_payloads_of_the_last_are_refused() {
    let (bed, mut alice, bob) = answered().await;
    drop(bob);
    bed.until_sockets(1).await;
    let (mut bob, welcome) = bed.phone_with("bob", "phone", json!([])).await;
    assert_eq!(welcome["data"]["calls"][0]["gen"], 0);
    assert_eq!(bob.do_it(resume(0)).await, json!({"call": call_id(1)}));
    assert_eq!(bob.do_it(resume(0)).await, json!({"call": call_id(1)}), "said again");
    assert_eq!(alice.hear_call_where(|call| call["gen"] == 1).await["peer"].get("lost"), None);
    assert_eq!(alice.refused(offer(0)).await, "wrong_gen");
    assert_eq!(bob.refused(offer(0)).await, "wrong_gen");
    alice.say(offer(1)).await;
    assert_eq!(bob.hear_type("offer").await["gen"], 1);
}

#[tokio::test]
async fn two_pages_that_are_reloaded_at_once_meet_in_one_generation() {
    let (_bed, mut alice, mut bob) = answered().await;
    tokio::join!(alice.do_it(resume(0)), bob.do_it(resume(0)));
    assert_eq!(alice.hear_call_where(|call| call["gen"] != 0).await["gen"], 1);
    assert_eq!(bob.hear_call_where(|call| call["gen"] != 0).await["gen"], 1);
    for phone in [&mut alice, &mut bob] {
        phone.hears_nothing().await;
    }
}

#[tokio::test]
async fn only_an_end_of_an_answered_call_can_resume_it_and_must_say_what_it_has_lost() {
    let (bed, mut alice, _bob) = answered().await;
    let mut ipad = bed.phone("bob", "ipad").await;
    let mut laptop = bed.phone("alice", "laptop").await;
    assert_eq!(ipad.refused(resume(0)).await, "answered_elsewhere");
    assert_eq!(laptop.refused(resume(0)).await, "answered_elsewhere");
    assert_eq!(alice.refused(verb("resume", 1)).await, "bad_message");
    alice.do_it(verb("hangup", 1)).await;
    assert_eq!(alice.refused(resume(0)).await, "call_ended");
    bed.person("carol", "Carol").await;
    let mut carol = bed.phone("carol", "tab").await;
    carol.do_it(invite(2, "alice")).await;
    alice.hear_call_where(|call| call["id"] == call_id(2)).await;
    let unanswered = json!({"type":"resume","call":call_id(2),"gen":0});
    assert_eq!(carol.do_it(unanswered).await, json!({"call": call_id(2)}));
    carol.hear_call("inviting").await;
    carol.hears_nothing().await;
}
