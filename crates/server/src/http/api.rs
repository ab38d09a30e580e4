//! `/api`: signing up and in, tickets for WebSockets; the rest is in files of its own. Bodies are JSON of `visavis-proto`; every refusal is an
//! `ApiError`.
//!
//! | request | answer |
//! |---|---|
//! | `POST /api/login` `Login` | `Me`, cookie; the login of the cookie that came with it ends |
//! | `POST /api/logout` | nothing, cookie cleared |
//! | `POST /api/signup/check` `{"token"}` | `SignUpInvitation` |
//! | `POST /api/signup` `SignUp` | `Me`, cookie, as `login` |
//! | `POST /api/ticket` | `Ticket` |
//! | `GET /api/me` | `Me`, cookie renewed |
//! | `PATCH /api/me` `ChangeMe` | `Me` |
//! | `POST /api/password` `ChangePassword` | nothing; every other login ends |

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequestParts, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONNECTION, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use visavis_proto::limits::TICKET_LIFETIME;
use visavis_proto::{
    ChangeMe, ChangePassword, ChangedThing, ErrorCode, Login, Me, SignUp, SignUpInvitation, Ticket, UserId,
};
use visavis_store::{Store, TokenHash, User};

use super::admin::{self, Admin};
use super::client::Client;
use super::{cookie, devices, embed, guests, history, origin, people, push, relay, shared};
use crate::accounts::{Accounts, CurrentLogin, Refusal, SignedIn, agent};
use crate::clock;
use crate::config::{EmbedOrigin, PublicUrl};
use crate::push::Push;
use crate::signaling::{Calls, Devices, Presences};

/// Largest body, in bytes: a token, a password and a name are well below.
pub(super) const BODY_BYTES: usize = 4096;
/// How long a request may take with its body and its answer's work, the wait for a password check included.
const REQUEST: Duration = Duration::from_secs(20);

/// What the API needs.
#[derive(Debug, Clone)]
pub struct Api {
    /// Who signs in.
    pub accounts: Arc<Accounts>,
    /// Holds people and the history.
    pub store: Store,
    /// Hear when something of their user's has changed.
    pub devices: Arc<Devices>,
    /// Tell contacts who is there.
    pub presences: Arc<Presences>,
    /// Wakes devices.
    pub push: Arc<Push>,
    /// Live calls.
    pub calls: Arc<Calls>,
    /// What administrators see.
    pub admin: Arc<Admin>,
    /// The operator's `public.url`: pages from there are ours.
    pub public: Option<PublicUrl>,
    /// The operator's `web.embed_origins`.
    pub embed_origins: Arc<[EmbedOrigin]>,
    /// Where HTTPS listens: links for others begin there if their maker is at this machine itself.
    pub https: Option<SocketAddr>,
    /// The operator's `public.trust_proxy`.
    pub trust_proxy: bool,
}

/// Everything under `/api`.
pub fn routes(api: Api) -> Router {
    let routes = Router::new()
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/signup", post(sign_up))
        .route("/signup/check", post(check_sign_up))
        .route("/ticket", post(ticket))
        .route("/me", get(me).patch(change_me))
        .route("/password", post(change_password))
        .merge(people::routes())
        .merge(devices::routes())
        .merge(guests::routes())
        .merge(push::routes())
        .merge(history::routes())
        .merge(relay::routes())
        .merge(shared::routes())
        .merge(admin::routes())
        // A fallback would give way to the web app, which answers everything else.
        .route(
            "/{*nothing}",
            any(async || Refusal::new(ErrorCode::NotFound, "there is no such page in this API")),
        )
        .method_not_allowed_fallback(async || Refusal::new(ErrorCode::Unsupported, "use the other method"))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(api.clone(), bounded))
        .layer(middleware::from_fn_with_state(api.clone(), guard));
    Router::new().nest("/api", routes).nest("/api/embed", embed::routes(&api)).with_state(api)
}

/// Refuses what other sites' pages ask for.
async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    let changes_something = request.method() != Method::GET && request.method() != Method::HEAD;
    if changes_something && !origin::is_ours(request.headers(), api.public.as_ref()) {
        return Refusal::new(
            ErrorCode::Forbidden,
            "this page is not the server's own (its Origin is not the Host); behind a proxy, set public.url",
        )
        .into_response();
    }
    next.run(request).await
}

/// Bounds the time of a request; keeps its answer out of caches.
pub(super) async fn bounded(State(api): State<Api>, request: Request, next: Next) -> Response {
    let mut response = match tokio::time::timeout(REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            api.accounts.metrics.http_timeouts.count();
            too_slow()
        }
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to a request whose body trickles in, or never comes: it must not keep its place from others.
fn too_slow() -> Response {
    let message = format!("the request took longer than {} s", REQUEST.as_secs());
    let refusal = Refusal::new(ErrorCode::BadMessage, message);
    (StatusCode::REQUEST_TIMEOUT, [(CONNECTION, "close")], refusal).into_response()
}

async fn log_in(State(api): State<Api>, caller: Caller, body: Body<Login>) -> Result<Response, Refusal> {
    let Login { name, password } = read(body)?;
    let signed_in = api.accounts.log_in(caller.client.address, &name, &password, clock::moment()).await?;
    welcome(&api, &caller, signed_in).await
}

async fn log_out(State(api): State<Api>, caller: Caller) -> Result<Response, Refusal> {
    api.accounts.log_out(caller.cookie.as_deref()).await?;
    let cookie = AppendHeaders([(SET_COOKIE, cookie::clear(caller.client.secure))]);
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

async fn sign_up(State(api): State<Api>, caller: Caller, body: Body<SignUp>) -> Result<Response, Refusal> {
    let SignUp { token, password, display_name } = read(body)?;
    let name = display_name.as_deref();
    let signed_in =
        api.accounts.sign_up(caller.client.address, &token, &password, name, clock::moment()).await?;
    welcome(&api, &caller, signed_in).await
}

#[derive(Deserialize)]
struct SignUpToken {
    token: String,
}

async fn check_sign_up(
    State(api): State<Api>,
    caller: Caller,
    body: Body<SignUpToken>,
) -> Result<Json<SignUpInvitation>, Refusal> {
    let SignUpToken { token } = read(body)?;
    api.accounts.check_sign_up(caller.client.address, &token, clock::moment()).await.map(Json)
}

async fn ticket(State(api): State<Api>, caller: Caller) -> Result<Json<Ticket>, Refusal> {
    let CurrentLogin { user, login, .. } = caller.login(&api).await?;
    Ok(Json(ticket_for(&api, &user.id, login)))
}

/// A ticket for somebody who is signed in.
pub(super) fn ticket_for(api: &Api, user: &UserId, login: TokenHash) -> Ticket {
    let ticket = api.accounts.tickets.issue(user, login, clock::now());
    Ticket { ticket, expires_in_ms: millis(TICKET_LIFETIME) }
}

async fn me(State(api): State<Api>, caller: Caller) -> Result<Response, Refusal> {
    let login = caller.login(&api).await?;
    let now = clock::now();
    let guest = if login.is_guest { api.store.guest(&login.user.id, now).await? } else { None };
    // The page asks this whenever it opens, so the cookie lasts as long as the login.
    let lasts = guest.as_ref().map_or(api.accounts.login_lifetime(), |guest| guest.expires.since(now));
    let value = caller.cookie.as_deref().unwrap_or_default();
    let cookie = cookie::set(value, lasts, caller.client.secure);
    let shared = api.accounts.shared(&login, clock::moment());
    let guest = guest.map(|guest| guests::guest_of(guest, now));
    let me = Me { shared, guest, ..shown(login.user, login.is_admin) };
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(me)).into_response())
}

async fn change_me(
    State(api): State<Api>,
    caller: Caller,
    body: Body<ChangeMe>,
) -> Result<Json<Me>, Refusal> {
    let current = caller.confirmed(&api).await?;
    let user = api.accounts.rename(&current, &read(body)?.display_name).await?;
    Ok(Json(shown(user, current.is_admin)))
}

async fn change_password(
    State(api): State<Api>,
    caller: Caller,
    body: Body<ChangePassword>,
) -> Result<StatusCode, Refusal> {
    let current = caller.confirmed(&api).await?;
    let ChangePassword { old, new } = read(body)?;
    api.accounts.change_password(&current, &old, &new, clock::moment()).await?;
    api.devices.tell_changed(&current.user.id, &[ChangedThing::Devices]);
    Ok(StatusCode::NO_CONTENT)
}

async fn welcome(api: &Api, caller: &Caller, signed_in: SignedIn) -> Result<Response, Refusal> {
    api.accounts.end_former(caller.cookie.as_deref(), clock::moment()).await?;
    api.store.describe_login(signed_in.token.hash(), caller.agent.clone()).await?;
    api.devices.tell_changed(&signed_in.user.id, &[ChangedThing::Devices]);
    let cookie = cookie::set(&signed_in.token.text(), api.accounts.login_lifetime(), caller.client.secure);
    let is_admin = api.store.account(&signed_in.user.id).await?.is_some_and(|account| account.admin);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(shown(signed_in.user, is_admin))).into_response())
}

fn shown(user: User, admin: bool) -> Me {
    Me { name: user.id, display_name: user.display_name, guest: None, shared: None, admin }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Who asks, and the cookie they have.
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) cookie: Option<String>,
    /// What the browser says it is.
    agent: String,
}

impl Caller {
    /// Somebody with an account.
    pub(super) async fn user(&self, api: &Api) -> Result<CurrentLogin, Refusal> {
        let login = self.login(api).await?;
        if login.is_guest {
            return Err(Refusal::new(ErrorCode::Forbidden, "a guest can do nothing here but call"));
        }
        Ok(login)
    }

    /// The same, who has confirmed to be it where several people use the browser.
    pub(super) async fn confirmed(&self, api: &Api) -> Result<CurrentLogin, Refusal> {
        let login = self.user(api).await?;
        let open_for = api.accounts.confirmations.open_for(login.login, clock::instant());
        if login.is_shared && open_for.is_zero() {
            let message = "several people use this browser: confirm who you are (POST /api/confirm)";
            return Err(Refusal::new(ErrorCode::Unconfirmed, message));
        }
        Ok(login)
    }

    /// Anybody who is signed in.
    pub(super) async fn login(&self, api: &Api) -> Result<CurrentLogin, Refusal> {
        api.accounts.current(self.cookie.as_deref(), clock::moment()).await
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let client = Client::of(&parts.extensions, &parts.headers, api.trust_proxy)
            .expect("every request comes through http::listen, which says who asks");
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let cookie = cookie::read(&parts.headers).map(str::to_owned);
        Ok(Self { client, cookie, agent: agent::describe(agent) })
    }
}

/// What is asked for behind the `?`.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let asked = Query::from_request_parts(parts, state).await;
        let refused = |error: QueryRejection| Refusal::new(ErrorCode::BadMessage, error.body_text());
        asked.map(|Query(asked)| Self(asked)).map_err(refused)
    }
}

pub(super) type Body<T> = Result<Json<T>, JsonRejection>;

pub(super) fn read<T>(body: Body<T>) -> Result<T, Refusal> {
    let Json(value) = body.map_err(|error| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Refusal::new(
                ErrorCode::TooLarge,
                format!("the body may have at most {BODY_BYTES} bytes"),
            );
        }
        Refusal::new(ErrorCode::BadMessage, error.body_text())
    })?;
    Ok(value)
}
