//! `/api/embed`: how a guest calls from a page of another site. Browsers keep cookies from such pages, so none is read or
//! set here; a guest shows a pass. Pages of sites that are not in `web.embed_origins` are refused.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/embed/origins` | `EmbedOrigins` |
//! | `POST /api/embed/check` `{"token"}` | `GuestInvitation` |
//! | `POST /api/embed/guest` `EnterAsGuest` | `EmbeddedGuest` |
//! | `POST /api/embed/ticket` with the pass | `Ticket` |
//! | `POST /api/embed/leave` with the pass | nothing; the guest is gone, and what they were in has ended |

use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::routing::{get, post};
use axum::{Json, Router};
use visavis_proto::{EmbedOrigins, EmbeddedGuest, EnterAsGuest, ErrorCode, Ticket};

use super::api::{self, Api, BODY_BYTES, Body, Caller, bounded};
use super::guests;
use super::origin::{self, Sites};
use super::to_the_end::to_the_end;
use crate::accounts::{CurrentLogin, Refusal};
use crate::clock;

pub(super) fn routes(api: &Api) -> Router<Api> {
    let sites = Sites { public: api.public.clone(), listed: api.embed_origins.clone() };
    Router::new()
        .route("/origins", get(origins))
        .route("/check", post(guests::check))
        .route("/guest", post(enter))
        .route("/ticket", post(ticket))
        .route("/leave", post(leave))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(api.clone(), bounded))
        .layer(middleware::from_fn_with_state(sites, origin::share))
}

async fn origins(State(api): State<Api>) -> Json<EmbedOrigins> {
    let origins = api.embed_origins.iter().map(|origin| origin.as_str().to_owned()).collect();
    Json(EmbedOrigins { origins })
}

async fn enter(
    State(api): State<Api>,
    caller: Caller,
    body: Body<EnterAsGuest>,
) -> Result<Json<EmbeddedGuest>, Refusal> {
    let (login, me) = guests::signed_in(&api, &caller, body).await?;
    Ok(Json(EmbeddedGuest { pass: login.text(), me }))
}

async fn ticket(State(api): State<Api>, headers: HeaderMap) -> Result<Json<Ticket>, Refusal> {
    let CurrentLogin { user, login, .. } = guest(&api, &headers).await?;
    Ok(Json(api::ticket_for(&api, &user.id, login)))
}

async fn leave(State(api): State<Api>, headers: HeaderMap) -> Result<StatusCode, Refusal> {
    let guest = guest(&api, &headers).await?.user.id;
    // A page that is being closed waits for no answer.
    to_the_end(async move {
        api.store.remove_user(&guest).await?;
        api.calls.end_all_of(&guest).await;
        api.accounts.user_is_gone(&guest);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The guest whose pass is shown. What a cookie holds is a pass as well, but only a guest's is taken here.
async fn guest(api: &Api, headers: &HeaderMap) -> Result<CurrentLogin, Refusal> {
    let shown = headers.get(AUTHORIZATION).and_then(|shown| shown.to_str().ok());
    let pass = shown.and_then(|shown| shown.strip_prefix("Bearer "));
    let login = api.accounts.current(pass, clock::moment()).await?;
    if login.is_guest {
        return Ok(login);
    }
    Err(Refusal::new(
        ErrorCode::Forbidden,
        "this is for guests: other pages get a ticket by POST /api/ticket",
    ))
}
