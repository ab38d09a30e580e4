//! Who is there, and who may know.

use serde_json::{Value, json};

use crate::bed::*;

/// Alice and Bob have each other among their contacts; Carol has both, and nobody has her.
async fn people() -> Bed {
    let bed = Bed::new(&[]).await;
    for (name, display_name) in [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")] {
        bed.person(name, display_name).await;
    }
    for (owner, whom) in [("alice", "bob"), ("bob", "alice"), ("carol", "alice"), ("carol", "bob")] {
        bed.ask(owner, "PUT", &format!("/api/contacts/{whom}"), json!({})).await;
    }
    bed
}

fn told(message: &Value) -> String {
    format!("{} {}", message["data"]["user"].as_str().unwrap(), message["data"]["status"].as_str().unwrap())
}

fn looks(status: &str) -> Value {
    json!({"type":"presence","data":{"status":status}})
}

#[tokio::test]
async fn contacts_of_each_other_are_told_who_comes_turns_away_and_goes_and_nobody_else_is() {
    let bed = people().await;
    let (mut alice, mut carol) = (bed.phone("alice", "tab").await, bed.phone("carol", "tab").await);

    let mut bob = bed.phone("bob", "phone").await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob online");
    bob.do_it(looks("away")).await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob away");
    bob.do_it(looks("online")).await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob online");
    drop(bob);
    assert_eq!(told(&alice.hear_type("presence").await), "bob offline");
    carol.hears_nothing().await;
}

#[tokio::test]
async fn welcome_has_everybody_who_is_there() {
    let bed = people().await;
    let (mut alice, _bob) = (bed.phone("alice", "tab").await, bed.phone("bob", "phone").await);
    alice.hear_type("presence").await;

    let (_tablet, welcome) = bed.phone_with("alice", "tablet", json!([])).await;
    assert_eq!(welcome["data"]["presence"], json!([{"user": "bob", "status": "online"}]));
    let (_carol, welcome) = bed.phone_with("carol", "tab", json!([])).await;
    assert_eq!(welcome["data"]["presence"], json!(null));
}

#[tokio::test]
async fn a_page_that_is_reloaded_is_no_news() {
    let bed = people().await;
    let mut alice = bed.phone("alice", "tab").await;
    let bob = bed.phone("bob", "phone").await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob online");

    drop(bob);
    bed.until_sockets(1).await;
    let mut bob = bed.phone("bob", "phone").await;
    bob.do_it(looks("away")).await;

    assert_eq!(told(&alice.hear_type("presence").await), "bob away");
}

#[tokio::test]
async fn one_device_that_is_looked_at_is_enough() {
    let bed = people().await;
    let mut alice = bed.phone("alice", "tab").await;
    let (mut desk, mut phone) = (bed.phone("bob", "desk").await, bed.phone("bob", "phone").await);
    assert_eq!(told(&alice.hear_type("presence").await), "bob online");

    desk.do_it(looks("away")).await;
    phone.do_it(looks("away")).await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob away");
    drop(phone);
    desk.do_it(looks("online")).await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob online");
}

#[tokio::test]
async fn who_blocks_somebody_is_offline_to_them_and_who_was_no_contact_hears_nothing_of_it() {
    let bed = people().await;
    let (mut alice, mut bob) = (bed.phone("alice", "tab").await, bed.phone("bob", "phone").await);
    let mut carol = bed.phone("carol", "tab").await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob online");
    bob.hear_type("presence").await;

    bed.ask("bob", "PUT", "/api/blocks/carol", json!({})).await;
    bed.ask("bob", "PUT", "/api/blocks/alice", json!({})).await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob offline");
    carol.hears_nothing().await;

    bed.ask("bob", "PUT", "/api/contacts/alice", json!({})).await;
    assert_eq!(told(&alice.hear_type("presence").await), "bob online");
}

#[tokio::test]
async fn to_be_offline_is_to_be_disconnected_and_cannot_be_said() {
    let bed = people().await;
    let mut bob = bed.phone("bob", "phone").await;
    assert_eq!(bob.refused(looks("offline")).await, "bad_message");
}
