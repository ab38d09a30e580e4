//! `/api/shared`, `/api/confirm`: a browser that several people use.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{post, put};
use axum::{Json, Router};
use visavis_proto::{Confirm, ShareDevice, SharedDevice};

use super::api::{Api, Body, Caller, read};
use crate::accounts::Refusal;
use crate::clock;

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/shared", put(share).delete(unshare)).route("/confirm", post(confirm).delete(lock))
}

async fn share(
    State(api): State<Api>,
    caller: Caller,
    body: Body<ShareDevice>,
) -> Result<StatusCode, Refusal> {
    // Whoever finds it open must not choose another PIN.
    let login = caller.confirmed(&api).await?;
    api.accounts.share(login.login, read(body)?.pin).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unshare(State(api): State<Api>, caller: Caller) -> Result<StatusCode, Refusal> {
    let login = caller.confirmed(&api).await?;
    api.accounts.unshare(login.login).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn confirm(
    State(api): State<Api>,
    caller: Caller,
    body: Body<Confirm>,
) -> Result<Json<SharedDevice>, Refusal> {
    let login = caller.user(&api).await?;
    api.accounts.confirm(&login, read(body)?.secret, clock::moment()).await.map(Json)
}

async fn lock(State(api): State<Api>, caller: Caller) -> Result<StatusCode, Refusal> {
    let login = caller.user(&api).await?;
    api.accounts.lock(login.login);
    Ok(StatusCode::NO_CONTENT)
}
