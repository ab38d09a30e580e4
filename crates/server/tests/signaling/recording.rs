//! Row 57: a call is recorded only while both agree, over real sockets, and both read of it in their history.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, connected, invite, verb};

fn recording(n: u32, wish: &str) -> Value {
    json!({"type":"recording","call":call_id(1),"data":{"n":n,"wish":wish}})
}

/// A device that can ask its user, as far as it says.
async fn phone(bed: &Bed, user: &str, device: &str, asks_consent: bool) -> Phone {
    let mut phone = bed.socket().await;
    let data = json!({"token":bed.ticket(user),"device":device,"proto":1,"asks_consent":asks_consent});
    phone.say(json!({"type":"hello","id":"h","data":data})).await;
    assert_eq!(phone.hear().await["type"], "welcome");
    phone
}

/// Alice and Bob hear each other.
async fn active(bob_can_be_asked: bool) -> (Bed, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = phone(&bed, "alice", "tab", true).await;
    let mut bob = phone(&bed, "bob", "phone", bob_can_be_asked).await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    alice.do_it(connected(1)).await;
    for device in [&mut alice, &mut bob] {
        device.hear_until("active").await;
    }
    (bed, alice, bob)
}

/// What the next snapshot says of the recording, without times, which pass.
async fn hear(phone: &mut Phone) -> Value {
    let mut recording = phone.hear_call("active").await["recording"].clone();
    recording.as_object_mut().unwrap().retain(|field, _| !field.ends_with("_ms"));
    recording
}

async fn both_hear(one: &mut Phone, other: &mut Phone, expected: Value) {
    assert_eq!(hear(one).await, expected);
    assert_eq!(hear(other).await, expected);
}

async fn recordings(bed: &Bed, user: &str) -> Value {
    let page = bed.ask(user, "GET", "/api/history", Value::Null).await;
    page["calls"][0]["recordings"].clone()
}

#[tokio::test]
async fn a_recording_that_both_agreed_to_is_in_both_histories_and_one_side_alone_makes_none() {
    let (bed, mut alice, mut bob) = active(true).await;
    assert_eq!(alice.refused(recording(1, "agree")).await, "bad_state");
    alice.do_it(recording(1, "ask")).await;
    both_hear(&mut alice, &mut bob, json!({"n":1,"by":"caller","state":"asked"})).await;
    assert_eq!(alice.refused(recording(1, "agree")).await, "bad_state", "only who was asked may say yes");
    let mut bobs_tablet = phone(&bed, "bob", "tablet", true).await;
    assert_eq!(bobs_tablet.refused(recording(1, "agree")).await, "answered_elsewhere");
    bob.do_it(recording(1, "agree")).await;
    both_hear(&mut alice, &mut bob, json!({"n":1,"by":"caller","state":"on"})).await;
    bob.do_it(recording(1, "stop")).await;
    both_hear(&mut alice, &mut bob, json!({"n":1,"by":"caller","state":"over","reason":"revoked"})).await;
    alice.do_it(verb("hangup", 1)).await;
    bob.hear_until("ended").await;

    for (user, by_you) in [("alice", true), ("bob", false)] {
        let list = recordings(&bed, user).await;
        assert_eq!((list.as_array().unwrap().len(), &list[0]["by_you"]), (1, &json!(by_you)));
        let ms = |field: &str| list[0][field].as_u64().unwrap();
        assert!(ms("duration_ms") <= ms("started_ago_ms"), "{list}");
    }
    assert_eq!(bed.server.metrics.recordings.value(), 1);
}

#[tokio::test]
async fn a_question_that_was_refused_is_in_no_history() {
    let (bed, mut alice, mut bob) = active(true).await;
    bob.do_it(recording(1, "ask")).await;
    alice.do_it(recording(1, "stop")).await;
    assert_eq!(bob.refused(recording(1, "agree")).await, "bad_state");
    alice.do_it(verb("hangup", 1)).await;
    bob.hear_until("ended").await;
    assert_eq!(recordings(&bed, "alice").await, Value::Null);
}

#[tokio::test]
async fn whoever_has_a_client_that_cannot_ask_is_not_asked() {
    let (_bed, mut alice, mut bob) = active(false).await;
    assert_eq!(alice.refused(recording(1, "ask")).await, "unsupported");
    bob.do_it(recording(1, "ask")).await;
}

#[tokio::test]
async fn whoever_is_not_connected_is_not_asked_now() {
    let (bed, mut alice, bob) = active(true).await;
    drop(bob);
    bed.until_sockets(1).await;
    assert_eq!(alice.refused(recording(1, "ask")).await, "unreachable");
}

#[tokio::test]
async fn what_both_agreed_to_outlives_a_crash_and_is_whole_in_the_history() {
    let (bed, mut alice, mut bob) = active(true).await;
    alice.do_it(recording(1, "ask")).await;
    bob.do_it(recording(1, "agree")).await;
    drop((alice, bob));
    let bed = bed.crash_and_start_again().await;
    let (mut alice, welcome) = bed.phone_with("alice", "tab", json!([])).await;
    assert_eq!(welcome["data"]["calls"][0]["recording"]["state"], "on");
    alice.do_it(verb("hangup", 1)).await;
    for user in ["alice", "bob"] {
        assert_eq!(recordings(&bed, user).await.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_guest_is_asked_like_anybody() {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    let link = bed.ask("alice", "POST", "/api/links", json!({"label":"Plumber"})).await;
    let (_, token) = link["url"].as_str().unwrap().split_once('#').unwrap();
    let token = token.rsplit('/').next().unwrap();
    let entered = json!({"token":token,"name":"Anna"});
    let (status, headers, me) = bed.request_in_full("POST", "/api/guest", "", &entered).await;
    assert_eq!(status, 200, "{me}");
    let guest = me["name"].as_str().unwrap();
    let cookie = headers.split("visavis=").nth(1).unwrap();
    bed.remember(guest, cookie.split(';').next().unwrap());

    let mut anna = phone(&bed, guest, "tab", true).await;
    let mut alice = phone(&bed, "alice", "desk", true).await;
    anna.do_it(invite(1, "alice")).await;
    alice.do_it(accept(1)).await;
    anna.do_it(connected(1)).await;
    alice.do_it(recording(1, "ask")).await;
    alice.hear_call_where(|call| call["recording"]["state"] == "asked").await;
    assert_eq!(anna.hear_call_where(|call| call["recording"]["state"] == "asked").await["role"], "caller");
    anna.do_it(recording(1, "agree")).await;
    assert_eq!(hear(&mut alice).await, json!({"n":1,"by":"callee","state":"on"}));
    anna.do_it(verb("hangup", 1)).await;
    alice.hear_until("ended").await;
    assert_eq!(recordings(&bed, "alice").await[0]["by_you"], true);
}
