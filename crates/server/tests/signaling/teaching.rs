//! The teaching endpoint.

use serde_json::json;

use crate::bed::{Bed, End, Phone};

#[tokio::test]
async fn two_in_a_room_hear_each_other_and_a_third_is_refused() {
    let bed = Bed::new(&["teaching.enabled=true"]).await;
    let url = format!("ws://{}/signal?room=tea", bed.address());
    let mut first = Phone::connect(&url).await.unwrap();
    assert_eq!(first.hear().await, json!({"cmd":"hello","data":{"room":"tea","parties":1}}));
    let mut second = Phone::connect(&url).await.unwrap();
    let both = json!({"cmd":"hello","data":{"room":"tea","parties":2}});
    assert_eq!((first.hear().await, second.hear().await), (both.clone(), both));
    assert!(Phone::connect(&url).await.err().unwrap().to_string().contains("503"));

    let offer = json!({"cmd":"offer","data":{"type":"offer","sdp":"v=0"}});
    first.say(offer.clone()).await;
    assert_eq!(second.hear().await, offer);
    second.say(json!({"cmd":"shout","data":1})).await;
    assert_eq!(second.hear().await["cmd"], "error");
    drop(second);
    assert_eq!(first.hear().await, json!({"cmd":"close","data":{}}));
}

#[tokio::test]
async fn who_floods_a_room_is_closed() {
    let bed = Bed::new(&["teaching.enabled=true"]).await;
    let mut party = Phone::connect(&format!("ws://{}/signal?room=tea", bed.address())).await.unwrap();
    for _ in 0..100 {
        if !party.try_say(json!({"cmd":"close"})).await {
            break;
        }
    }
    assert_ne!(party.hear_end().await, End::Code(1000));
}

#[tokio::test]
async fn it_is_off_unless_enabled() {
    let bed = Bed::new(&[]).await;
    assert_eq!(bed.get("/signal?room=tea", "").await.0, 404);
}
