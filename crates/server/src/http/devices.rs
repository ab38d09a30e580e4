//! `/api/devices`: the browsers in which somebody is signed in.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, patch};
use axum::{Json, Router};
use sha2::{Digest, Sha256};
use visavis_proto::{ChangedThing, DeviceView, ErrorCode, LoginList, LoginView, RenameLogin, UserId};
use visavis_store::{ListedLogin, TokenHash};

use super::api::{Api, Body, Caller, millis, read};
use crate::accounts::{Refusal, check_display_name};
use crate::clock;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/devices", get(list).delete(end_others))
        .route("/devices/{id}", patch(rename).delete(end))
}

async fn list(State(api): State<Api>, caller: Caller) -> Result<Json<LoginList>, Refusal> {
    let current = caller.confirmed(&api).await?;
    logins_of(&api, &current.user.id, current.login).await.map(Json)
}

/// Somebody's logins; `current` is the one that asks, if it is theirs.
pub(super) async fn logins_of(api: &Api, user: &UserId, current: TokenHash) -> Result<LoginList, Refusal> {
    let now = clock::now();
    let connected = api.devices.list(user);
    let shown = |login: ListedLogin| {
        let devices: Vec<DeviceView> = connected
            .iter()
            .filter(|device| device.login == Some(login.token))
            .map(|device| DeviceView {
                device: device.device.clone(),
                name: device.name.clone(),
                status: device.status,
            })
            .collect();
        let said = || login.agent.clone().or_else(|| devices.first().map(|device| device.name.clone()));
        LoginView {
            id: id_of(login.token),
            name: login.name.clone().or_else(said).unwrap_or_else(|| "A browser".to_owned()),
            created_ago_ms: millis(now.since(login.created)),
            last_seen_ago_ms: millis(now.since(login.last_seen)),
            current: login.token == current,
            push: login.push,
            devices,
        }
    };
    let mut logins: Vec<_> = api.store.logins(user, now).await?.into_iter().map(shown).collect();
    logins.sort_by_key(|login| !login.current);
    Ok(LoginList { logins })
}

async fn rename(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body<RenameLogin>,
) -> Result<StatusCode, Refusal> {
    let current = caller.confirmed(&api).await?;
    let name = check_display_name("name", &read(body)?.name)?;
    let login = find(&api, &current.user.id, &id).await?;
    api.store.rename_login(login, name).await?;
    api.devices.tell_changed(&current.user.id, &[ChangedThing::Devices]);
    Ok(StatusCode::NO_CONTENT)
}

async fn end(State(api): State<Api>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let current = caller.confirmed(&api).await?;
    let login = find(&api, &current.user.id, &id).await?;
    api.accounts.end_login(login).await?;
    api.devices.tell_changed(&current.user.id, &[ChangedThing::Devices]);
    Ok(StatusCode::NO_CONTENT)
}

async fn end_others(State(api): State<Api>, caller: Caller) -> Result<StatusCode, Refusal> {
    let current = caller.confirmed(&api).await?;
    api.accounts.end_other_logins(&current, clock::moment()).await?;
    api.devices.tell_changed(&current.user.id, &[ChangedThing::Devices]);
    Ok(StatusCode::NO_CONTENT)
}

/// Which of somebody's logins has this id: they have a hundred at most.
pub(super) async fn find(api: &Api, user: &UserId, id: &str) -> Result<TokenHash, Refusal> {
    let logins = api.store.logins(user, clock::now()).await?;
    let found = logins.into_iter().find(|login| id_of(login.token) == id);
    found
        .map(|login| login.token)
        .ok_or_else(|| Refusal::new(ErrorCode::NotFound, "no login has this id; it may have ended"))
}

/// A login's name in this API. What is kept of its token is not told: from the id nobody gets there.
fn id_of(login: TokenHash) -> String {
    let digest = Sha256::new().chain_update(b"the id of a login").chain_update(login.0).finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
