//! A7: what a device has at the relay for a call ends with the call, and with nothing else.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::time::timeout;
use visavis_turn::codec::{ErrorCode, Method};

use crate::bed::{Bed, PATIENCE, Phone, accept, connected, invite, verb};
use crate::turn_client::{Client, udp};

/// A client that shows the relay this.
fn client(bed: &Bed, login: &Value) -> Client {
    let mut client = Client::udp_at(bed.server.reach.relay_udp[0]);
    let text = |name: &str| login[name].as_str().unwrap().to_owned();
    (client.username, client.password) = (text("username"), text("credential"));
    client
}

/// What is opened with this login, by itself.
fn opened(bed: &Bed, login: &Value) -> Client {
    let mut client = client(bed, login);
    client.allocate();
    client
}

/// What the relay says to a wish to keep what was opened.
fn keep(client: &mut Client) -> Option<ErrorCode> {
    client.request(Method::Refresh, |message| message).code
}

/// Waits until the relay has only so many allocations left.
async fn until_left(bed: &Bed, count: usize) {
    let header = format!("authorization: Bearer {}\r\n", bed.server.metrics_token);
    let line = format!("\nvisavis_relay_allocations {count}\n");
    let left = async { while !bed.get("/metrics", &header).await.1.contains(&line) {} };
    timeout(PATIENCE, left).await.unwrap();
}

/// What is said to a wish to keep what has ended: its login is revoked.
const ENDED: Option<ErrorCode> = Some(ErrorCode::Unauthorized);

async fn people(names: &[&str]) -> Bed {
    let bed = Bed::new(&[]).await;
    for name in names {
        bed.person(name, name).await;
    }
    bed
}

async fn active(caller: &mut Phone, callee: &mut Phone, number: u128, name: &str) -> Value {
    caller.do_it(invite(number, name)).await;
    callee.do_it(accept(number)).await;
    caller.do_it(connected(number)).await;
    caller.hear_call_where(|call| call["state"] == "active").await
}

#[tokio::test]
async fn a7_a_hang_up_ends_what_was_opened_for_the_call_and_the_other_call_goes_on() {
    let bed = people(&["alice", "bob", "carol"]).await;
    let (mut alice, welcome) = bed.phone_with("alice", "tab", json!([])).await;
    let (mut bob, mut carol) = (bed.phone("bob", "phone").await, bed.phone("carol", "desk").await);
    let with_bob = active(&mut alice, &mut bob, 1, "bob").await;
    let with_carol = active(&mut alice, &mut carol, 2, "carol").await;
    let at_bob = bob.hear_call_where(|call| call["state"] == "active").await;
    let for_all = &welcome["data"]["ice"]["servers"][1];

    let mut of_bob = [opened(&bed, &with_bob["relay"]), opened(&bed, &at_bob["relay"])];
    let mut others = [opened(&bed, &with_carol["relay"]), opened(&bed, for_all)];
    alice.do_it(verb("hangup", 1)).await;
    until_left(&bed, 2).await;

    assert_eq!(of_bob.each_mut().map(keep), [ENDED, ENDED]);
    assert_eq!(others.each_mut().map(keep), [None, None]);
    let mut again = client(&bed, &with_bob["relay"]);
    again.challenge();
    assert_eq!(again.request(Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
    assert_eq!(alice.hear_call_where(|call| call["state"] == "ended").await.get("relay"), None);
}

#[tokio::test]
async fn a7_who_rings_is_relayed_before_the_answer_and_who_did_not_answer_no_longer_after_the_end() {
    let bed = people(&["alice", "bob"]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let (mut phone, mut desk) = (bed.phone("bob", "phone").await, bed.phone("bob", "desk").await);
    alice.do_it(invite(1, "bob")).await;
    let calling = alice.hear_call_where(|call| call["state"] == "inviting").await;
    let mut rings = Vec::new();
    for device in [&mut phone, &mut desk] {
        rings.push(device.hear_call_where(|call| call["you"] == "ringing").await);
    }
    let mut clients: Vec<Client> =
        rings.iter().chain([&calling]).map(|view| opened(&bed, &view["relay"])).collect();
    let names: BTreeSet<&str> = clients.iter().map(|client| client.username.as_str()).collect();
    assert_eq!(names.len(), 3, "each device has a login of its own");

    phone.do_it(accept(1)).await;
    let elsewhere = desk.hear_call_where(|call| call["you"] == "elsewhere").await;
    assert_eq!(elsewhere.get("relay"), None);
    assert_eq!(keep(&mut clients[1]), None, "its browser may be slower than the news");
    alice.do_it(verb("hangup", 1)).await;
    until_left(&bed, 0).await;
    assert_eq!(clients.iter_mut().map(keep).collect::<Vec<_>>(), [ENDED; 3]);
}

#[tokio::test]
async fn a7_a_login_that_is_revoked_takes_along_what_was_opened_for_its_calls() {
    let bed = people(&["alice", "bob"]).await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    let at_alice = active(&mut alice, &mut bob, 1, "bob").await;
    let mut client = opened(&bed, &at_alice["relay"]);
    bed.sign_out("alice").await;
    until_left(&bed, 0).await;
    assert_eq!(keep(&mut client), ENDED);
}
