//! `/api/push`, and `/api/calls` for devices that a push has woken.

use axum::extract::{Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use visavis_call::{Event, Leg};
use visavis_proto::{Accept, Address, CallId, CallView, ChangedThing, DeviceId, ErrorCode, PushKey, PutPush};
use visavis_store::PushTarget;

use super::api::{Api, Body, Caller, read};
use crate::accounts::shared::confirmed;
use crate::accounts::{Refusal, check_display_name};
use crate::clock;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/push", put(register))
        .route("/push/key", get(key))
        .route("/push/{device}", delete(forget))
        .route("/calls/{call}", get(look))
        .route("/calls/{call}/ringing", post(ring))
        .route("/calls/{call}/accept", post(accept))
        .route("/calls/{call}/decline", post(decline))
}

async fn key(State(api): State<Api>, caller: Caller) -> Result<Json<PushKey>, Refusal> {
    caller.user(&api).await?;
    Ok(Json(PushKey { key: api.push.public_key() }))
}

async fn register(
    State(api): State<Api>,
    caller: Caller,
    body: Body<PutPush>,
) -> Result<StatusCode, Refusal> {
    let login = caller.user(&api).await?;
    let wish = read(body)?;
    let name = wish.name.as_deref().map(|name| check_display_name("name", name)).transpose()?.flatten();
    let name = name.unwrap_or_else(|| wish.device.to_string());
    api.push.register(&login.user.id, login.login, wish, name).await?;
    api.devices.tell_changed(&login.user.id, &[ChangedThing::Devices]);
    Ok(StatusCode::NO_CONTENT)
}

async fn forget(
    State(api): State<Api>,
    caller: Caller,
    Path(device): Path<String>,
) -> Result<StatusCode, Refusal> {
    let login = caller.user(&api).await?;
    if let Ok(device) = device.parse::<DeviceId>() {
        api.store.delete_push(&Address { user: login.user.id.clone(), device }, None).await?;
        api.devices.tell_changed(&login.user.id, &[ChangedThing::Devices]);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The device that shows a push's token for this call.
async fn woken(api: &Api, call: &str, headers: &HeaderMap) -> Result<(CallId, PushTarget), Refusal> {
    let refused = || {
        Refusal::new(
            ErrorCode::Unauthenticated,
            "show the token of this call's push, as Authorization: Bearer",
        )
    };
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(refused)?;
    let call: CallId = call.parse().map_err(|_| refused())?;
    let target = api.push.woken(call, token).await?.ok_or_else(refused)?;
    Ok((call, target))
}

async fn shown(api: &Api, call: CallId, device: &Address) -> Result<Json<CallView>, Refusal> {
    let over = || Refusal::new(ErrorCode::NotFound, "the server does not know this call: it is over");
    api.calls.view(call, device, clock::now()).await.map(Json).ok_or_else(over)
}

async fn look(
    State(api): State<Api>,
    Path(call): Path<String>,
    headers: HeaderMap,
) -> Result<Json<CallView>, Refusal> {
    let (call, target) = woken(&api, &call, &headers).await?;
    shown(&api, call, &target.address).await
}

async fn ring(
    State(api): State<Api>,
    Path(call): Path<String>,
    headers: HeaderMap,
) -> Result<Json<CallView>, Refusal> {
    tell(&api, &call, &headers, |who| Event::Ringing { who, warm: false }).await
}

async fn decline(
    State(api): State<Api>,
    Path(call): Path<String>,
    headers: HeaderMap,
) -> Result<Json<CallView>, Refusal> {
    tell(&api, &call, &headers, |who| Event::Decline { who }).await
}

/// Tells the call what its woken device does, and the device how the call stands then.
async fn tell(
    api: &Api,
    call: &str,
    headers: &HeaderMap,
    does: impl FnOnce(Address) -> Event,
) -> Result<Json<CallView>, Refusal> {
    let (call, PushTarget { address, .. }) = woken(api, call, headers).await?;
    api.calls.woken(call, &address, does(address.clone())).await?;
    shown(api, call, &address).await
}

async fn accept(
    State(api): State<Api>,
    Path(call): Path<String>,
    headers: HeaderMap,
    body: Body<Accept>,
) -> Result<Json<CallView>, Refusal> {
    let (call, target) = woken(&api, &call, &headers).await?;
    let Accept { media } = read(body)?;
    let PushTarget { address, device_name, login, .. } = target;
    // A notification can be pressed by anybody who is there.
    confirmed(&api.store, &api.accounts.confirmations, login).await.map_err(unconfirmed)?;
    let user = api.store.user(&address.user).await?;
    let user = user.ok_or_else(|| Refusal::new(ErrorCode::Unauthenticated, "this account is gone"))?;
    let leg = Leg::new(address.clone(), user.display_name, device_name);
    api.calls.woken(call, &address, Event::Accept { leg, media }).await?;
    shown(&api, call, &address).await
}

fn unconfirmed(code: ErrorCode) -> Refusal {
    Refusal::new(code, "several people use this browser: its user has to confirm who they are, in the page")
}
