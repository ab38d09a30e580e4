//! The browsers in which somebody is signed in, and people who are removed.

use serde_json::{Value, json};

use crate::bed::*;

async fn two_people() -> Bed {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    bed
}

/// `GET /api/devices`, one line for each login, and their ids.
async fn listed(bed: &Bed, user: &str) -> (Vec<String>, Vec<String>) {
    let page = bed.ask(user, "GET", "/api/devices", json!(null)).await;
    let logins = page["logins"].as_array().unwrap();
    let line = |login: &Value| {
        let devices: Vec<_> = login["devices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|device| {
                format!("{} {}", device["name"].as_str().unwrap(), device["status"].as_str().unwrap())
            })
            .collect();
        let current = if login["current"] == true { " (this)" } else { "" };
        format!("{}{current}: {}", login["name"].as_str().unwrap(), devices.join(", "))
    };
    let id = |login: &Value| login["id"].as_str().unwrap().to_owned();
    (logins.iter().map(line).collect(), logins.iter().map(id).collect())
}

#[tokio::test]
async fn each_login_is_listed_with_its_connected_devices_and_can_be_named() {
    let bed = two_people().await;
    let mut first = bed.phone("bob", "desk").await;
    bed.log_in_again("bob").await;
    let mut second = bed.phone("bob", "phone").await;
    second.do_it(json!({"type":"presence","data":{"status":"away"}})).await;

    let (lines, ids) = listed(&bed, "bob").await;
    assert_eq!(lines, ["bob's phone (this): bob's phone away", "bob's desk: bob's desk online"]);

    bed.ask("bob", "PATCH", &format!("/api/devices/{}", ids[1]), json!({"name": "At home"})).await;
    assert_eq!(first.hear_type("changed").await["data"]["what"], json!(["devices"]));
    assert_eq!(listed(&bed, "bob").await.0[1], "At home: bob's desk online");
    bed.ask("bob", "PATCH", &format!("/api/devices/{}", ids[1]), json!({"name": ""})).await;
    assert_eq!(listed(&bed, "bob").await.0[1], "bob's desk: bob's desk online");
}

#[tokio::test]
async fn a_ticket_of_a_login_that_has_ended_throws_no_device_out_of_its_call() {
    let bed = two_people().await;
    let unspent = bed.ticket("bob");
    bed.sign_out("bob").await;
    bed.log_in_again("bob").await;
    let (mut alice, mut bob) = (bed.phone("alice", "tab").await, bed.phone("bob", "phone").await);
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    bob.hear_until("connecting").await;

    let mut other = bed.socket().await;
    other.say(json!({"type":"hello","data":{"token":unspent,"device":"phone","proto":1}})).await;
    assert_eq!(other.hear().await["data"]["code"], "unauthenticated");
    assert_eq!(other.hear_end().await, End::Code(4401));

    bob.hears_nothing().await;
    bob.do_it(verb("hangup", 1)).await;
    assert_eq!(alice.hear_until("ended").await["reason"], "hangup");
}

#[tokio::test]
async fn a_login_that_is_ended_from_afar_closes_its_devices_at_once_and_no_others() {
    let bed = two_people().await;
    let mut far = bed.phone("bob", "desk").await;
    bed.log_in_again("bob").await;
    let mut near = bed.phone("bob", "phone").await;
    let mut alice = bed.phone("alice", "tab").await;
    let (_, ids) = listed(&bed, "bob").await;

    let of_bob = format!("/api/devices/{}", ids[1]);
    assert_eq!(bed.api("alice", "DELETE", &of_bob, &json!(null)).await.0, 404, "it is none of Alice's");
    bed.ask("bob", "DELETE", &of_bob, json!(null)).await;

    assert_eq!(far.hear_type("bye").await["data"]["reason"], "revoked");
    assert_eq!(far.hear_end().await, End::Code(4403));
    near.hear_type("changed").await;
    near.hears_nothing().await;
    alice.hears_nothing().await;
    assert_eq!(listed(&bed, "bob").await.0, ["bob's phone (this): bob's phone online"]);
}

#[tokio::test]
async fn all_other_logins_can_be_ended_in_one_go() {
    let bed = two_people().await;
    let mut first = bed.phone("bob", "one").await;
    bed.log_in_again("bob").await;
    let mut second = bed.phone("bob", "two").await;
    bed.log_in_again("bob").await;

    bed.ask("bob", "DELETE", "/api/devices", json!(null)).await;

    assert_eq!((first.hear_end().await, second.hear_end().await), (End::Code(4403), End::Code(4403)));
    assert_eq!(listed(&bed, "bob").await.0, ["A browser (this): "]);
}

#[tokio::test]
async fn who_is_removed_while_the_server_runs_is_closed_and_their_call_ends() {
    let bed = two_people().await;
    let (mut alice, mut bob) = (bed.phone("alice", "tab").await, bed.phone("bob", "phone").await);
    alice.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    alice.hear_call("inviting").await;
    alice.hear_call("connecting").await;

    let elsewhere = bed.database_elsewhere();
    assert!(elsewhere.remove_user(&"bob".parse().unwrap()).await.unwrap());

    assert_eq!(alice.hear_call("ended").await["reason"], "policy");
    assert_eq!(bob.hear_end().await, End::Code(4403));
    assert_eq!(alice.refused(invite(2, "bob")).await, "not_found");
    let page = bed.ask("alice", "GET", "/api/history", json!(null)).await;
    assert_eq!(page["calls"][0]["peer_name"], "Bob", "the name outlives the account");
}
