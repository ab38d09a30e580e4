//! Calls that go on, and calls that went wrong.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use tracing::info;
use visavis_call::{Phase, Record};
use visavis_proto::{
    AdminCall, AdminCallList, AdminFailure, AdminFailureList, CallId, CallPerson, CallState, EndReason,
    ErrorCode, FailureCause, Timestamp,
};

use super::{Admin, Administrator, Rows, person};
use crate::accounts::Refusal;
use crate::clock;
use crate::http::api::{Api, Asked, millis};
use crate::self_test::Verdict;

/// Older failures say little about how things stand.
const FAILURES_OF: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/calls", get(list))
        .route("/calls/{id}", delete(end))
        .route("/failures", get(failures))
}

async fn list(
    State(api): State<Api>,
    _: Administrator,
    Asked(rows): Asked<Rows>,
) -> Result<Json<AdminCallList>, Refusal> {
    let (now, mut records) = (clock::now(), api.calls.all_live());
    let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
    records.sort_by_key(|record| std::cmp::Reverse((record.created, record.id)));
    let calls = records.iter().take(rows.wanted() as usize).filter_map(|record| shown(record, now)).collect();
    Ok(Json(AdminCallList { calls, count }))
}

/// Who and how. `None` if it has just ended.
fn shown(record: &Record, now: Timestamp) -> Option<AdminCall> {
    let (state, route) = match &record.phase {
        Phase::Inviting { .. } => (CallState::Inviting, None),
        Phase::Ringing { .. } => (CallState::Ringing, None),
        Phase::Connecting { .. } => (CallState::Connecting, None),
        Phase::Active { route, .. } => (CallState::Active, Some(*route)),
        Phase::Ended(_) => return None,
    };
    let caller = CallPerson {
        name: record.caller.address.user.clone(),
        display_name: record.caller.user_name.clone(),
    };
    let callee = CallPerson { name: record.callee.user.clone(), display_name: record.callee.name.clone() };
    let started_ago_ms = millis(now.since(record.created));
    Some(AdminCall {
        id: record.id,
        caller,
        callee,
        state,
        media: record.media.clone(),
        started_ago_ms,
        route,
    })
}

async fn end(
    State(api): State<Api>,
    _: Administrator,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let over = || Refusal::new(ErrorCode::NotFound, "there is no such call; it may have ended");
    let id: CallId = id.parse().map_err(|_| over())?;
    match api.calls.terminate(id).await {
        Ok(()) => {
            info!(%id, "an administrator has ended a call");
            Ok(StatusCode::NO_CONTENT)
        }
        Err(ErrorCode::NotFound | ErrorCode::CallEnded) => Err(over()),
        Err(code) => Err(Refusal::new(code, "the call could not be ended; try again")),
    }
}

async fn failures(
    State(api): State<Api>,
    _: Administrator,
    Asked(rows): Asked<Rows>,
) -> Result<Json<AdminFailureList>, Refusal> {
    let now = clock::now();
    let since = Timestamp(now.0.saturating_sub(millis(FAILURES_OF)));
    let shown = |failed: visavis_store::FailedCall| AdminFailure {
        call: failed.call,
        caller: person(failed.caller),
        callee: person(failed.callee),
        reason: failed.reason,
        diagnosis: diagnosis(failed.reason, &api.admin),
        started_ago_ms: millis(now.since(failed.started)),
        duration_ms: millis(failed.duration),
    };
    let limit = rows.wanted();
    let failed = api.store.failed_calls(since, limit + 1).await?;
    let more = failed.len() > limit as usize;
    let failures = failed.into_iter().take(limit as usize).map(shown).collect();
    Ok(Json(AdminFailureList { failures, more }))
}

fn diagnosis(reason: EndReason, admin: &Admin) -> FailureCause {
    match reason {
        EndReason::ConnectionLost => FailureCause::DeviceGone,
        EndReason::Permission => FailureCause::NoMicrophone,
        EndReason::IncompatibleMedia => FailureCause::NoCodec,
        EndReason::MediaFailed => no_path(admin),
        EndReason::Hangup
        | EndReason::Cancelled
        | EndReason::Rejected
        | EndReason::Busy
        | EndReason::NoAnswer
        | EndReason::Unreachable
        | EndReason::Transferred
        | EndReason::Policy
        | EndReason::Operator
        | EndReason::Server => FailureCause::CallLost,
    }
}

fn no_path(admin: &Admin) -> FailureCause {
    let Some(self_test) = &admin.self_test else { return FailureCause::NoRelay };
    match self_test.latest().map(|report| report.verdict()) {
        Some(Verdict::Broken) => FailureCause::RelayBroken,
        Some(Verdict::Unsure) => FailureCause::RelayUnsure,
        Some(Verdict::Works) | None => FailureCause::NoPath,
    }
}
