//! What administrators see and do, and that nobody else does.

use serde_json::{Value, json};
use tokio::time::timeout;
use visavis_proto::UserId;
use visavis_store::AccountChange;

use crate::bed::{Bed, PATIENCE, accept, call_id, connected, invite, verb};

const NOTHING: &Value = &Value::Null;

fn id(name: &str) -> UserId {
    name.parse().unwrap()
}

/// Alice, who has a password, administers the server, Bob and Carol do not.
async fn bed() -> Bed {
    let bed = Bed::new(&[]).await;
    for (name, shown) in [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")] {
        bed.person(name, shown).await;
    }
    assert!(bed.server.store.set_password(&id("alice"), "a hash".to_owned()).await.unwrap());
    bed.server.store.appoint(&id("alice"), true).await.unwrap();
    bed
}

async fn refused(bed: &Bed, user: &str, method: &str, path: &str, body: Value) -> (u16, String) {
    let (status, answer) = bed.api(user, method, path, &body).await;
    (status, answer["code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned())
}

#[tokio::test]
async fn nobody_but_an_administrator_is_answered_and_a_guest_neither() {
    let bed = bed().await;
    let forbidden = (403, "forbidden".to_owned());
    let all = [
        ("GET", "users"),
        ("POST", "users"),
        ("PATCH", "users/carol"),
        ("DELETE", "users/carol"),
        ("POST", "users/carol/link"),
        ("GET", "users/carol/devices"),
        ("DELETE", "users/carol/devices"),
        ("DELETE", "users/carol/devices/0123456789abcdef"),
        ("DELETE", "users/carol/links/0123456789abcdef"),
        ("GET", "links"),
        ("GET", "calls"),
        ("DELETE", "calls/0192f0c0-0000-7000-8000-000000000001"),
        ("GET", "failures"),
        ("GET", "relay"),
        ("POST", "relay/self-test"),
    ];
    for (method, path) in all {
        let path = format!("/api/admin/{path}");
        assert_eq!(refused(&bed, "bob", method, &path, json!({})).await, forbidden, "{method} {path}");
        let (status, _) = bed.request(method, &path, "cookie: visavis=guess\r\n", &json!({})).await;
        assert_eq!(status, 401, "{method} {path}");
        let other = format!("{}origin: https://evil.example\r\n", cookie(&bed, "alice"));
        if method != "GET" {
            assert_eq!(bed.request(method, &path, &other, &json!({})).await.0, 403, "{method} {path}");
        }
    }
    let made = bed.ask("alice", "POST", "/api/links", json!({"label":"Team"})).await;
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let enter = json!({"token":token,"name":"Anna"});
    let (_, head, _) = bed.request_in_full("POST", "/api/guest", "", &enter).await;
    let guest = head.split("visavis=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let (status, _) =
        bed.request("GET", "/api/admin/users", &format!("cookie: visavis={guest}\r\n"), NOTHING).await;
    assert_eq!(status, 403);
    assert_eq!(bed.ask("alice", "GET", "/api/me", Value::Null).await["admin"], true);
    assert_eq!(bed.ask("bob", "GET", "/api/me", Value::Null).await.get("admin"), None);
}

fn cookie(bed: &Bed, user: &str) -> String {
    format!("cookie: visavis={}\r\n", bed.login(&id(user)).text())
}

#[tokio::test]
async fn an_administrator_adds_somebody_who_signs_up_by_the_link() {
    let bed = bed().await;
    let made = bed.ask("alice", "POST", "/api/admin/users", json!({"name":"Dora"})).await;
    assert_eq!((&made["name"], &made["expires_in_ms"]), (&json!("dora"), &json!(7 * 86_400_000)));
    let token = made["url"].as_str().unwrap().split("/#/join/").nth(1).unwrap();
    let sign_up = json!({"token":token,"password":"correct horse"});
    let (status, me) = bed.request("POST", "/api/signup", "", &sign_up).await;
    assert_eq!((status, &me["display_name"]), (200, &json!("Dora")));

    for (name, code) in [("dora", "conflict"), ("a b", "bad_message"), ("guest.1", "bad_message")] {
        let wish = json!({"name":name});
        assert_eq!(refused(&bed, "alice", "POST", "/api/admin/users", wish).await.1, code, "{name}");
    }
    let page = bed.ask("alice", "GET", "/api/admin/users?limit=1&after=bob", Value::Null).await;
    assert_eq!((&page["users"][0]["name"], &page["more"]), (&json!("carol"), &json!(true)));
    let found = bed.ask("alice", "GET", "/api/admin/users?search=DOR", Value::Null).await;
    let user = &found["users"][0];
    assert_eq!(
        ["name", "admin", "disabled", "signed_up"].map(|key| user[key].clone()),
        [json!("dora"), json!(false), json!(false), json!(true)]
    );
}

#[tokio::test]
async fn an_account_that_is_shut_is_out_at_once_and_in_again_when_it_is_opened() {
    let bed = bed().await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut carol = bed.phone("carol", "phone").await;
    carol.do_it(invite(1, "bob")).await;
    bob.do_it(accept(1)).await;
    let shut = bed.ask("alice", "PATCH", "/api/admin/users/bob", json!({"disabled":true})).await;
    assert_eq!(shut["disabled"], true);
    assert_eq!(carol.hear_until("ended").await["reason"], "operator");
    assert_eq!(bob.hear_type("bye").await["data"]["reason"], "revoked");
    assert_eq!(bed.api("bob", "GET", "/api/me", NOTHING).await.0, 401);
    let link = "/api/admin/users/bob/link";
    assert_eq!(refused(&bed, "alice", "POST", link, json!({})).await.1, "conflict");

    bed.ask("alice", "PATCH", "/api/admin/users/bob", json!({"disabled":false})).await;
    let made = bed.ask("alice", "POST", link, json!({})).await;
    assert!(made["url"].as_str().unwrap().contains("/#/join/"), "{made}");
}

#[tokio::test]
async fn the_last_administrator_can_neither_go_nor_be_shut_out() {
    let bed = bed().await;
    let path = "/api/admin/users/alice";
    for wish in [json!({"admin":false}), json!({"disabled":true})] {
        assert_eq!(refused(&bed, "alice", "PATCH", path, wish).await, (409, "conflict".to_owned()));
    }
    assert_eq!(refused(&bed, "alice", "DELETE", path, json!({})).await.1, "conflict");

    bed.ask("alice", "PATCH", "/api/admin/users/bob", json!({"admin":true})).await;
    assert_eq!(refused(&bed, "alice", "DELETE", path, json!({})).await.1, "conflict", "bob has no password");
    assert!(bed.server.store.set_password(&id("bob"), "a hash".to_owned()).await.unwrap());
    assert_eq!(bed.api("alice", "DELETE", path, NOTHING).await.0, 204);
    assert_eq!(bed.api("alice", "GET", "/api/me", NOTHING).await.0, 401);
    assert_eq!(refused(&bed, "bob", "GET", "/api/admin/users/alice/devices", json!({})).await.0, 404);
}

#[tokio::test]
async fn shutting_an_account_again_closes_what_was_left_open() {
    let bed = bed().await;
    let mut bob = bed.phone("bob", "phone").await;
    let shut = AccountChange { admin: None, disabled: Some(true) };
    bed.database_elsewhere().change_account(&id("bob"), shut).await.unwrap();
    bob.hears_nothing().await;

    bed.ask("alice", "PATCH", "/api/admin/users/bob", json!({"disabled":true})).await;

    assert_eq!(bob.hear_type("bye").await["data"]["reason"], "revoked");
}

#[tokio::test]
async fn who_is_no_administrator_any_more_is_refused_at_once_without_signing_in_again() {
    let bed = bed().await;
    let users = "/api/admin/users";
    bed.ask("alice", "PATCH", "/api/admin/users/bob", json!({"admin":true})).await;
    assert_eq!(bed.api("bob", "GET", users, NOTHING).await.0, 200);

    bed.ask("alice", "PATCH", "/api/admin/users/bob", json!({"admin":false})).await;

    assert_eq!(refused(&bed, "bob", "GET", users, json!({})).await, (403, "forbidden".to_owned()));
    assert_eq!(bed.api("bob", "GET", "/api/me", NOTHING).await.0, 200);
}

#[tokio::test]
async fn a_live_call_is_seen_without_what_is_said_and_ended_for_both() {
    let bed = bed().await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut carol = bed.phone("carol", "phone").await;
    bob.do_it(invite(1, "carol")).await;
    carol.do_it(accept(1)).await;
    bob.do_it(connected(1)).await;
    bob.hear_until("active").await;

    let mut seen = bed.ask("alice", "GET", "/api/admin/calls", Value::Null).await;
    seen["calls"][0]["started_ago_ms"] = json!(0);
    let call = json!({
        "id": call_id(1),
        "caller": {"name":"bob","display_name":"Bob"},
        "callee": {"name":"carol","display_name":"Carol"},
        "state": "active",
        "media": ["audio", "video"],
        "started_ago_ms": 0,
        "route": "direct",
    });
    assert_eq!(seen, json!({"calls":[call],"count":1}));

    let path = format!("/api/admin/calls/{}", call_id(1));
    assert_eq!(bed.api("alice", "DELETE", &path, NOTHING).await.0, 204);
    for phone in [&mut bob, &mut carol] {
        assert_eq!(phone.hear_until("ended").await["reason"], "operator");
    }
    assert_eq!(refused(&bed, "alice", "DELETE", &path, json!({})).await.1, "not_found");
    assert_eq!(refused(&bed, "alice", "DELETE", "/api/admin/calls/x", json!({})).await.1, "not_found");
    let none = bed.ask("alice", "GET", "/api/admin/calls", Value::Null).await;
    assert_eq!(none, json!({"calls":[],"count":0}));
}

#[tokio::test]
async fn browsers_are_listed_and_signed_out_one_by_one_and_all_at_once() {
    let bed = bed().await;
    let mut phone = bed.phone("bob", "phone").await;
    let path = "/api/admin/users/bob/devices";
    let first = bed.ask("alice", "GET", path, Value::Null).await["logins"][0].clone();
    assert_eq!((&first["current"], &first["devices"][0]["device"]), (&json!(false), &json!("phone")));
    let one = format!("{path}/{}", first["id"].as_str().unwrap());
    assert_eq!(bed.api("alice", "DELETE", &one, NOTHING).await.0, 204);
    assert_eq!(phone.hear_type("bye").await["data"]["reason"], "revoked");
    assert_eq!(refused(&bed, "alice", "DELETE", &one, json!({})).await.1, "not_found");

    bed.log_in_again("bob").await;
    let mut again = bed.phone("bob", "phone").await;
    assert_eq!(bed.api("alice", "DELETE", path, NOTHING).await.0, 204);
    assert_eq!(again.hear_type("bye").await["data"]["reason"], "revoked");
    assert_eq!(bed.api("bob", "GET", "/api/me", NOTHING).await.0, 401);
}

#[tokio::test]
async fn everybodys_guest_links_are_seen_and_revoked() {
    let bed = bed().await;
    let made = bed.ask("bob", "POST", "/api/links", json!({"label":"Team"})).await;
    let all = bed.ask("alice", "GET", "/api/admin/links", Value::Null).await;
    let link = &all["links"][0];
    assert_eq!(link["owner"], json!({"name":"bob","display_name":"Bob"}));
    assert_eq!((&link["link"]["id"], &link["link"]["label"]), (&made["link"]["id"], &json!("Team")));
    let path = format!("/api/admin/users/bob/links/{}", made["link"]["id"].as_str().unwrap());
    assert_eq!(bed.api("alice", "DELETE", &path, NOTHING).await.0, 204);
    assert_eq!(bed.ask("bob", "GET", "/api/links", Value::Null).await, json!({"links":[]}));
}

#[tokio::test]
async fn a_list_is_as_long_as_is_asked_for_and_says_whether_there_is_more() {
    let bed = bed().await;
    for label in ["old", "new"] {
        bed.ask("bob", "POST", "/api/links", json!({"label":label})).await;
    }
    for (path, shown, more) in [("links?limit=1", 1, true), ("links?limit=0", 1, true), ("links", 2, false)] {
        let list = bed.ask("alice", "GET", &format!("/api/admin/{path}"), Value::Null).await;
        assert_eq!(list["links"].as_array().unwrap().len(), shown, "{path}");
        assert_eq!(list["more"], more, "{path}");
    }
}

#[tokio::test]
async fn a_list_whose_length_is_no_number_is_refused_as_everything_is() {
    let bed = bed().await;
    for list in ["users?limit=-1", "links?limit=x", "calls?limit=4294967296", "failures?limit="] {
        let answer = refused(&bed, "alice", "GET", &format!("/api/admin/{list}"), Value::Null).await;
        assert_eq!(answer, (400, "bad_message".to_owned()), "{list}");
    }
}

#[tokio::test]
async fn a_call_that_went_wrong_is_told_with_what_is_probably_behind_it() {
    let bed = bed().await;
    let mut bob = bed.phone("bob", "phone").await;
    let mut carol = bed.phone("carol", "phone").await;
    bob.do_it(invite(1, "carol")).await;
    carol.do_it(accept(1)).await;
    let mut hangup = verb("hangup", 1);
    hangup["data"] = json!({"reason":"permission"});
    carol.do_it(hangup).await;
    bob.hear_until("ended").await;
    let failures = bed.ask("alice", "GET", "/api/admin/failures", Value::Null).await;
    let failure = &failures["failures"][0];
    assert_eq!(failures["failures"].as_array().unwrap().len(), 1);
    assert_eq!(failures["more"], false);
    assert_eq!(
        ["call", "reason", "diagnosis"].map(|key| failure[key].clone()),
        [json!(call_id(1)), json!("permission"), json!("no_microphone")]
    );
}

#[tokio::test]
async fn the_relay_is_tested_when_an_administrator_asks() {
    let bed = bed().await;
    // The one at the start.
    let first = tested(&bed, 1).await;

    let asked = bed.ask("alice", "POST", "/api/admin/relay/self-test", json!({})).await;
    assert_eq!((&asked["testing"], &asked["test"]["ways"]), (&json!(true), &first["test"]["ways"]));

    let second = tested(&bed, 2).await;
    assert_ne!(second["test"]["verdict"], "broken", "{second}");
    let ways = second["test"]["ways"].as_array().unwrap();
    assert!(ways.iter().any(|way| way["carrier"] == "udp" && way["place"] == "here"), "{second}");
    assert_eq!(second["relay"]["allocations"], 0, "the test gives back what it opens");
}

/// How the relay stands after so many tests.
async fn tested(bed: &Bed, count: u64) -> Value {
    let done = async {
        while bed.server.metrics.relay_self_tests.value() < count {
            tokio::task::yield_now().await;
        }
        loop {
            let relay = bed.ask("alice", "GET", "/api/admin/relay", Value::Null).await;
            if relay.get("testing").is_none() {
                return relay;
            }
        }
    };
    timeout(PATIENCE, done).await.unwrap()
}

#[tokio::test]
async fn an_administrator_who_asks_without_end_has_to_wait() {
    let bed = bed().await;
    let mut codes = Vec::new();
    while codes.last().is_none_or(|status| *status == 200) && codes.len() < 1000 {
        codes.push(bed.api("alice", "GET", "/api/admin/calls", NOTHING).await.0);
    }
    assert_eq!(codes.last(), Some(&429), "after {}", codes.len());
    assert!(codes.len() > 100, "a page that looks again now and then never waits");
}
