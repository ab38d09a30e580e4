//! Calls for devices that are not connected: pushed, taken back, answered by HTTP.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::bed::*;
use crate::push_service::{Browser, PushService, Pushed};

const HERE: &str = "push.allow_networks=127.0.0.0/8,::1/128";

/// Alice, Bob, and a push service where nobody has registered.
async fn world() -> (Bed, PushService) {
    let service = PushService::new().await;
    let bed = Bed::new(&[HERE, &service.trusted(), "push.contact=mailto:op@example.org"]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    (bed, service)
}

/// Bob's browser, which is closed, and the device that a push wakes.
async fn register(bed: &Bed, service: &PushService, device: &str) -> Browser {
    let browser = Browser::new();
    bed.ask("bob", "PUT", "/api/push", browser.subscription(device, &service.endpoint(device))).await;
    browser
}

async fn by_token(bed: &Bed, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    bed.request(method, path, &format!("authorization: Bearer {token}\r\n"), &body).await
}

fn path(call: u128, verb: &str) -> String {
    format!("/api/calls/{}{verb}", call_id(call))
}

fn token(message: &Value) -> String {
    message["token"].as_str().unwrap().to_owned()
}

/// The claims of a push's VAPID token, whose signature is good.
fn claims(pushed: &Pushed, key: &str) -> Value {
    let value = pushed.headers["authorization"].strip_prefix("vapid t=").unwrap();
    let (token, shown) = value.split_once(", k=").unwrap();
    assert_eq!(shown, key);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, URL_SAFE_NO_PAD.decode(key).unwrap());
    key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[tokio::test]
async fn a_call_wakes_a_device_that_rings_and_answers_by_http_and_then_carries_it() {
    let (bed, mut service) = world().await;
    let browser = register(&bed, &service, "woken").await;
    let mut alice = bed.phone("alice", "tab").await;

    alice.do_it(invite(1, "bob")).await;
    let pushed = service.next().await;

    let header = |name: &str| pushed.headers[name].as_str();
    assert_eq!((pushed.path.as_str(), header("urgency")), ("/woken", "high"));
    assert_eq!((header("content-encoding"), header("topic").len()), ("aes128gcm", 22));
    assert!((1..=20).contains(&header("ttl").parse::<u64>().unwrap()));
    let key = bed.ask("bob", "GET", "/api/push/key", json!(null)).await["key"].take();
    let claims = claims(&pushed, key.as_str().unwrap());
    assert_eq!((&claims["aud"], &claims["sub"]), (&json!(service.origin()), &json!("mailto:op@example.org")));
    let mut message = browser.read(&pushed);
    let token = token(&message);
    for (field, most) in [("expires_in_ms", 20_000), ("sent_at", u64::MAX)] {
        let value = message[field].take().as_u64().unwrap();
        assert!(value > 0 && value <= most, "{field} {value}");
    }
    assert_eq!(
        message,
        json!({
            "type": "call", "call": call_id(1), "from": "alice", "name": "Alice", "media": ["audio", "video"],
            "expires_in_ms": null, "sent_at": null, "device": "woken", "token": token,
        })
    );

    let (status, view) = by_token(&bed, &token, "GET", &path(1, ""), json!(null)).await;
    assert_eq!((status, &view["state"], &view["you"]), (200, &json!("inviting"), &json!("ringing")));
    let (_, view) = by_token(&bed, &token, "POST", &path(1, "/ringing"), json!(null)).await;
    assert_eq!(view["state"], "ringing");
    let media = json!({"media": ["audio"]});
    let (_, view) = by_token(&bed, &token, "POST", &path(1, "/accept"), media).await;
    assert_eq!((&view["state"], &view["you"]), (&json!("connecting"), &json!("active")));
    alice.hear_call("inviting").await;
    alice.hear_call("ringing").await;
    assert_eq!(alice.hear_call("connecting").await["peer"]["address"], "bob/woken");

    let (mut page, welcome) = bed.phone_with("bob", "woken", json!([])).await;
    assert_eq!(welcome["data"]["calls"][0]["you"], "active");
    page.do_it(connected(1)).await;
    alice.hear_call("active").await;
    assert!(service.is_idle(), "who has answered is not told to stop");
}

/// Row 60: a notification can be pressed by whoever is there.
#[tokio::test]
async fn a_shared_device_that_was_woken_rings_and_declines_but_answers_only_for_who_has_confirmed() {
    let (bed, mut service) = world().await;
    let browser = register(&bed, &service, "woken").await;
    bed.ask("bob", "PUT", "/api/shared", json!({"pin":"2580"})).await;
    let mut alice = bed.phone("alice", "tab").await;
    alice.do_it(invite(1, "bob")).await;
    let token = token(&browser.read(&service.next().await));

    let (_, view) = by_token(&bed, &token, "POST", &path(1, "/ringing"), json!(null)).await;
    assert_eq!(view["state"], "ringing");
    let media = json!({"media": ["audio"]});
    let (status, refused) = by_token(&bed, &token, "POST", &path(1, "/accept"), media.clone()).await;
    assert_eq!((status, &refused["code"]), (403, &json!("unconfirmed")));
    bed.ask("bob", "POST", "/api/confirm", json!({"secret":"2580"})).await;
    let (_, view) = by_token(&bed, &token, "POST", &path(1, "/accept"), media).await;
    assert_eq!(view["state"], "connecting");
}

#[tokio::test]
async fn a_browser_in_which_another_person_signs_in_wakes_for_them_alone() {
    let (bed, mut service) = world().await;
    bed.person("carol", "Carol").await;
    let browser = register(&bed, &service, "woken").await;
    let subscription = browser.subscription("woken", &service.endpoint("woken"));
    bed.ask("alice", "PUT", "/api/push", subscription).await;
    let mut carol = bed.phone("carol", "tab").await;

    carol.do_it(invite(1, "bob")).await;
    carol.do_it(verb("hangup", 1)).await;
    carol.do_it(invite(2, "alice")).await;

    assert_eq!(browser.read(&service.next().await)["call"], call_id(2));
    let devices = bed.ask("bob", "GET", "/api/devices", json!(null)).await;
    assert_eq!(devices["logins"][0]["push"], false);
}

#[tokio::test]
async fn a_call_that_rings_no_more_is_taken_back_under_its_topic() {
    let (bed, mut service) = world().await;
    let browser = register(&bed, &service, "woken").await;
    let mut alice = bed.phone("alice", "tab").await;

    alice.do_it(invite(1, "bob")).await;
    let call = service.next().await;
    alice.do_it(verb("hangup", 1)).await;
    let stop = service.next().await;
    assert_eq!(browser.read(&stop), json!({"type": "stop", "call": call_id(1), "reason": "cancelled"}));
    assert_eq!(stop.headers["topic"], call.headers["topic"]);
    let late = token(&browser.read(&call));
    let (status, view) = by_token(&bed, &late, "GET", &path(1, ""), json!(null)).await;
    assert_eq!((status, &view["state"], &view["reason"]), (200, &json!("ended"), &json!("cancelled")));
    let (status, refused) = by_token(&bed, &late, "POST", &path(1, "/accept"), json!({"media": []})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("call_ended")));

    let mut desk = bed.phone("bob", "desk").await;
    desk.do_it(json!({"type":"presence","data":{"status":"away"}})).await;
    alice.do_it(invite(2, "bob")).await;
    let call = service.next().await;
    assert_ne!(call.headers["topic"], stop.headers["topic"]);
    desk.do_it(accept(2)).await;
    let stop = service.next().await;
    assert_eq!(browser.read(&stop), json!({"type": "stop", "call": call_id(2)}));
    let late = token(&browser.read(&call));
    for (verb, body) in [("/accept", json!({"media": []})), ("/decline", json!(null))] {
        let (status, refused) = by_token(&bed, &late, "POST", &path(2, verb), body).await;
        assert_eq!((status, &refused["code"]), (409, &json!("answered_elsewhere")), "{verb}");
    }
    let (_, view) = by_token(&bed, &late, "GET", &path(2, ""), json!(null)).await;
    assert_eq!(view["state"], "connecting", "a late decline does not end what another device has answered");
}

#[tokio::test]
async fn a_woken_device_declines_for_all() {
    let (bed, mut service) = world().await;
    let browser = register(&bed, &service, "woken").await;
    let mut alice = bed.phone("alice", "tab").await;
    alice.do_it(invite(1, "bob")).await;
    let token = token(&browser.read(&service.next().await));

    let (status, view) = by_token(&bed, &token, "POST", &path(1, "/decline"), json!(null)).await;

    assert_eq!((status, &view["state"], &view["reason"]), (200, &json!("ended"), &json!("rejected")));
    alice.hear_call("inviting").await;
    assert_eq!(alice.hear_call("ended").await["reason"], "rejected");
}

#[tokio::test]
async fn a_notification_that_is_declined_after_the_answer_hangs_up_nothing() {
    let (bed, mut service) = world().await;
    let browser = register(&bed, &service, "woken").await;
    let mut alice = bed.phone("alice", "tab").await;
    alice.do_it(invite(1, "bob")).await;
    let token = token(&browser.read(&service.next().await));
    let (mut page, mut desk) = (bed.phone("bob", "woken").await, bed.phone("bob", "desk").await);
    let decline = async || by_token(&bed, &token, "POST", &path(1, "/decline"), json!(null)).await;

    page.do_it(accept(1)).await;
    let (status, refused) = decline().await;
    assert_eq!((status, &refused["code"]), (409, &json!("call_ended")));
    page.do_it(connected(1)).await;
    let take = json!({"type":"take","call":call_id(1),"data":{"media":["audio"]}});
    desk.do_it(take).await;
    let (status, refused) = decline().await;
    assert_eq!((status, &refused["code"]), (409, &json!("answered_elsewhere")));

    alice.hear_until("active").await;
    desk.do_it(verb("hangup", 1)).await;
    assert_eq!(alice.hear_until("ended").await["reason"], "hangup", "it went on until now");
}

#[tokio::test]
async fn neither_a_page_that_is_looked_at_nor_a_screened_call_wakes_a_device() {
    let (bed, mut service) = world().await;
    let browser = register(&bed, &service, "woken").await;
    let mut alice = bed.phone("alice", "tab").await;
    let mut page = bed.phone("bob", "page").await;

    alice.do_it(invite(1, "bob")).await;
    page.hear_call("inviting").await;
    alice.do_it(verb("hangup", 1)).await;
    drop(page);
    bed.until_sockets(1).await;
    bed.ask("bob", "PUT", "/api/blocks/alice", json!({})).await;
    alice.do_it(invite(2, "bob")).await;
    alice.do_it(verb("hangup", 2)).await;
    bed.ask("bob", "DELETE", "/api/blocks/alice", json!(null)).await;
    bed.ask("bob", "PUT", "/api/contacts/alice", json!({"display_name": "Ally"})).await;
    alice.do_it(invite(3, "bob")).await;

    let message = browser.read(&service.next().await);
    assert_eq!((&message["call"], &message["name"]), (&json!(call_id(3)), &json!("Ally")));
}

/// Waits until the server has counted something.
async fn until(what: impl Fn() -> bool) {
    let counted = async {
        while !what() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), counted).await.unwrap();
}

#[tokio::test]
async fn a_registration_that_has_ended_is_removed_and_a_busy_push_service_is_asked_again() {
    let (bed, mut service) = world().await;
    let browser = register(&bed, &service, "woken").await;
    let mut alice = bed.phone("alice", "tab").await;
    let metrics = &bed.server.metrics;

    service.answer(&["503 Service Unavailable", "429 Too Many Requests"]);
    alice.do_it(invite(1, "bob")).await;
    for _ in 0..3 {
        assert_eq!(browser.read(&service.next().await)["call"], call_id(1));
    }
    until(|| metrics.pushes.value() == 1 && metrics.pushes_failed.value() == 2).await;
    alice.do_it(verb("hangup", 1)).await;
    assert_eq!(browser.read(&service.next().await)["type"], "stop");

    assert_eq!(bed.ask("bob", "GET", "/api/devices", json!(null)).await["logins"][0]["push"], true);
    service.answer(&["410 Gone"]);
    alice.do_it(invite(2, "bob")).await;
    service.next().await;
    until(|| metrics.pushes_gone.value() == 1).await;
    let removed = async {
        while bed.ask("bob", "GET", "/api/devices", json!(null)).await["logins"][0]["push"] == true {}
    };
    timeout(Duration::from_secs(20), removed).await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (bed, mut service) = world().await;
    register(&bed, &service, "woken").await;
    let mut alice = bed.phone("alice", "tab").await;
    service.answer(&["307 Temporary Redirect\r\nlocation: https://localhost/elsewhere"]);

    alice.do_it(invite(1, "bob")).await;

    service.next().await;
    until(|| bed.server.metrics.pushes_failed.value() == 1).await;
    assert!(service.is_idle());
}

#[tokio::test]
async fn nothing_in_a_private_network_is_pushed_to_unless_the_operator_says_so() {
    let mut service = PushService::new().await;
    let bed = Bed::new(&[&service.trusted()]).await;
    bed.person("alice", "Alice").await;
    bed.person("bob", "Bob").await;
    register(&bed, &service, "by-name").await;
    let port = service.origin().rsplit_once(':').unwrap().1.to_owned();
    for (device, host) in
        [("by-number", "127.0.0.1"), ("mapped", "[::ffff:127.0.0.1]"), ("octal", "0177.0.0.1")]
    {
        let endpoint = format!("https://{host}:{port}/{device}");
        bed.ask("bob", "PUT", "/api/push", Browser::new().subscription(device, &endpoint)).await;
    }
    let mut alice = bed.phone("alice", "tab").await;

    alice.do_it(invite(1, "bob")).await;

    until(|| bed.server.metrics.pushes_failed.value() >= 4).await;
    assert_eq!(bed.server.metrics.pushes.value(), 0);
    assert!(service.is_idle());
}

#[tokio::test]
async fn a_token_opens_its_own_call_for_its_own_device_until_the_login_ends() {
    let (bed, mut service) = world().await;
    let browser = register(&bed, &service, "woken").await;
    let (mut alice, mut carol) = (bed.phone("alice", "tab").await, {
        bed.person("carol", "Carol").await;
        bed.phone("carol", "tab").await
    });
    alice.do_it(invite(1, "bob")).await;
    let token = token(&browser.read(&service.next().await));
    carol.do_it(invite(2, "bob")).await;
    service.next().await;

    let mut other = URL_SAFE_NO_PAD.decode(&token).unwrap();
    other[0] ^= 1;
    let other = URL_SAFE_NO_PAD.encode(other);
    for (token, call) in
        [(token.as_str(), 2), (&other, 1), ("", 1), ("AAAA", 1), ("not base64!", 1), (&token, 9)]
    {
        let (status, refused) = by_token(&bed, token, "GET", &path(call, ""), json!(null)).await;
        assert_eq!((status, &refused["code"]), (401, &json!("unauthenticated")), "{token} {call}");
    }
    let (status, _) = by_token(&bed, &token, "GET", "/api/calls/no-uuid", json!(null)).await;
    assert_eq!(status, 401);
    assert_eq!(bed.request("POST", &path(1, "/accept"), "", &json!({"media": []})).await.0, 401);
    assert_eq!(by_token(&bed, &token, "GET", &path(1, ""), json!(null)).await.0, 200);
    bed.sign_out("bob").await;
    assert_eq!(by_token(&bed, &token, "GET", &path(1, ""), json!(null)).await.0, 401);
}

#[tokio::test]
async fn what_cannot_be_a_registration_is_refused() {
    let bed = Bed::new(&[]).await;
    bed.person("bob", "Bob").await;
    let good = Browser::new().subscription("woken", "https://push.example.net/1");
    let put = async |change: &dyn Fn(&mut Value)| {
        let mut wish = good.clone();
        change(&mut wish);
        bed.api("bob", "PUT", "/api/push", &wish).await.0
    };

    assert_eq!(put(&|_| ()).await, 204);
    for endpoint in [
        "http://push.example.net/1",
        "https://user@push.example.net/1",
        "https://push.example.net/1#part",
        "https:///1",
        "file:///etc/passwd",
        "push.example.net",
        &format!("https://push.example.net/{}", "x".repeat(1024)),
    ] {
        assert_eq!(put(&|wish| wish["endpoint"] = json!(endpoint)).await, 400, "{endpoint}");
    }
    let no_point = URL_SAFE_NO_PAD.encode([4; 65]);
    for key in ["", "AAAA", &no_point] {
        assert_eq!(put(&|wish| wish["keys"]["p256dh"] = json!(key)).await, 400, "{key}");
    }
    assert_eq!(put(&|wish| wish["keys"]["auth"] = json!("AAAA")).await, 400);
    assert_eq!(put(&|wish| wish["device"] = json!("a/b")).await, 400);
    for _ in 0..2 {
        bed.ask("bob", "DELETE", "/api/push/woken", json!(null)).await;
    }
    assert_eq!(bed.ask("bob", "GET", "/api/devices", json!(null)).await["logins"][0]["push"], false);
}
