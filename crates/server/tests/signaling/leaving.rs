//! A page that is closed or reloaded says so.

use serde_json::json;

use crate::bed::{Bed, Phone, accept, call_id, connected, invite, ringing_warm, verb};

async fn active() -> (Bed, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    alice.do_it(connected(1)).await;
    (bed, alice, bob)
}

#[tokio::test]
async fn a_page_that_said_bye_and_is_back_goes_on_with_its_call() {
    let (bed, mut alice, mut bob) = active().await;
    bob.say(json!({"type":"bye"})).await;
    bed.until_sockets(1).await;
    let (mut bob, welcome) = bed.phone_with("bob", "phone", json!([])).await;
    assert_eq!(welcome["data"]["calls"][0]["you"], "active");
    bob.do_it(json!({"type":"resume","call":call_id(1),"gen":0})).await;
    assert_eq!(alice.hear_call_where(|call| call["gen"] == 1).await["state"], "active");
    alice.do_it(verb("hangup", 1)).await;
}

#[tokio::test]
async fn a_device_that_says_bye_while_it_rings_leaves_the_warm_ones_and_the_call_rings_on() {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut phone = bed.phone("bob", "phone").await;
    let mut tablet = bed.phone("bob", "tablet").await;
    alice.do_it(invite(1, "bob")).await;
    phone.do_it(ringing_warm(1)).await;
    alice.hear_call_where(|call| call["warm"] == json!(["bob/phone"])).await;
    phone.say(json!({"type":"bye"})).await;
    assert_eq!(alice.hear_call("ringing").await.get("warm"), None);
    tablet.do_it(accept(1)).await;
}
