//! `/api/contacts`, `/api/blocks`, `/api/preferences`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use visavis_proto::{
    Block, BlockList, ChangedThing, Contact, ContactList, ErrorCode, Preferences, PutContact, UserId, limits,
};
use visavis_store::{ContactChange, NotAdded};

use super::api::{Api, Body, Caller, millis, read};
use crate::accounts::{Refusal, check_display_name};
use crate::clock;
use crate::people::preferences;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/contacts", get(contacts))
        .route("/contacts/{name}", put(put_contact).delete(delete_contact))
        .route("/blocks", get(blocks))
        .route("/blocks/{name}", put(block).delete(unblock))
        .route("/preferences", get(preferences).put(set_preferences))
}

async fn contacts(State(api): State<Api>, caller: Caller) -> Result<Json<ContactList>, Refusal> {
    let login = caller.confirmed(&api).await?;
    let contacts = api.store.contacts(&login.user.id).await?.into_iter().map(shown).collect();
    Ok(Json(ContactList { contacts }))
}

fn shown(contact: visavis_store::Contact) -> Contact {
    Contact {
        display_name: contact.shown_name().to_owned(),
        name: contact.user.id,
        chosen_name: contact.user.display_name,
        favourite: contact.favourite,
    }
}

async fn put_contact(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
    body: Body<PutContact>,
) -> Result<Json<Contact>, Refusal> {
    let login = caller.confirmed(&api).await?;
    let PutContact { favourite, display_name } = read(body)?;
    let given_name =
        display_name.as_deref().map(|name| check_display_name("display_name", name)).transpose()?;
    let name = somebody(&name)?;
    if name == login.user.id {
        return Err(Refusal::new(ErrorCode::BadMessage, "you are no contact of yourself"));
    }
    let change = ContactChange { favourite, given_name };
    let put = api.store.put_contact(&login.user.id, &name, change);
    let put = async {
        let contact = api.presences.around(&login.user.id, &name, put).await?;
        contact.map_err(|why| not_added(why, "contacts", limits::CONTACTS))
    };
    let contact = api.accounts.by_typed_name(&login.user.id, put).await?;
    api.devices.tell_changed(&login.user.id, &[ChangedThing::Contacts, ChangedThing::Blocks]);
    Ok(Json(shown(contact)))
}

async fn delete_contact(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    let login = caller.confirmed(&api).await?;
    if let Ok(name) = name.parse()
        && api
            .presences
            .around(&login.user.id, &name, api.store.delete_contact(&login.user.id, &name))
            .await?
    {
        api.devices.tell_changed(&login.user.id, &[ChangedThing::Contacts]);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn blocks(State(api): State<Api>, caller: Caller) -> Result<Json<BlockList>, Refusal> {
    let login = caller.confirmed(&api).await?;
    let now = clock::now();
    let blocks = api.store.blocks(&login.user.id).await?;
    let shown = |block: visavis_store::Block| Block {
        name: block.user.id,
        display_name: block.user.display_name,
        blocked_ago_ms: millis(now.since(block.since)),
    };
    Ok(Json(BlockList { blocks: blocks.into_iter().map(shown).collect() }))
}

async fn block(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    let login = caller.confirmed(&api).await?;
    let name = somebody(&name)?;
    if name == login.user.id {
        return Err(Refusal::new(ErrorCode::BadMessage, "you cannot block yourself"));
    }
    let block = api.store.block(&login.user.id, &name, clock::now());
    let block = async {
        let blocked = api.presences.around(&login.user.id, &name, block).await?;
        blocked.map_err(|why| not_added(why, "blocks", limits::BLOCKS))
    };
    api.accounts.by_typed_name(&login.user.id, block).await?;
    api.devices.tell_changed(&login.user.id, &[ChangedThing::Contacts, ChangedThing::Blocks]);
    Ok(StatusCode::NO_CONTENT)
}

async fn unblock(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    let login = caller.confirmed(&api).await?;
    if let Ok(name) = name.parse()
        && api.store.unblock(&login.user.id, &name).await?
    {
        api.devices.tell_changed(&login.user.id, &[ChangedThing::Blocks]);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn preferences(State(api): State<Api>, caller: Caller) -> Result<Json<Preferences>, Refusal> {
    let login = caller.user(&api).await?;
    let kept = api.store.preferences(&login.user.id).await?;
    Ok(Json(preferences::shown(kept, clock::now())))
}

async fn set_preferences(
    State(api): State<Api>,
    caller: Caller,
    body: Body<Preferences>,
) -> Result<Json<Preferences>, Refusal> {
    let login = caller.confirmed(&api).await?;
    let now = clock::now();
    let kept = preferences::kept(read(body)?, now)?;
    api.store.set_preferences(&login.user.id, kept.clone()).await?;
    api.devices.tell_changed(&login.user.id, &[ChangedThing::Preferences]);
    Ok(Json(preferences::shown(kept, now)))
}

fn somebody(name: &str) -> Result<UserId, Refusal> {
    name.parse().map_err(|_| nobody())
}

fn nobody() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "nobody on this server has this name")
}

fn not_added(why: NotAdded, list: &str, most: u32) -> Refusal {
    match why {
        NotAdded::Nobody => nobody(),
        NotAdded::Full => {
            Refusal::new(ErrorCode::Conflict, format!("there may be {most} {list}; delete one first"))
        }
    }
}
