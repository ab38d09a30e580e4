//! Accounts, the browsers that are signed in with them, and guest links.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use tracing::info;
use visavis_proto::{
    AddUser, AdminLink, AdminLinkList, AdminUser, AdminUserList, ChangeUser, ChangedThing, ErrorCode,
    LoginList, NewSignUpLink, UserId,
};
use visavis_store::{Account, AccountChange, Changed, User};

use super::{Administrator, Rows, account, nobody, person, to_the_end};
use crate::accounts::{Refusal, guests, sign_up};
use crate::clock;
use crate::http::api::{Api, Asked, Body, millis, read};
use crate::http::{devices, guests as links};

/// Accounts of a page, unless fewer are asked for.
const USERS: u32 = 50;
/// The most of a page.
const MOST_USERS: u32 = 100;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/users", get(list).post(add))
        .route("/users/{name}", patch(change).delete(remove))
        .route("/users/{name}/link", post(link))
        .route("/users/{name}/devices", get(logins).delete(end_all))
        .route("/users/{name}/devices/{id}", delete(end))
        .route("/users/{name}/links/{id}", delete(revoke))
        .route("/links", get(all_links))
}

#[derive(Deserialize)]
struct Wanted {
    after: Option<String>,
    search: Option<String>,
    limit: Option<u32>,
}

async fn list(
    State(api): State<Api>,
    _: Administrator,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<AdminUserList>, Refusal> {
    let limit = wanted.limit.unwrap_or(USERS).clamp(1, MOST_USERS);
    let after = match wanted.after.as_deref().map(str::parse) {
        None => None,
        Some(Ok(name)) => Some(name),
        Some(Err(_)) => return Err(Refusal::new(ErrorCode::BadMessage, "after is no name")),
    };
    let search = wanted.search.unwrap_or_default();
    let mut accounts = api.store.accounts_page(after, search.trim(), limit + 1).await?;
    let more = accounts.len() > limit as usize;
    accounts.truncate(limit as usize);
    let users = accounts.into_iter().map(|account| shown(&api, account)).collect();
    Ok(Json(AdminUserList { users, more }))
}

fn shown(api: &Api, account: Account) -> AdminUser {
    let now = clock::now();
    AdminUser {
        online: u32::try_from(api.devices.list(&account.user.id).len()).unwrap_or(u32::MAX),
        name: account.user.id,
        display_name: account.user.display_name,
        admin: account.admin,
        disabled: account.disabled,
        signed_up: account.signed_up,
        added_ago_ms: millis(now.since(account.created)),
        last_seen_ago_ms: account.last_seen.map(|seen| millis(now.since(seen))),
    }
}

async fn add(
    State(api): State<Api>,
    by: Administrator,
    headers: HeaderMap,
    body: Body<AddUser>,
) -> Result<Json<NewSignUpLink>, Refusal> {
    let AddUser { name } = read(body)?;
    let bad = "name may have letters and digits of any script, and . _ - between them";
    let id: UserId = name.parse().map_err(|_| Refusal::new(ErrorCode::BadMessage, bad))?;
    if guests::is_reserved(&id) {
        let message = format!("names that begin with {} are for guests; choose another", guests::RESERVED);
        return Err(Refusal::new(ErrorCode::BadMessage, message));
    }
    let user = User { id: id.clone(), display_name: name.trim().to_owned() };
    if !api.store.add_user(user, clock::now()).await? {
        return Err(Refusal::new(ErrorCode::Conflict, "somebody has an account of this name already"));
    }
    info!("an administrator has added an account");
    invite(&api, &by, &headers, &id).await
}

async fn link(
    State(api): State<Api>,
    by: Administrator,
    name: Path<String>,
    headers: HeaderMap,
) -> Result<Json<NewSignUpLink>, Refusal> {
    let account = account(&api, name).await?;
    if account.disabled {
        return Err(Refusal::new(ErrorCode::Conflict, "this account is shut; open it first"));
    }
    info!("an administrator has made a sign-up link for an account that is there");
    invite(&api, &by, &headers, &account.user.id).await
}

async fn invite(
    api: &Api,
    by: &Administrator,
    headers: &HeaderMap,
    id: &UserId,
) -> Result<Json<NewSignUpLink>, Refusal> {
    let lifetime = api.admin.sign_up;
    let token = sign_up::make_link(&api.store, id, lifetime, clock::now()).await?.ok_or_else(nobody)?;
    let url = sign_up::page(&links::base(api, &by.caller, headers), &token);
    Ok(Json(NewSignUpLink { name: id.clone(), url, expires_in_ms: millis(lifetime) }))
}

async fn change(
    State(api): State<Api>,
    _: Administrator,
    name: Path<String>,
    body: Body<ChangeUser>,
) -> Result<Json<AdminUser>, Refusal> {
    let before = account(&api, name).await?;
    let wish = read(body)?;
    to_the_end(async move { change_to(&api, &before, wish).await }).await
}

async fn change_to(api: &Api, before: &Account, wish: ChangeUser) -> Result<Json<AdminUser>, Refusal> {
    let ChangeUser { admin, disabled } = wish;
    let id = &before.user.id;
    let account = done(api.store.change_account(id, AccountChange { admin, disabled }).await?)?;
    // Also of one that was shut already: whoever says it again has seen something of it left.
    if disabled == Some(true) {
        info!("an administrator has shut an account: its devices are closed and its calls ended");
        // First, so that the calls end for this reason and not because their devices are closed.
        api.calls.terminate_all_of(id).await;
        api.accounts.user_is_gone(id);
    }
    if !account.disabled && before.disabled {
        info!("an administrator has opened an account that was shut");
    }
    if account.admin != before.admin {
        info!(is = account.admin, "an administrator has said who administers the server");
    }
    Ok(Json(shown(api, account)))
}

async fn remove(State(api): State<Api>, _: Administrator, name: Path<String>) -> Result<StatusCode, Refusal> {
    let account = account(&api, name).await?;
    to_the_end(async move {
        done(api.store.remove_account(&account.user.id).await?)?;
        info!("an administrator has removed an account");
        // Their guests are gone as well.
        api.calls.look_for_removed(&api.accounts).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn done(changed: Changed) -> Result<Account, Refusal> {
    let last =
        "nobody else who has signed up administers the server; make somebody else an administrator first";
    match changed {
        Changed::Done(account) => Ok(account),
        Changed::Nobody => Err(nobody()),
        Changed::LastAdministrator => Err(Refusal::new(ErrorCode::Conflict, last)),
    }
}

async fn logins(
    State(api): State<Api>,
    by: Administrator,
    name: Path<String>,
) -> Result<Json<LoginList>, Refusal> {
    let account = account(&api, name).await?;
    devices::logins_of(&api, &account.user.id, by.login.login).await.map(Json)
}

async fn end(
    State(api): State<Api>,
    _: Administrator,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let account = account(&api, Path(name)).await?;
    let login = devices::find(&api, &account.user.id, &id).await?;
    to_the_end(async move {
        api.accounts.end_login(login).await?;
        info!("an administrator has signed a browser out");
        api.devices.tell_changed(&account.user.id, &[ChangedThing::Devices]);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

async fn end_all(
    State(api): State<Api>,
    _: Administrator,
    name: Path<String>,
) -> Result<StatusCode, Refusal> {
    let account = account(&api, name).await?;
    to_the_end(async move {
        api.store.end_logins(&account.user.id).await?;
        info!("an administrator has signed all browsers of somebody out");
        api.accounts.user_is_gone(&account.user.id);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

async fn all_links(
    State(api): State<Api>,
    _: Administrator,
    Asked(rows): Asked<Rows>,
) -> Result<Json<AdminLinkList>, Refusal> {
    let (now, limit) = (clock::now(), rows.wanted());
    let links = api.store.all_guest_links(limit + 1).await?;
    let more = links.len() > limit as usize;
    let shown = |(owner, link)| AdminLink { owner: person(owner), link: links::shown(link, now) };
    let links = links.into_iter().take(limit as usize).map(shown).collect();
    Ok(Json(AdminLinkList { links, more }))
}

async fn revoke(
    State(api): State<Api>,
    _: Administrator,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let account = account(&api, Path(name)).await?;
    info!("an administrator revokes a guest link");
    to_the_end(async move { links::revoke_of(&api, &account.user.id, &id).await }).await
}
