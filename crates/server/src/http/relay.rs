//! Whether the relay works, for whoever has found no path: what their device sees alone does not tell a relay that is down from a
//! network that blocks it.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/relay` | `RelayHealth` |

use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use visavis_proto::{ErrorCode, RelayHealth, RelayState};

use super::api::{Api, Caller};
use crate::accounts::Refusal;
use crate::clock;
use crate::self_test::Report;

/// Devices tell by which ways they have reached the relay whenever they look for a path.
const LATELY: Duration = Duration::from_secs(3600);

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/relay", get(look))
}

async fn look(State(api): State<Api>, caller: Caller) -> Result<Json<RelayHealth>, Refusal> {
    // Guests, too: their calls fail like any other.
    caller.login(&api).await?;
    let none = || Refusal::new(ErrorCode::NotFound, "this server has no relay");
    let report = api.admin.self_test.as_ref().ok_or_else(none)?.lately().await;
    let reached = api.admin.networks.reached_within(LATELY, clock::now());
    Ok(Json(RelayHealth { state: state(report.as_deref(), reached) }))
}

fn state(report: Option<&Report>, reached: bool) -> RelayState {
    match report {
        Some(report) if report.is_full() => RelayState::Full,
        Some(report) if report.fails() => RelayState::Failing,
        Some(_) if reached => RelayState::Works,
        Some(_) | None => RelayState::Unsure,
    }
}

#[cfg(test)]
mod tests {
    use visavis_proto::Timestamp;

    use super::*;
    use crate::self_test::{Carrier, Outcome, Place, Problem, Way};

    fn report(ways: &[(Place, Option<Problem>)]) -> Report {
        let outcome = |(place, problem): &(Place, Option<Problem>)| Outcome {
            way: Way { carrier: Carrier::Udp, place: *place, host: "192.0.2.7".to_owned(), port: 3478 },
            problem: problem.clone(),
            took_ms: 1,
        };
        Report { at: Timestamp(1), outcomes: ways.iter().map(outcome).collect() }
    }

    #[test]
    fn it_fails_only_if_nothing_works_that_must_work_from_the_server_itself() {
        let silent = Some(Problem::Silent);
        let told = |ways: &[_]| state(Some(&report(ways)), true);
        assert_eq!(told(&[(Place::Here, None), (Place::Told, silent.clone())]), RelayState::Works);
        assert_eq!(told(&[(Place::Here, silent.clone()), (Place::Elsewhere, None)]), RelayState::Works);
        assert_eq!(told(&[(Place::Here, silent.clone()), (Place::Told, None)]), RelayState::Failing);
        assert_eq!(told(&[(Place::Elsewhere, silent)]), RelayState::Failing);
    }

    #[test]
    fn a_relay_that_refuses_for_want_of_room_is_full_and_one_that_refuses_for_another_reason_fails() {
        let refused = |error| Some(Problem::Refused { error });
        let told = |one, other| state(Some(&report(&[(Place::Here, one), (Place::Here, other)])), false);
        assert_eq!(told(refused(508), Some(Problem::Silent)), RelayState::Full);
        assert_eq!(told(refused(486), refused(486)), RelayState::Full);
        assert_eq!(told(refused(401), refused(401)), RelayState::Failing);
        assert_eq!(told(refused(508), None), RelayState::Unsure);
    }

    #[test]
    fn nothing_is_certain_before_a_test_and_where_no_device_has_reached_it_lately() {
        assert_eq!(state(None, true), RelayState::Unsure);
        assert_eq!(state(Some(&report(&[(Place::Here, None)])), false), RelayState::Unsure);
    }
}
