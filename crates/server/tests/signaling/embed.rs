//! Pages of other sites: those that are listed let guests call, and nobody else's do.

use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_SECURITY_POLICY, HOST, LOCATION, VARY};
use axum::http::{HeaderName, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::bed::*;
use crate::stream_line::{open, request};

const SHOP: &str = "https://shop.example";
const EVIL: &str = "https://evil.example";

async fn shop() -> (Bed, String) {
    let bed = Bed::new(&["web.embed_origins=https://shop.example,https://clinic.example"]).await;
    bed.person("alice", "Alice").await;
    let made = bed.ask("alice", "POST", "/api/links", json!({"label": "help desk"})).await;
    let token = made["url"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    (bed, token)
}

/// A request of a page of this origin: status, the headers that let it read the answer, and the answer.
async fn ask(bed: &Bed, origin: &str, path: &str, more: &str, body: Value) -> (u16, Vec<String>, Value) {
    let headers = format!("origin: {origin}\r\n{more}");
    let (status, headers, body) = bed.request_in_full("POST", path, &headers, &body).await;
    (status, named(&headers, "access-control-"), body)
}

/// The lines of headers whose names begin so.
fn named(headers: &str, name: &str) -> Vec<String> {
    headers.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

fn readable_by(origin: &str) -> Vec<String> {
    vec![format!("access-control-allow-origin: {origin}")]
}

/// The values of a header of a page.
async fn header(bed: &Bed, path: &str, name: HeaderName) -> Vec<String> {
    let get = Request::get(path).header(HOST, "localhost").body(Full::default()).unwrap();
    let answer = request(bed.address(), get).await;
    answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// Who may frame a page.
async fn framing(bed: &Bed, path: &str) -> String {
    let policies = header(bed, path, CONTENT_SECURITY_POLICY).await;
    assert_eq!(policies.len(), 1, "{policies:?}");
    policies[0].rsplit_once("frame-ancestors ").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_guest_calls_from_a_listed_site_with_a_pass_instead_of_a_cookie() {
    let (bed, token) = shop().await;
    let mut alice = bed.phone("alice", "tab").await;
    assert_eq!(
        ask(&bed, SHOP, "/api/embed/check", "", json!({"token": token})).await,
        (200, readable_by(SHOP), json!({"host_name": "Alice", "label": "help desk", "video": false}))
    );
    let body = json!({"token": token, "name": "Vera"});
    let headers = format!("origin: {SHOP}\r\n");
    let (_, headers, entered) = bed.request_in_full("POST", "/api/embed/guest", &headers, &body).await;
    assert_eq!(named(&headers, "set-cookie"), Vec::<String>::new());
    assert_eq!(
        (&entered["me"]["display_name"], &entered["me"]["guest"]["host"]),
        (&json!("Vera"), &json!("alice"))
    );

    let vera = entered["me"]["name"].as_str().unwrap();
    bed.remember(vera, entered["pass"].as_str().unwrap());
    let pass = format!("authorization: Bearer {}\r\n", entered["pass"].as_str().unwrap());
    let (status, readable, ticket) = ask(&bed, SHOP, "/api/embed/ticket", &pass, json!(null)).await;
    assert_eq!((status, readable), (200, readable_by(SHOP)));
    let mut guest = bed.socket().await;
    guest.greet(ticket["ticket"].as_str().unwrap(), vera, "page", json!([])).await;
    guest.do_it(invite(1, "alice")).await;
    assert_eq!(alice.hear_call("inviting").await["peer"]["name"], "Vera");

    let left = ask(&bed, SHOP, "/api/embed/leave", &pass, json!(null)).await;
    assert_eq!(left, (204, readable_by(SHOP), json!(null)));
    assert_eq!(alice.hear_until("ended").await["reason"], "policy");
    assert_eq!(bed.server.store.guests().await.unwrap(), 0, "others find their place");
    let (status, ..) = ask(&bed, SHOP, "/api/embed/ticket", &pass, json!(null)).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_page_that_is_not_listed_is_refused_and_may_read_which_key_is_missing() {
    let (bed, token) = shop().await;
    let why = "https://evil.example may show no calls of this server: its operator adds it to web.embed_origins, or sets public.url if \
               that is the server itself behind a proxy";
    for (path, body) in [
        ("/api/embed/check", json!({"token": token})),
        ("/api/embed/guest", json!({"token": token, "name": "Eve"})),
        ("/api/embed/ticket", json!(null)),
        ("/api/embed/leave", json!(null)),
        ("/sse", json!(null)),
    ] {
        let refused = (403, readable_by(EVIL), json!({"code": "forbidden", "message": why}));
        assert_eq!(ask(&bed, EVIL, path, "", body).await, refused, "{path}");
    }
    assert_eq!(bed.server.store.guests().await.unwrap(), 0);
}

#[tokio::test]
async fn the_question_beforehand_is_answered_and_what_is_not_shared_stays_closed_to_listed_sites() {
    let (bed, token) = shop().await;
    for origin in [SHOP, EVIL] {
        let headers = format!("origin: {origin}\r\naccess-control-request-method: POST\r\n");
        let (status, headers, _) =
            bed.request_in_full("OPTIONS", "/api/embed/check", &headers, &json!(null)).await;
        assert_eq!(status, 204);
        let allowed = [
            "access-control-allow-methods: GET, POST".to_owned(),
            "access-control-allow-headers: authorization, content-type".to_owned(),
            format!("access-control-allow-origin: {origin}"),
        ];
        assert_eq!(named(&headers, "access-control-"), allowed);
    }
    for (path, body) in [
        ("/api/guest/check", json!({"token": token})),
        ("/api/guest", json!({"token": token, "name": "Vera"})),
        ("/api/ticket", json!(null)),
        ("/api/login", json!({"name": "alice", "password": "correct horse"})),
    ] {
        let (status, readable, _) = ask(&bed, SHOP, path, "", body).await;
        assert_eq!((status, readable), (403, Vec::new()), "{path}");
    }
}

#[tokio::test]
async fn somebody_with_an_account_gets_no_ticket_by_the_way_of_guests() {
    let (bed, _) = shop().await;
    let secret = bed.login(&"alice".parse().unwrap()).text();
    let pass = format!("authorization: Bearer {secret}\r\n");
    for path in ["/api/embed/ticket", "/api/embed/leave"] {
        let (status, _, refused) = ask(&bed, SHOP, path, &pass, json!(null)).await;
        assert_eq!((status, &refused["code"]), (403, &json!("forbidden")));
        let cookie = format!("cookie: visavis={secret}\r\n");
        assert_eq!(
            ask(&bed, SHOP, path, &cookie, json!(null)).await.0,
            401,
            "a cookie counts for nothing here"
        );
    }
}

#[tokio::test]
async fn only_the_page_for_it_is_framed_and_only_by_those_who_are_listed() {
    let (bed, _) = shop().await;
    assert_eq!(framing(&bed, "/embed").await, "https://shop.example https://clinic.example");
    let (_, origins) = bed.request("GET", "/api/embed/origins", "", &Value::Null).await;
    assert_eq!(origins, json!({"origins": ["https://shop.example", "https://clinic.example"]}));
    for other in ["/", "/embed.html", "/api/me", "/nowhere"] {
        assert_eq!(framing(&bed, other).await, "'none'", "{other}");
    }

    let closed = Bed::new(&[]).await;
    assert_eq!(framing(&closed, "/embed").await, "'none'");
    let (status, ..) = ask(&closed, SHOP, "/api/embed/check", "", json!({"token": "any"})).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn the_page_for_frames_gives_way_to_the_app_in_a_window_of_its_own() {
    let (bed, _) = shop().await;
    for (place, location) in [("document", Some("/#")), ("iframe", None)] {
        let get = Request::get("/embed").header(HOST, "localhost").header("sec-fetch-dest", place);
        let answer = request(bed.address(), get.body(Full::default()).unwrap()).await;
        let headers = answer.headers();
        assert_eq!(headers.get(LOCATION).map(|to| to.to_str().unwrap()), location, "{place}");
        assert!(headers.get_all(VARY).iter().any(|name| name == "sec-fetch-dest"), "{place}: {headers:?}");
    }
}

#[tokio::test]
async fn pages_of_any_site_may_load_the_scripts_of_the_element_and_read_nothing_else() {
    let bed = Bed::new(&[]).await;
    for (path, readable) in [
        ("/embed.js", vec!["*"]),
        ("/assets/embed/index-1.js", vec!["*"]),
        ("/embed", vec![]),
        ("/embed-frame.js", vec![]),
        ("/", vec![]),
        ("/assets/index-1.js", vec![]),
        ("/api/embed/origins", vec![]),
    ] {
        assert_eq!(header(&bed, path, ACCESS_CONTROL_ALLOW_ORIGIN).await, readable, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_a_listed_site_opens_an_event_stream_where_no_websocket_gets_through() {
    let (bed, _) = shop().await;
    let stream = open(bed.address(), Some(SHOP)).await;
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers()["access-control-allow-origin"], SHOP);
    let headers = format!("origin: {SHOP}\r\nauthorization: Bearer made-up\r\n");
    let (_, headers, refused) = bed.request_in_full("POST", "/sse", &headers, &json!(null)).await;
    assert_eq!(named(&headers, "access-control-"), readable_by(SHOP));
    assert_eq!(refused["code"], "not_found", "the channel is asked for, not the site");
}
