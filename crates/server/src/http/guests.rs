//! `/api/links` and `/api/guest`.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{HOST, SET_COOKIE};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use visavis_proto::{
    ChangedThing, EnterAsGuest, ErrorCode, GuestInvitation, GuestLink, GuestLinkList, GuestOf, MakeGuestLink,
    Me, NewGuestLink, Timestamp, UserId,
};
use visavis_store::{Guest, LinkId};

use super::api::{Api, Body, Caller, millis, read};
use super::cookie;
use super::to_the_end::to_the_end;
use crate::accounts::{Refusal, Token, check_display_name, guests};
use crate::addresses;
use crate::clock;

/// A link may be made for this long; who means longer leaves it out.
const LONGEST: Duration = Duration::from_secs(400 * 86_400);

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/links", get(list).post(make))
        .route("/links/{id}", delete(revoke))
        .route("/guest", post(enter))
        .route("/guest/check", post(check))
}

async fn list(State(api): State<Api>, caller: Caller) -> Result<Json<GuestLinkList>, Refusal> {
    let login = caller.confirmed(&api).await?;
    let now = clock::now();
    let links = api.store.guest_links(&login.user.id).await?;
    Ok(Json(GuestLinkList { links: links.into_iter().map(|link| shown(link, now)).collect() }))
}

pub(super) fn shown(link: visavis_store::GuestLink, now: Timestamp) -> GuestLink {
    GuestLink {
        id: text_of(link.id),
        label: link.label,
        video: link.video,
        uses_left: link.uses.map(|uses| uses.saturating_sub(link.used)),
        used: link.used,
        expires_in_ms: link.expires.map(|expires| millis(expires.since(now))),
        created_ago_ms: millis(now.since(link.created)),
    }
}

async fn make(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    body: Body<MakeGuestLink>,
) -> Result<Json<NewGuestLink>, Refusal> {
    let login = caller.confirmed(&api).await?;
    let bad = |message: &'static str| Refusal::new(ErrorCode::BadMessage, message);
    let MakeGuestLink { label, uses, expires_in_ms, video } = read(body)?;
    let label = check_display_name("label", &label)?
        .ok_or_else(|| bad("label is empty: say what the link is for"))?;
    if uses == Some(0) {
        return Err(bad("uses is 1 or more; leave it out for any number"));
    }
    let expires_in = expires_in_ms.map(Duration::from_millis);
    if expires_in.is_some_and(|expires_in| expires_in > LONGEST || expires_in.is_zero()) {
        return Err(bad(
            "expires_in_ms is 1 or more, and 400 days at most; leave it out for a link without an end",
        ));
    }
    let now = clock::now();
    let link = visavis_store::GuestLink {
        id: LinkId([0; 8]),
        label,
        video,
        uses,
        used: 0,
        expires: expires_in.map(|expires_in| now + expires_in),
        created: now,
    };
    let (link, token) = api.accounts.make_guest_link(&login.user.id, link).await?;
    api.devices.tell_changed(&login.user.id, &[ChangedThing::Links]);
    let url = guests::page(&base(&api, &caller, &headers), &token);
    Ok(Json(NewGuestLink { link: shown(link, now), url }))
}

/// How a link for somebody else begins.
pub(super) fn base(api: &Api, caller: &Caller, headers: &HeaderMap) -> String {
    match &api.public {
        Some(public) => public.as_str().to_owned(),
        None => base_of(api, caller, headers),
    }
}

/// As its owner reaches the server; but what only this machine reaches is of no use to a guest if others have a way.
fn base_of(api: &Api, caller: &Caller, headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let others = api.https.filter(|_| addresses::is_loopback(host)).map(addresses::network_urls);
    others
        .and_then(|urls| urls.into_iter().next())
        .unwrap_or_else(|| format!("{}://{host}", if caller.client.secure { "https" } else { "http" }))
}

async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let login = caller.confirmed(&api).await?;
    to_the_end(async move { revoke_of(&api, &login.user.id, &id).await }).await
}

/// Revokes a link of `owner`, if it is there.
pub(super) async fn revoke_of(api: &Api, owner: &UserId, id: &str) -> Result<StatusCode, Refusal> {
    let Some(id) = parse(id) else { return Ok(StatusCode::NO_CONTENT) };
    // Whom the owner talks with, the owner can hang up on.
    let mut talking = api.store.guests_of(owner, id).await?;
    talking.retain(|guest| api.calls.is_talking(guest));
    if let Some(gone) = api.store.delete_guest_link(owner, id, talking).await? {
        for guest in gone {
            api.calls.end_all_of(&guest).await;
            api.accounts.user_is_gone(&guest);
        }
        api.devices.tell_changed(owner, &[ChangedThing::Links]);
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct LinkToken {
    token: String,
}

pub(super) async fn check(
    State(api): State<Api>,
    caller: Caller,
    body: Body<LinkToken>,
) -> Result<Json<GuestInvitation>, Refusal> {
    let LinkToken { token } = read(body)?;
    let now = clock::moment();
    let invitation = api.accounts.check_guest(caller.client.address, &token, now).await?;
    Ok(Json(GuestInvitation {
        host_name: invitation.host.display_name,
        label: invitation.link.label,
        video: invitation.link.video,
        expires_in_ms: invitation.link.expires.map(|expires| millis(expires.since(now.wall))),
    }))
}

async fn enter(
    State(api): State<Api>,
    caller: Caller,
    body: Body<EnterAsGuest>,
) -> Result<Response, Refusal> {
    let (login, me) = signed_in(&api, &caller, body).await?;
    api.accounts.end_former(caller.cookie.as_deref(), clock::moment()).await?;
    let cookie = cookie::set(&login.text(), api.accounts.guest_lifetime(), caller.client.secure);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(me)).into_response())
}

/// A guest who has just come, and the secret of their login.
pub(super) async fn signed_in(
    api: &Api,
    caller: &Caller,
    body: Body<EnterAsGuest>,
) -> Result<(Token, Me), Refusal> {
    let EnterAsGuest { token, name } = read(body)?;
    let now = clock::moment();
    let signed_in = api.accounts.enter_as_guest(caller.client.address, &token, &name, now).await?;
    let guest = api.store.guest(&signed_in.user.id, now.wall).await?;
    let me = Me {
        name: signed_in.user.id,
        display_name: signed_in.user.display_name,
        guest: guest.map(|guest| guest_of(guest, now.wall)),
        shared: None,
        admin: false,
    };
    Ok((signed_in.token, me))
}

pub(super) fn guest_of(guest: Guest, now: Timestamp) -> GuestOf {
    GuestOf {
        host: guest.host.id,
        host_name: guest.host.display_name,
        label: guest.label,
        video: guest.video,
        expires_in_ms: millis(guest.expires.since(now)),
    }
}

fn text_of(LinkId(bytes): LinkId) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse(text: &str) -> Option<LinkId> {
    (text.len() == 16 && text.is_ascii())
        .then(|| u64::from_str_radix(text, 16).ok())?
        .map(|bits| LinkId(bits.to_be_bytes()))
}
