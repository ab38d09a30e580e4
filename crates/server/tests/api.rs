//! The account API as a browser meets it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::future::poll_fn;
use std::mem::replace;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, ORIGIN, RETRY_AFTER, SET_COOKIE,
};
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;
use tower::ServiceExt;
use uuid::Uuid;
use visavis_call::Timers;
use visavis_cluster::{Engine, Local};
use visavis_proto::{CallId, Direction, EndReason, ErrorCode, MediaKind, Outcome, UserId};
use visavis_server::accounts::{AccountLimits, Accounts, Revoked, sign_up};
use visavis_server::clock;
use visavis_server::config::Config;
use visavis_server::data_folder::DataFolder;
use visavis_server::http::admin::Admin;
use visavis_server::http::api::{self, Api};
use visavis_server::http::client::Peer;
use visavis_server::networks::Networks;
use visavis_server::push::{Push, PushLimits};
use visavis_server::secrets::Secrets;
use visavis_server::signaling::{Calls, Capsules, Devices, Presences};
use visavis_store::{AccountChange, HistoryRow, Store, User};

const PASSWORD: &str = "correct horse";
const DAY: Duration = Duration::from_secs(86_400);
/// Long enough for a loaded machine; nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// The API with Alice, who has an account but no password yet.
struct World {
    router: Router,
    store: Store,
    accounts: Arc<Accounts>,
    _folder: TempDir,
}

async fn world() -> World {
    world_at(Some("https://call.example.org"), None).await
}

/// A server that is reached at `public` if anything was set, and listens for HTTPS at `https`.
async fn world_at(public: Option<&str>, https: Option<&str>) -> World {
    let temporary = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(temporary.path()).unwrap();
    let store = Store::open(&folder.database()).unwrap();
    let secrets = Secrets::load_or_create(&folder).unwrap();
    let mut config = Config::default();
    config.accounts.attempts_per_address = 5;
    let limits = AccountLimits::from(&config);
    let accounts = Arc::new(Accounts::new(store.clone(), &secrets, &limits, Arc::default()));
    let devices = Arc::new(Devices::new(Arc::default()));
    let calls = Calls::open(
        Engine::Local(Local::open(&folder.calls()).unwrap()),
        store.clone(),
        Arc::clone(&devices),
        Arc::default(),
        Capsules::new(secrets.capsule_key),
        Timers::default(),
        None,
    );
    let calls = calls.await.unwrap();
    let push =
        Push::new(store.clone(), Arc::clone(&devices), Arc::default(), &secrets, PushLimits::default())
            .unwrap();
    let api = Api {
        push,
        accounts: Arc::clone(&accounts),
        store: store.clone(),
        presences: Arc::new(Presences::new(Arc::clone(&devices), store.clone())),
        calls,
        devices,
        admin: Arc::new(Admin::new(None, None, Arc::new(Networks::new(Arc::default())), DAY)),
        public: public.map(|url| url.parse().unwrap()),
        embed_origins: Arc::default(),
        https: https.map(|address| address.parse().unwrap()),
        trust_proxy: false,
    };
    let world = World { router: api::routes(api), store, accounts, _folder: temporary };
    world.add("alice").await;
    world
}

/// What came back.
#[derive(Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    body: Value,
    cookie: Option<String>,
    retry_after: Option<String>,
}

impl Answer {
    /// The cookie as the browser sends it back.
    fn session(&self) -> String {
        self.cookie.as_ref().unwrap().split(';').next().unwrap().to_owned()
    }
}

impl World {
    async fn add(&self, name: &str) {
        let user = User { id: id(name), display_name: name.to_owned() };
        assert!(self.store.add_user(user, clock::now()).await.unwrap());
    }

    async fn link(&self, name: &str, lifetime: Duration) -> String {
        let link = sign_up::make_link(&self.store, &id(name), lifetime, clock::now()).await.unwrap();
        link.unwrap().text()
    }

    async fn sign_up(&self, name: &str) -> Answer {
        let token = self.link(name, DAY).await;
        let answer = self.post("/api/signup", json!({"token": token, "password": PASSWORD}), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }

    async fn log_in(&self, name: &str, password: &str) -> Answer {
        self.post("/api/login", json!({"name": name, "password": password}), "").await
    }

    async fn post(&self, path: &str, body: Value, cookie: &str) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json").header(COOKIE, cookie);
        self.ask(request.body(Body::from(body.to_string())).unwrap(), false).await
    }

    async fn send(&self, method: Method, path: &str, body: Value, cookie: &str) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(CONTENT_TYPE, "application/json").header(COOKIE, cookie);
        self.ask(request.body(Body::from(body.to_string())).unwrap(), false).await
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(Request::get(path).header(COOKIE, cookie).body(Body::empty()).unwrap(), false).await
    }

    async fn ask(&self, request: Request<Body>, secure: bool) -> Answer {
        let response = self.router.clone().oneshot(from_afar(request, secure)).await.unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (cookie, retry_after, caching) = (header(SET_COOKIE), header(RETRY_AFTER), header(CACHE_CONTROL));
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        if status != StatusCode::FORBIDDEN {
            assert_eq!(caching.as_deref(), Some("no-store"));
        }
        Answer { status, body, cookie, retry_after }
    }

    /// Asks for something that sends the last guest away, and is gone before the answer: what a browser's page does that is being
    /// closed. Nothing of the request is done here after the database has done its part.
    async fn ask_and_go(&self, request: Request<Body>) {
        let mut asked = pin!(self.router.clone().oneshot(from_afar(request, false)));
        loop {
            let answered = poll_fn(|task| Poll::Ready(asked.as_mut().poll(task).is_ready())).await;
            assert!(!answered, "there was an answer before the guest was gone");
            woken().await;
            if self.store.guests().await.unwrap() == 0 {
                return;
            }
        }
    }
}

fn from_afar(mut request: Request<Body>, secure: bool) -> Request<Body> {
    request.headers_mut().entry(HOST).or_insert("localhost:7070".parse().unwrap());
    let peer = Peer { address: "192.0.2.1:4000".parse().unwrap(), secure };
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// Waits until something has happened for which this task waits.
async fn woken() {
    let mut is_woken = false;
    poll_fn(|_| if replace(&mut is_woken, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

fn id(name: &str) -> UserId {
    name.parse().unwrap()
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Answer {
    Answer { status, body: json!({"code": code, "message": message}), cookie: None, retry_after: None }
}

fn nobody() -> Answer {
    refusal(StatusCode::UNAUTHORIZED, "unauthenticated", "sign in first")
}

#[tokio::test]
async fn a_sign_up_link_works_once() {
    let world = world().await;
    let token = world.link("alice", DAY).await;
    let sign_up = json!({"token": token, "password": PASSWORD, "display_name": "Alice A."});

    let check = world.post("/api/signup/check", json!({"token": token}), "").await;
    let first = world.post("/api/signup", sign_up.clone(), "").await;
    let second = world.post("/api/signup", sign_up, "").await;
    let check_again = world.post("/api/signup/check", json!({"token": token}), "").await;

    assert_eq!((check.status, &check.body["name"]), (StatusCode::OK, &json!("alice")));
    let left = Duration::from_millis(check.body["expires_in_ms"].as_u64().unwrap());
    assert!(left <= DAY && left > DAY - Duration::from_secs(600), "{left:?}");
    let me = json!({"name": "alice", "display_name": "Alice A."});
    assert_eq!((first.status, &first.body), (StatusCode::OK, &me));
    assert_eq!(world.get("/api/me", &first.session()).await.body, me);
    let gone = refusal(
        StatusCode::NOT_FOUND,
        "not_found",
        "this sign-up link was used or replaced, or has expired; ask for a new one (`visavis user link NAME`)",
    );
    assert_eq!(second, gone);
    assert_eq!(check_again, gone);
}

#[tokio::test]
async fn a_link_that_has_expired_is_refused() {
    let world = world().await;
    let token = world.link("alice", Duration::ZERO).await;

    let answer = world.post("/api/signup", json!({"token": token, "password": PASSWORD}), "").await;

    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn strangers_wrong_passwords_and_people_without_one_get_the_same_answer() {
    let world = world().await;
    world.sign_up("alice").await;
    world.add("bob").await;

    let wrong = refusal(StatusCode::UNAUTHORIZED, "unauthenticated", "the name or the password is wrong");
    assert_eq!(world.log_in("alice", "wrong password").await, wrong);
    assert_eq!(world.log_in("stranger", PASSWORD).await, wrong);
    assert_eq!(world.log_in("bob", PASSWORD).await, wrong);
    assert_eq!(world.log_in("no/name", PASSWORD).await, wrong);
}

#[tokio::test]
async fn only_who_knows_the_password_learns_that_an_account_is_shut() {
    let world = world().await;
    world.sign_up("alice").await;
    let shut = AccountChange { admin: None, disabled: Some(true) };
    world.store.change_account(&id("alice"), shut).await.unwrap();

    let told = refusal(
        StatusCode::CONFLICT,
        "conflict",
        "an administrator has shut this account; ask them to open it again",
    );
    assert_eq!(world.log_in("alice", PASSWORD).await, told);
    let wrong = refusal(StatusCode::UNAUTHORIZED, "unauthenticated", "the name or the password is wrong");
    assert_eq!(world.log_in("alice", "wrong password").await, wrong);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_of_plain_http_once_https_was_used() {
    let world = world().await;
    world.sign_up("alice").await;
    let log_in = |secure| {
        let body = json!({"name": " Alice", "password": PASSWORD}).to_string();
        let request = Request::post("/api/login").header(CONTENT_TYPE, "application/json");
        world.ask(request.body(Body::from(body)).unwrap(), secure)
    };

    let (plain, secure) = (log_in(false).await.cookie.unwrap(), log_in(true).await.cookie.unwrap());

    let flags = |cookie: &str| cookie.split_once(';').unwrap().1.to_owned();
    assert_eq!(flags(&plain), " HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000");
    assert_eq!(flags(&secure), " HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000; Secure");
    assert_eq!(plain.split(';').next().unwrap().len(), "visavis=".len() + 43);
}

#[tokio::test]
async fn signing_out_ends_the_login_and_clears_the_cookie() {
    let world = world().await;
    let session = world.sign_up("alice").await.session();

    let out = world.post("/api/logout", json!({}), &format!("theme=dark; {session}")).await;

    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(out.cookie.unwrap(), "visavis=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    assert_eq!(world.get("/api/me", &session).await, nobody());
    assert_eq!(world.post("/api/logout", json!({}), "").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn who_signs_in_ends_the_login_that_the_browser_had_before_and_no_other() {
    let world = world().await;
    world.add("bob").await;
    let [alice, bob] = [world.sign_up("alice").await.session(), world.sign_up("bob").await.session()];
    let elsewhere = world.log_in("alice", PASSWORD).await.session();
    let status = async |session: &str| world.get("/api/me", session).await.status;

    let as_bob = |password: &str| json!({"name": "bob", "password": password});
    let wrong = world.post("/api/login", as_bob("a guess of it"), &alice).await;
    assert_eq!((wrong.status, status(&alice).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));

    let here = world.post("/api/login", as_bob(PASSWORD), &alice).await.session();
    assert_eq!(world.get("/api/me", &alice).await, nobody());
    for session in [&here, &bob, &elsewhere] {
        assert_eq!(status(session).await, StatusCode::OK);
    }
    for no_login in [alice.as_str(), "visavis=x"] {
        assert_eq!(world.post("/api/login", as_bob(PASSWORD), no_login).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn who_signs_up_ends_the_login_that_the_browser_had_before() {
    let world = world().await;
    world.add("bob").await;
    let alice = world.sign_up("alice").await.session();
    let wish = json!({"token": world.link("bob", DAY).await, "password": PASSWORD});

    assert_eq!(world.post("/api/signup", wish, &alice).await.status, StatusCode::OK);

    assert_eq!(world.get("/api/me", &alice).await, nobody());
}

#[tokio::test]
async fn people_choose_how_they_are_shown_and_by_their_name_if_nothing_is_left() {
    let world = world().await;
    let session = world.sign_up("alice").await.session();
    let rename = async |name: &str| {
        world.send(Method::PATCH, "/api/me", json!({"display_name": name}), &session).await.body
    };

    assert_eq!(rename(" Alice Martin ").await, json!({"name": "alice", "display_name": "Alice Martin"}));
    assert_eq!(world.get("/api/me", &session).await.body["display_name"], "Alice Martin");
    assert_eq!(rename("Alice\u{202e}").await["code"], "bad_message");
    assert_eq!(rename("  ").await["display_name"], "alice");
    let stranger = world.send(Method::PATCH, "/api/me", json!({"display_name": "x"}), "").await;
    assert_eq!(stranger, nobody());
}

#[tokio::test]
async fn another_password_needs_the_old_one_and_ends_every_other_login() {
    let world = world().await;
    let here = world.sign_up("alice").await.session();
    let there = world.log_in("alice", PASSWORD).await.session();
    let change = async |old: &str, new: &str| {
        world.post("/api/password", json!({"old": old, "new": new}), &here).await
    };

    let wrong = refusal(StatusCode::FORBIDDEN, "forbidden", "the old password is wrong");
    assert_eq!(change("a guess", "battery staple").await, wrong);
    assert_eq!(change(PASSWORD, "short").await.body["code"], "bad_message");
    assert_eq!(world.get("/api/me", &there).await.status, StatusCode::OK, "nothing has changed");

    assert_eq!(change(PASSWORD, "battery staple").await.status, StatusCode::NO_CONTENT);

    assert_eq!(world.get("/api/me", &there).await, nobody());
    assert_eq!(world.get("/api/me", &here).await.status, StatusCode::OK);
    assert_eq!(world.log_in("alice", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.log_in("alice", "battery staple").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_old_password_is_not_guessed_in_a_browser_that_is_signed_in() {
    let world = world().await;
    let session = world.sign_up("alice").await.session();
    let guess = async || {
        let body = json!({"old": "a guess", "new": "battery staple"});
        world.post("/api/password", body, &session).await.body["code"].clone()
    };
    let mut codes = Vec::new();
    while codes.last().is_none_or(|code| code == "forbidden") && codes.len() < 100 {
        codes.push(guess().await);
    }
    assert_eq!(codes.last().unwrap(), "rate_limited", "after {}", codes.len());
}

#[tokio::test]
async fn without_a_login_nothing_personal_is_answered() {
    let world = world().await;
    for cookie in ["", "visavis=", "visavis=guess", "other=1"] {
        assert_eq!(world.get("/api/me", cookie).await, nobody());
        for page in ["history", "contacts", "blocks", "preferences", "devices", "links", "push/key"] {
            assert_eq!(world.get(&format!("/api/{page}"), cookie).await, nobody());
        }
        assert_eq!(world.post("/api/ticket", json!({}), cookie).await, nobody());
    }
}

#[tokio::test]
async fn failed_attempts_are_limited_and_the_wait_is_told() {
    let world = world().await;
    for _ in 0..5 {
        assert_eq!(world.log_in("alice", "wrong password").await.status, StatusCode::UNAUTHORIZED);
    }

    let limited = world.log_in("alice", "wrong password").await;

    assert_eq!(
        (limited.status, &limited.body["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("rate_limited"))
    );
    let wait = limited.body["retry_after_ms"].as_u64().unwrap();
    assert!((1..=20_000).contains(&wait), "{wait}");
    assert_eq!(limited.retry_after.unwrap(), wait.div_ceil(1000).to_string());
}

#[tokio::test]
async fn other_sites_pages_may_not_post() {
    let world = world().await;
    let session = world.sign_up("alice").await.session();
    let post = |origin: &'static str| {
        let request = Request::post("/api/ticket").header(COOKIE, &session).header(ORIGIN, origin);
        world.ask(request.body(Body::empty()).unwrap(), false)
    };

    assert_eq!(post("http://localhost:7070").await.status, StatusCode::OK);
    assert_eq!(post("https://call.example.org").await.status, StatusCode::OK);
    for origin in ["https://evil.example", "http://localhost:7071", "null"] {
        let answer = post(origin).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (StatusCode::FORBIDDEN, &json!("forbidden")),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn a_ticket_opens_one_websocket() {
    let world = world().await;
    let session = world.sign_up("alice").await.session();

    let answer = world.post("/api/ticket", json!({}), &session).await;

    assert_eq!((answer.status, &answer.body["expires_in_ms"]), (StatusCode::OK, &json!(30_000)));
    let ticket = answer.body["ticket"].as_str().unwrap();
    let redeem = || world.accounts.tickets.redeem(ticket, clock::now());
    assert_eq!(redeem().map(|who| who.user), Ok(id("alice")));
    assert_eq!(redeem(), Err(ErrorCode::Unauthenticated));
}

#[tokio::test]
async fn history_comes_in_pages() {
    let world = world().await;
    world.add("bob").await;
    let session = world.sign_up("alice").await.session();
    let started = clock::now();
    let row = |number: u128| HistoryRow {
        user: id("alice"),
        call: CallId(Uuid::from_u128(number)),
        peer: id("bob"),
        direction: Direction::In,
        outcome: Outcome::Missed,
        reason: EndReason::NoAnswer,
        media: vec![MediaKind::Audio],
        started,
        duration: Duration::ZERO,
        device_name: None,
        peer_name: "bob".to_owned(),
        quiet: false,
        request: false,
        guest: None,
        recordings: Vec::new(),
    };
    world.store.add_history((1..=120).map(row).collect()).await.unwrap();
    let page =
        async |query: String| world.get(&format!("/api/history{query}"), &session).await.body["calls"].take();
    let numbers = |page: &Value| -> Vec<u128> {
        let call = |entry: &Value| entry["call"].as_str().unwrap().parse::<Uuid>().unwrap().as_u128();
        page.as_array().unwrap().iter().map(call).collect()
    };

    let mut first = page(String::new()).await;
    let next = page(format!("?before={}&limit=2", Uuid::from_u128(71))).await;
    let most = page("?limit=1000".to_owned()).await;

    assert_eq!(numbers(&first), (71..=120).rev().collect::<Vec<_>>());
    assert_eq!(numbers(&next), [70, 69]);
    assert_eq!(most.as_array().unwrap().len(), 100);
    let entry = first[0].as_object_mut().unwrap();
    let ago = entry.remove("started_ago_ms").unwrap().as_u64().unwrap();
    assert!(ago < 600_000, "{ago}");
    assert_eq!(
        Value::from(entry.clone()),
        json!({
            "call": Uuid::from_u128(120), "peer": "bob", "peer_name": "bob", "direction": "in", "outcome": "missed",
            "reason": "no_answer", "media": ["audio"], "duration_ms": 0, "unseen": true,
        })
    );
}

#[tokio::test]
async fn contacts_blocks_and_preferences_are_kept_as_they_are_given() {
    let world = world().await;
    world.add("bob").await;
    let session = world.sign_up("alice").await.session();
    let put = async |path: &str, body| world.send(Method::PUT, path, body, &session).await;

    let contact = put("/api/contacts/Bob", json!({"favourite": true, "display_name": " Bobby "})).await;
    let shown = json!({"name": "bob", "display_name": "Bobby", "chosen_name": "bob", "favourite": true});
    assert_eq!((contact.status, &contact.body), (StatusCode::OK, &shown));
    assert_eq!(world.get("/api/contacts", &session).await.body, json!({"contacts": [shown]}));
    assert_eq!(put("/api/contacts/bob", json!({"display_name": ""})).await.body["display_name"], "bob");

    assert_eq!(put("/api/blocks/bob", json!({})).await.status, StatusCode::NO_CONTENT);
    let blocks = world.get("/api/blocks", &session).await.body;
    assert_eq!(
        (&blocks["blocks"][0]["name"], blocks["blocks"].as_array().unwrap().len()),
        (&json!("bob"), 1)
    );
    assert_eq!(world.get("/api/contacts", &session).await.body, json!({"contacts": []}));
    for _ in 0..2 {
        let gone = world.send(Method::DELETE, "/api/blocks/bob", json!(null), &session).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }

    let usual = world.get("/api/preferences", &session).await.body;
    assert_eq!(
        usual,
        json!({
            "callers": "everyone", "call_waiting": true, "favourites_ring_through": true, "hide_address": false,
            "do_not_disturb": {"on": false, "schedule": []},
        })
    );
    let schedule = json!([{"days": ["mon", "sun"], "from": "22:30", "to": "07:00"}]);
    let quiet = json!({"on": false, "schedule": schedule, "zone": "Europe/Berlin"});
    let kept = put("/api/preferences", json!({"callers": "nobody", "do_not_disturb": quiet})).await.body;
    assert_eq!((&kept["callers"], &kept["do_not_disturb"]), (&json!("nobody"), &quiet));
    assert_eq!(world.get("/api/preferences", &session).await.body, kept);
}

#[tokio::test]
async fn what_cannot_be_kept_of_people_is_refused_and_changes_nothing() {
    let world = world().await;
    world.add("bob").await;
    let session = world.sign_up("alice").await.session();
    let code = async |path: &str, body| {
        let answer = world.send(Method::PUT, path, body, &session).await;
        (answer.status.as_u16(), answer.body["code"].as_str().unwrap_or_default().to_owned())
    };
    let bad = (400, "bad_message".to_owned());
    let not_found = (404, "not_found".to_owned());

    assert_eq!(code("/api/contacts/nobody", json!({})).await, not_found);
    assert_eq!(code("/api/contacts/a%2Fb", json!({})).await, not_found);
    assert_eq!(code("/api/contacts/alice", json!({})).await, bad);
    assert_eq!(code("/api/contacts/bob", json!({"display_name": "\u{202e}bob"})).await, bad);
    assert_eq!(code("/api/contacts/bob", json!({"display_name": "x".repeat(65)})).await, bad);
    assert_eq!(code("/api/contacts/bob", json!({"favourite": "yes"})).await, bad);
    assert_eq!(code("/api/blocks/alice", json!({})).await, bad);
    assert_eq!(code("/api/blocks/nobody", json!({})).await, not_found);
    assert_eq!(code("/api/preferences", json!({"callers": "friends"})).await, bad);
    assert_eq!(code("/api/preferences", json!({"do_not_disturb": {"zone": "Nowhere"}})).await, bad);
    assert_eq!(world.get("/api/contacts", &session).await.body, json!({"contacts": []}));
    assert_eq!(world.get("/api/preferences", &session).await.body["callers"], "everyone");
}

#[tokio::test]
async fn who_tries_one_name_after_the_other_is_slowed_down_and_who_adds_people_is_not() {
    let world = world().await;
    world.add("bob").await;
    let session = world.sign_up("alice").await.session();
    let put = async |name: &str| {
        world.send(Method::PUT, &format!("/api/contacts/{name}"), json!({}), &session).await.status.as_u16()
    };
    for _ in 0..50 {
        assert_eq!(put("bob").await, 200);
    }
    let mut tried = 0;
    while put("nobody").await == 404 {
        tried += 1;
    }
    assert_eq!(tried, 30);
    assert_eq!(put("bob").await, 429, "or the refusal would tell who exists");
}

#[tokio::test]
async fn bad_input_is_answered_with_what_is_wrong() {
    let world = world().await;
    let session = world.sign_up("alice").await.session();
    let raw = |body: &'static str| {
        let request = Request::post("/api/login").header(CONTENT_TYPE, "application/json");
        world.ask(request.body(Body::from(body)).unwrap(), false)
    };
    let code = |answer: Answer| (answer.status, answer.body["code"].as_str().unwrap().to_owned());
    let bad = (StatusCode::BAD_REQUEST, "bad_message".to_owned());

    assert_eq!(code(raw("{").await), bad);
    assert_eq!(code(raw("[]").await), bad);
    assert_eq!(code(raw(r#"{"name":"alice"}"#).await), bad);
    assert_eq!(code(world.get("/api/history?before=x", &session).await), bad);
    assert_eq!(code(world.get("/api/history?limit=-1", &session).await), bad);
    let form = Request::post("/api/login").body(Body::from("name=alice")).unwrap();
    assert_eq!(code(world.ask(form, false).await), bad);
    let large = json!({"name": "alice", "password": "x".repeat(4096)});
    assert_eq!(
        world.post("/api/login", large, "").await,
        refusal(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body may have at most 4096 bytes")
    );
    assert_eq!(
        world.get("/api/nothing", "").await,
        refusal(StatusCode::NOT_FOUND, "not_found", "there is no such page in this API")
    );
    let wrong_method = Request::builder().method(Method::GET).uri("/api/login").body(Body::empty()).unwrap();
    assert_eq!(
        world.ask(wrong_method, false).await,
        refusal(StatusCode::METHOD_NOT_ALLOWED, "unsupported", "use the other method")
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_not_waited_for() {
    let world = world().await;
    let body = Body::new(http_body_util::StreamBody::new(futures_util::stream::pending::<
        Result<hyper::body::Frame<bytes::Bytes>, std::io::Error>,
    >()));
    let request = Request::post("/api/login").header(CONTENT_TYPE, "application/json").body(body).unwrap();
    let answer = world.ask(request, false).await;
    assert_eq!(
        (answer.status, answer.body["message"].as_str()),
        (StatusCode::REQUEST_TIMEOUT, Some("the request took longer than 20 s"))
    );
}

#[tokio::test]
async fn guests_are_gone_for_everybody_even_if_whoever_sent_them_away_waits_for_no_answer() {
    let world = world().await;
    let session = world.sign_up("alice").await.session();
    let made = world.post("/api/links", json!({"label": "dentist"}), &session).await.body;
    let token = made["url"].as_str().unwrap().rsplit_once('/').unwrap().1;
    let enter = async || {
        let guest = world.post("/api/embed/guest", json!({"token": token, "name": "Vera"}), "").await.body;
        let pass = format!("Bearer {}", guest["pass"].as_str().unwrap());
        (id(guest["me"]["name"].as_str().unwrap()), pass)
    };
    let mut revoked = world.accounts.revoked();
    let mut heard = async || timeout(PATIENCE, revoked.recv()).await.expect("it was told").unwrap();

    let (vera, pass) = enter().await;
    let leave = Request::post("/api/embed/leave").header(AUTHORIZATION, pass);
    world.ask_and_go(leave.body(Body::empty()).unwrap()).await;
    assert_eq!(heard().await, Revoked::User(vera));

    let (gus, _) = enter().await;
    let path = format!("/api/links/{}", made["link"]["id"].as_str().unwrap());
    let revoke = Request::delete(path).header(COOKIE, session);
    world.ask_and_go(revoke.body(Body::empty()).unwrap()).await;
    assert_eq!(heard().await, Revoked::User(gus));
}

#[tokio::test]
async fn a_guest_link_that_is_made_at_the_server_itself_can_be_opened_elsewhere_if_there_is_a_way() {
    let begins = async |public, https, host: &str| {
        let world = world_at(public, https).await;
        let session = world.sign_up("alice").await.session();
        let request = Request::post("/api/links").header(CONTENT_TYPE, "application/json");
        let request = request.header(COOKIE, session).header(HOST, host);
        let answer = world.ask(request.body(Body::from(r#"{"label":"dentist"}"#)).unwrap(), false).await;
        let url = answer.body["url"].as_str().unwrap().to_owned();
        url.split_once("/#/guest/").unwrap().0.to_owned()
    };
    let (public, https) = (Some("https://call.example.org"), Some("192.0.2.7:7443"));

    assert_eq!(begins(public, https, "localhost:7070").await, "https://call.example.org");
    assert_eq!(begins(None, https, "localhost:7070").await, "https://192.0.2.7:7443");
    assert_eq!(begins(None, https, "[::1]:7070").await, "https://192.0.2.7:7443");
    assert_eq!(begins(None, https, "home.lan:7070").await, "http://home.lan:7070");
    assert_eq!(begins(None, Some("127.0.0.1:7443"), "localhost:7070").await, "http://localhost:7070");
    assert_eq!(begins(None, None, "localhost:7070").await, "http://localhost:7070");
}
