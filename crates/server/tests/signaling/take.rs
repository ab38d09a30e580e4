//! A call moves to another device of one of its people, over real sockets.

use serde_json::{Value, json};

use crate::bed::{Bed, Phone, accept, call_id, connected, invite, verb};

/// Alice's tab and Bob's phone hear each other; her laptop and his tablet know of it.
async fn active() -> (Bed, Phone, Phone, Phone, Phone) {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    let mut tab = bed.phone("alice", "tab").await;
    let mut laptop = bed.phone("alice", "laptop").await;
    let mut phone = bed.phone("bob", "phone").await;
    let mut tablet = bed.phone("bob", "tablet").await;
    tab.do_it(invite(1, "bob")).await;
    laptop.hears_nothing().await;
    phone.do_it(accept(1)).await;
    tab.do_it(connected(1)).await;
    for device in [&mut tab, &mut laptop, &mut phone, &mut tablet] {
        device.hear_until("active").await;
    }
    (bed, tab, laptop, phone, tablet)
}

fn take(n: u128) -> Value {
    json!({"type":"take","call":call_id(n),"data":{"media":["audio"]}})
}

fn offer(generation: u32) -> Value {
    json!({"type":"offer","call":call_id(1),"gen":generation,"data":{"type":"offer","sdp":"v=0"}})
}

#[tokio::test]
async fn the_callers_other_devices_see_an_answered_call_elsewhere() {
    let (bed, mut tab, _laptop, _phone, _tablet) = active().await;
    let (_second, welcome) = bed.phone_with("alice", "ipad", json!([])).await;
    let call = &welcome["data"]["calls"][0];
    assert_eq!(
        (&call["role"], &call["you"], &call["answered_on"], &call["peer"]["address"]),
        (&json!("caller"), &json!("elsewhere"), &json!("alice's tab"), &json!("bob/phone"))
    );
    tab.do_it(verb("hangup", 1)).await;
}

#[tokio::test]
async fn a_taken_call_goes_on_with_the_new_device_in_the_next_generation() {
    let (bed, mut tab, mut laptop, mut phone, mut tablet) = active().await;
    assert_eq!(tablet.do_it(take(1)).await, json!({"call": call_id(1)}));
    assert_eq!(tablet.do_it(take(1)).await, json!({"call": call_id(1)}), "said again");
    let seen = tablet.hear_call("active").await;
    assert_eq!((&seen["you"], &seen["gen"]), (&json!("active"), &json!(1)));
    let seen = phone.hear_call("active").await;
    assert_eq!((&seen["you"], &seen["answered_on"]), (&json!("elsewhere"), &json!("bob's tablet")));
    let seen = tab.hear_call("active").await;
    assert_eq!((&seen["peer"]["address"], &seen["gen"]), (&json!("bob/tablet"), &json!(1)));

    assert_eq!(tab.refused(offer(0)).await, "wrong_gen");
    assert_eq!(phone.refused(offer(1)).await, "answered_elsewhere");
    tab.say(offer(1)).await;
    assert_eq!(tablet.hear_type("offer").await["from"], "alice/tab");
    tablet.do_it(connected(1)).await;

    // The other person takes it, too; the offer comes from the new device.
    laptop.do_it(take(1)).await;
    assert_eq!(tablet.hear_call("active").await["peer"]["address"], "alice/laptop");
    laptop.say(offer(2)).await;
    assert_eq!(tablet.hear_type("offer").await["from"], "alice/laptop");

    assert_eq!(phone.refused(verb("hangup", 1)).await, "answered_elsewhere");
    drop(phone);
    bed.until_sockets(3).await;
    tablet.do_it(verb("hangup", 1)).await;
    assert_eq!(laptop.hear_until("ended").await["reason"], "hangup");
    assert_eq!(bed.history("bob").await, [["in", "answered", "hangup", "alice"]]);
}

#[tokio::test]
async fn two_devices_that_take_a_call_at_once_do_not_both_have_it() {
    let (bed, mut tab, _laptop, _phone, mut tablet) = active().await;
    let mut watch = bed.phone("bob", "watch").await;
    let seen = |generation: u32| {
        let mut take = take(1);
        take["gen"] = json!(generation);
        take
    };
    let (one, other) = tokio::join!(tablet.ask(seen(0)), watch.ask(seen(0)));
    let codes = [&one, &other].map(|answer| answer["data"]["code"].clone());
    assert!(
        codes == [json!(null), json!("answered_elsewhere")]
            || codes == [json!("answered_elsewhere"), json!(null)],
        "{one} {other}"
    );
    assert_eq!(tab.hear_call("active").await["gen"], 1);
    tab.hears_nothing().await;
}

#[tokio::test]
async fn only_an_answered_call_of_ones_own_can_be_taken() {
    let (bed, mut tab, mut laptop, _phone, mut tablet) = active().await;
    bed.person("carol", "Carol").await;
    let mut carol = bed.phone("carol", "tab").await;
    assert_eq!(carol.refused(take(1)).await, "not_your_call");
    tab.do_it(verb("hangup", 1)).await;
    assert_eq!(tablet.refused(take(1)).await, "call_ended");
    assert_eq!(laptop.refused(take(1)).await, "call_ended");
    carol.do_it(invite(2, "bob")).await;
    assert_eq!(tablet.refused(take(2)).await, "bad_state");
}
