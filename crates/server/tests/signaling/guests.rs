//! Guest links: knocking, being let in, and whoever tries more than that.

use serde_json::{Value, json};

use crate::bed::*;

const OVER: &str =
    "this link is used up, was revoked or has expired; ask whoever gave it to you for a new one";

async fn host() -> Bed {
    let bed = Bed::new(&[]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    bed
}

/// A new link of Alice's: its id and its token.
async fn link(bed: &Bed, wishes: Value) -> (String, String) {
    let made = bed.ask("alice", "POST", "/api/links", wishes).await;
    let url = made["url"].as_str().unwrap();
    let (page, token) = url.rsplit_once('/').unwrap();
    assert_eq!(page, "http://localhost/#/guest");
    (made["link"]["id"].as_str().unwrap().to_owned(), token.to_owned())
}

async fn check(bed: &Bed, token: &str) -> (u16, Value) {
    bed.request("POST", "/api/guest/check", "", &json!({"token": token})).await
}

/// Signs a guest in; their name on this server.
async fn enter(bed: &Bed, token: &str, name: &str) -> String {
    let (status, headers, me) =
        bed.request_in_full("POST", "/api/guest", "", &json!({"token": token, "name": name})).await;
    assert_eq!(status, 200, "{me}");
    let cookie = headers.split("visavis=").nth(1).unwrap().split(';').next().unwrap();
    let user = me["name"].as_str().unwrap().to_owned();
    bed.remember(&user, cookie);
    user
}

#[tokio::test]
async fn a_guest_knocks_by_calling_and_is_let_in_by_an_answer_which_uses_the_link() {
    let bed = host().await;
    let mut alice = bed.phone("alice", "tab").await;
    let (_, token) = link(&bed, json!({"label": "dentist", "uses": 1, "video": true})).await;
    assert_eq!(
        check(&bed, &token).await,
        (200, json!({"host_name": "Alice", "label": "dentist", "video": true}))
    );

    let gus = enter(&bed, &token, " Gus ").await;
    let late = enter(&bed, &token, "Late").await;
    let me = bed.ask(&gus, "GET", "/api/me", json!(null)).await;
    assert_eq!((&me["display_name"], &me["guest"]["host"]), (&json!("Gus"), &json!("alice")));
    let (mut guest, welcome) = bed.phone_with(&gus, "page", json!([])).await;
    assert_eq!(welcome["data"]["preferences"], json!(null));
    guest.do_it(invite(1, "alice")).await;

    let knock = alice.hear_call("inviting").await;
    assert_eq!(
        (&knock["peer"]["name"], &knock["peer"]["guest"]),
        (&json!("Gus"), &json!({"label": "dentist"}))
    );
    assert_eq!(check(&bed, &token).await.0, 200, "a knock uses nothing");
    alice.do_it(accept(1)).await;
    guest.hear_call("inviting").await;
    guest.hear_call("connecting").await;
    while alice.hear_type("changed").await["data"]["what"] != json!(["links"]) {}

    let links = bed.ask("alice", "GET", "/api/links", json!(null)).await;
    assert_eq!((&links["links"][0]["used"], &links["links"][0]["uses_left"]), (&json!(1), &json!(0)));
    assert_eq!(check(&bed, &token).await, (404, json!({"code": "not_found", "message": OVER})));
    let mut other = bed.phone(&late, "page").await;
    assert_eq!(other.refused(invite(2, "alice")).await, "forbidden", "the place is taken");

    guest.do_it(verb("hangup", 1)).await;
    guest.hear_call("ended").await;
    guest.do_it(invite(3, "alice")).await;
    let line = &bed.ask("alice", "GET", "/api/history", json!(null)).await["calls"][0];
    assert_eq!((&line["peer_name"], &line["guest"]["label"]), (&json!("Gus"), &json!("dentist")));
}

#[tokio::test]
async fn a_link_for_one_lets_in_one_of_two_who_knock_at_once() {
    let bed = host().await;
    let (mut tab, mut desk) = (bed.phone("alice", "tab").await, bed.phone("alice", "desk").await);
    let (_, token) = link(&bed, json!({"label": "once", "uses": 1})).await;
    let (gus, eve) = (enter(&bed, &token, "Gus").await, enter(&bed, &token, "Eve").await);
    let (mut first, mut second) = (bed.phone(&gus, "page").await, bed.phone(&eve, "page").await);
    first.do_it(invite(1, "alice")).await;
    second.do_it(invite(2, "alice")).await;

    tab.do_it(accept(1)).await;
    assert_eq!(desk.refused(accept(2)).await, "call_ended");

    assert_eq!(second.hear_until("ended").await["reason"], "policy");
    assert_eq!(second.refused(invite(3, "alice")).await, "forbidden");
    first.hear_until("connecting").await;
    let links = bed.ask("alice", "GET", "/api/links", json!(null)).await;
    assert_eq!((&links["links"][0]["used"], &links["links"][0]["uses_left"]), (&json!(1), &json!(0)));
    first.do_it(verb("hangup", 1)).await;
    first.do_it(invite(4, "alice")).await;
    tab.do_it(accept(4)).await;
    assert_eq!(bed.ask("alice", "GET", "/api/links", json!(null)).await["links"][0]["used"], 1);
}

#[tokio::test]
async fn a_knock_that_is_declined_or_not_answered_uses_nothing() {
    let bed = host().await;
    let mut alice = bed.phone("alice", "tab").await;
    let (_, token) = link(&bed, json!({"label": "once", "uses": 1})).await;
    let gus = enter(&bed, &token, "Gus").await;
    let mut guest = bed.phone(&gus, "page").await;

    guest.do_it(invite(1, "alice")).await;
    alice.do_it(verb("hangup", 1)).await;
    guest.do_it(invite(2, "alice")).await;
    guest.do_it(verb("hangup", 2)).await;

    assert_eq!(bed.ask("alice", "GET", "/api/links", json!(null)).await["links"][0]["uses_left"], 1);
    assert_eq!(check(&bed, &token).await.0, 200);
}

#[tokio::test]
async fn who_knocks_as_a_guest_ends_the_login_that_the_browser_had_before() {
    let bed = host().await;
    let (_, token) = link(&bed, json!({"label": "dentist"})).await;
    let mut page = bed.phone("bob", "page").await;

    let knock = json!({"token": "of no link", "name": "Bob"});
    assert_eq!(bed.api("bob", "POST", "/api/guest", &knock).await.0, 404);
    page.hears_nothing().await;
    bed.ask("bob", "POST", "/api/guest", json!({"token": token, "name": "Bob"})).await;

    assert_eq!(page.hear_type("bye").await["data"]["reason"], "revoked");
    assert_eq!(bed.api("bob", "GET", "/api/me", &json!(null)).await.0, 401);
}

#[tokio::test]
async fn a_call_with_a_guest_is_handed_over_by_neither_side() {
    let bed = host().await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut bob = bed.phone("bob", "phone").await;
    let (_, token) = link(&bed, json!({"label": "one"})).await;
    let mut guest = bed.phone(&enter(&bed, &token, "Gus").await, "page").await;
    guest.do_it(invite(1, "alice")).await;
    alice.do_it(accept(1)).await;
    alice.do_it(invite(2, "bob")).await;
    bob.do_it(accept(2)).await;

    let to_bob = json!({"type":"transfer","call":call_id(1),"data":{"to":"bob"}});
    assert_eq!(guest.refused(to_bob.clone()).await, "forbidden");
    assert_eq!(alice.refused(to_bob).await, "forbidden");
    let both =
        |first, second| json!({"type":"transfer","call":call_id(first),"data":{"call":call_id(second)}});
    assert_eq!(alice.refused(both(1, 2)).await, "forbidden");
    assert_eq!(alice.refused(both(2, 1)).await, "forbidden");
}

#[tokio::test]
async fn a_guest_calls_nobody_but_the_host_and_nobody_calls_a_guest() {
    let bed = host().await;
    let mut bob = bed.phone("bob", "phone").await;
    let (_, token) = link(&bed, json!({"label": "one"})).await;
    let (gus, eve) = (enter(&bed, &token, "Gus").await, enter(&bed, &token, "Eve").await);
    let mut guest = bed.phone(&gus, "page").await;

    for whom in ["bob", "nobody", &eve, &gus] {
        assert_eq!(guest.refused(invite(1, whom)).await, "not_found", "{whom}");
    }
    assert_eq!(bob.refused(invite(2, &gus)).await, "not_found");
    assert_eq!(bed.api("bob", "PUT", &format!("/api/contacts/{gus}"), &json!({})).await.0, 404);
    bob.hears_nothing().await;
}

#[tokio::test]
async fn a_guests_login_opens_nothing_else() {
    let bed = host().await;
    let (_, token) = link(&bed, json!({"label": "one"})).await;
    let gus = enter(&bed, &token, "Gus").await;

    for (method, path) in [
        ("GET", "/api/contacts"),
        ("PUT", "/api/contacts/alice"),
        ("PUT", "/api/blocks/alice"),
        ("GET", "/api/preferences"),
        ("GET", "/api/history"),
        ("GET", "/api/devices"),
        ("DELETE", "/api/devices"),
        ("GET", "/api/links"),
        ("POST", "/api/links"),
    ] {
        let (status, body) = bed.api(&gus, method, path, &json!({"label": "mine"})).await;
        assert_eq!((status, &body["code"]), (403, &json!("forbidden")), "{method} {path}");
    }
    bed.ask(&gus, "POST", "/api/logout", json!(null)).await;
    assert_eq!(bed.api(&gus, "GET", "/api/me", &json!(null)).await.0, 401);
}

#[tokio::test]
async fn every_link_that_opens_nothing_is_answered_alike() {
    let bed = host().await;
    let (id, revoked) = link(&bed, json!({"label": "one"})).await;
    bed.ask("alice", "DELETE", &format!("/api/links/{id}"), json!(null)).await;
    let (_, expired) = link(&bed, json!({"label": "two", "expires_in_ms": 1})).await;
    while check(&bed, &expired).await.0 == 200 {}
    let never = "A".repeat(43);

    for token in [revoked.as_str(), &expired, &never, "", "#", "../../etc/passwd"] {
        let gone = (404, json!({"code": "not_found", "message": OVER}));
        assert_eq!(check(&bed, token).await, gone, "{token}");
        let entering = json!({"token": token, "name": "Gus"});
        assert_eq!(bed.request("POST", "/api/guest", "", &entering).await, gone, "{token}");
    }
}

#[tokio::test]
async fn guessing_links_is_limited() {
    let bed = Bed::new(&["accounts.attempts_per_address=3"]).await;
    for _ in 0..3 {
        assert_eq!(check(&bed, &"A".repeat(43)).await.0, 404);
    }
    let (status, body) = check(&bed, &"A".repeat(43)).await;
    assert_eq!((status, &body["code"]), (429, &json!("rate_limited")));
}

#[tokio::test]
async fn so_many_guests_come_from_one_address_and_no_more() {
    let bed = host().await;
    let (_, token) = link(&bed, json!({"label": "one"})).await;
    for _ in 0..6 {
        enter(&bed, &token, "Gus").await;
    }
    let entering = json!({"token": token, "name": "Gus"});
    let (status, body) = bed.request("POST", "/api/guest", "", &entering).await;
    assert_eq!((status, &body["code"]), (429, &json!("rate_limited")));
}

#[tokio::test]
async fn a_link_that_is_revoked_sends_its_guests_away_but_not_out_of_a_call() {
    let bed = host().await;
    let mut alice = bed.phone("alice", "tab").await;
    let (id, token) = link(&bed, json!({"label": "one"})).await;
    let (talks, knocks) = (enter(&bed, &token, "Gus").await, enter(&bed, &token, "Eve").await);
    let (mut gus, mut eve) = (bed.phone(&talks, "page").await, bed.phone(&knocks, "page").await);
    gus.do_it(invite(1, "alice")).await;
    alice.do_it(accept(1)).await;
    eve.do_it(invite(2, "alice")).await;

    bed.ask("alice", "DELETE", &format!("/api/links/{id}"), json!(null)).await;

    assert_eq!(eve.hear_end().await, End::Code(4403));
    assert_eq!(bed.api(&knocks, "GET", "/api/me", &json!(null)).await.0, 401);
    gus.do_it(connected(1)).await;
    gus.do_it(verb("hangup", 1)).await;
    assert_eq!(gus.refused(invite(3, "alice")).await, "forbidden", "to come again takes a new link");
}

#[tokio::test]
async fn a_link_invites_strangers_but_not_while_nothing_shall_ring_and_not_whom_its_owner_has_blocked() {
    let bed = host().await;
    let mut alice = bed.phone("alice", "tab").await;
    let (_, token) = link(&bed, json!({"label": "one"})).await;
    let gus = enter(&bed, &token, "Gus").await;
    let mut guest = bed.phone(&gus, "page").await;

    bed.ask("alice", "PUT", "/api/preferences", json!({"callers": "nobody"})).await;
    guest.do_it(invite(1, "alice")).await;
    alice.hear_call("inviting").await;
    guest.do_it(verb("hangup", 1)).await;
    alice.hear_call("ended").await;
    let do_not_disturb = json!({"callers": "nobody", "do_not_disturb": {"on": true}});
    bed.ask("alice", "PUT", "/api/preferences", do_not_disturb).await;
    guest.do_it(invite(2, "alice")).await;
    guest.do_it(verb("hangup", 2)).await;
    bed.ask("alice", "PUT", "/api/preferences", json!({})).await;
    bed.ask("alice", "PUT", &format!("/api/blocks/{gus}"), json!({})).await;
    guest.do_it(invite(3, "alice")).await;
    guest.do_it(verb("hangup", 3)).await;

    let lines = bed.history("alice").await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    guest.hear_call("inviting").await;
    guest.hear_call("ended").await;
}

#[tokio::test]
async fn knocks_of_a_blocked_guest_keep_no_other_guest_out() {
    let bed = Bed::new(&["signaling.invites_per_minute=100"]).await;
    bed.person("alice", "Alice").await;
    let (_, token) = link(&bed, json!({"label": "one"})).await;
    let (gus, eve) = (enter(&bed, &token, "Gus").await, enter(&bed, &token, "Eve").await);
    bed.ask("alice", "PUT", &format!("/api/blocks/{eve}"), json!({})).await;
    let (mut blocked, mut guest) = (bed.phone(&eve, "page").await, bed.phone(&gus, "page").await);

    for call in 1..=12 {
        blocked.do_it(invite(call, "alice")).await;
        blocked.do_it(verb("hangup", call)).await;
    }
    assert_eq!(blocked.refused(invite(13, "alice")).await, "rate_limited", "as any guest is");

    guest.do_it(invite(20, "alice")).await;
}

#[tokio::test]
async fn a_link_is_made_of_what_can_be_shown_and_can_end() {
    let bed = host().await;
    for wishes in [
        json!({"label": " "}),
        json!({"label": "\u{202e}one"}),
        json!({"label": "one", "uses": 0}),
        json!({"label": "one", "uses": -1}),
        json!({"label": "one", "expires_in_ms": 0}),
        json!({"label": "one", "expires_in_ms": 1e18}),
    ] {
        assert_eq!(bed.api("alice", "POST", "/api/links", &wishes).await.0, 400, "{wishes}");
    }
    let (_, token) = link(&bed, json!({"label": "one"})).await;
    for name in ["", " ", "\u{200b}", "\u{202e}Bob", &"x".repeat(65)] {
        let entering = json!({"token": token, "name": name});
        assert_eq!(bed.request("POST", "/api/guest", "", &entering).await.0, 400, "{name:?}");
    }
}

#[tokio::test]
async fn where_there_are_no_guests_no_link_is_made() {
    let bed = Bed::new(&["guests.enabled=false"]).await;
    bed.person("alice", "Alice").await;
    assert_eq!(bed.api("alice", "POST", "/api/links", &json!({"label": "one"})).await.0, 403);
}
