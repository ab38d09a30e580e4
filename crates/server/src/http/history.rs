//! `/api/history`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use visavis_proto::{
    CallId, ChangedThing, GuestView, HistoryEntry, HistoryPage, HistorySeen, PastRecording, Timestamp,
};
use visavis_store::{KeptRecording, PastCall};

use super::api::{Api, Asked, Body, Caller, millis, read};
use crate::accounts::Refusal;
use crate::clock;

/// Lines of history in an answer, unless asked otherwise, and at most.
const LINES: u32 = 50;
const MOST_LINES: u32 = 100;

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/history", get(page)).route("/history/seen", post(seen))
}

#[derive(Deserialize)]
struct Page {
    before: Option<CallId>,
    limit: Option<u32>,
}

async fn page(
    State(api): State<Api>,
    caller: Caller,
    Asked(page): Asked<Page>,
) -> Result<Json<HistoryPage>, Refusal> {
    let login = caller.confirmed(&api).await?;
    let limit = page.limit.unwrap_or(LINES).min(MOST_LINES);
    let past = api.store.history(&login.user.id, page.before, limit).await?;
    let unseen = api.store.unseen(&login.user.id).await?;
    let now = clock::now();
    let calls = past.into_iter().map(|call| entry(call, now)).collect();
    Ok(Json(HistoryPage { calls, missed: unseen.missed, requests: unseen.requests }))
}

fn entry(PastCall { row, peer_name, unseen }: PastCall, now: Timestamp) -> HistoryEntry {
    HistoryEntry {
        call: row.call,
        peer: row.peer,
        peer_name,
        direction: row.direction,
        outcome: row.outcome,
        reason: row.reason,
        media: row.media,
        started_ago_ms: millis(now.since(row.started)),
        duration_ms: millis(row.duration),
        device_name: row.device_name,
        quiet: row.quiet,
        request: row.request,
        unseen,
        guest: row.guest.map(|label| GuestView { label }),
        recordings: row.recordings.into_iter().map(|recorded| recording(&recorded, now)).collect(),
    }
}

fn recording(kept: &KeptRecording, now: Timestamp) -> PastRecording {
    PastRecording {
        by_you: kept.by_owner,
        started_ago_ms: millis(now.since(kept.since)),
        duration_ms: millis(kept.until.since(kept.since)),
    }
}

async fn seen(
    State(api): State<Api>,
    caller: Caller,
    body: Body<HistorySeen>,
) -> Result<StatusCode, Refusal> {
    let login = caller.confirmed(&api).await?;
    let HistorySeen { call } = read(body)?;
    if api.store.see_history(&login.user.id, call).await? {
        api.devices.tell_changed(&login.user.id, &[ChangedThing::History]);
    }
    Ok(StatusCode::NO_CONTENT)
}
