//! How the relay stands.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use visavis_proto::{
    AdminRelay, ErrorCode, RelayCarrier, RelayCounts, RelayNetwork, RelayPlace, RelayProblem, RelayReach,
    RelayTest, RelayVerdict, RelayWay,
};

use super::{Admin, Administrator};
use crate::accounts::Refusal;
use crate::clock;
use crate::http::api::{Api, millis};
use crate::networks::{Network, Way};
use crate::self_test::{Carrier, Outcome, Place, Problem, Report, Verdict, cause};

/// Networks shown.
const NETWORKS: usize = 100;

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/relay", get(look)).route("/relay/self-test", post(test))
}

async fn look(State(api): State<Api>, _: Administrator) -> Json<AdminRelay> {
    Json(shown(&api.admin).await)
}

async fn test(State(api): State<Api>, _: Administrator) -> Result<Json<AdminRelay>, Refusal> {
    let none = || Refusal::new(ErrorCode::NotFound, "there is no relay: relay.listen is empty");
    api.admin.self_test.as_ref().ok_or_else(none)?.begin();
    Ok(Json(shown(&api.admin).await))
}

async fn shown(admin: &Admin) -> AdminRelay {
    let stats = match &admin.relay {
        Some(relay) => relay.stats().await,
        None => None,
    };
    let relay = stats.map(|stats| {
        let traffic = [stats.turn.to_peer, stats.turn.to_client, stats.turn.between_allocations];
        RelayCounts {
            allocations: stats.turn.allocations,
            allocations_opened: stats.turn.allocations_opened,
            tcp_connections: stats.sockets.tcp_connections,
            bytes: traffic.iter().map(|it| it.bytes).sum(),
            packets: traffic.iter().map(|it| it.packets).sum(),
        }
    });
    // Before the report: of a test that ends between the two the report is shown, never the one before it as the last.
    let testing = admin.self_test.as_ref().is_some_and(|self_test| self_test.is_running());
    let latest = admin.self_test.as_ref().and_then(|self_test| self_test.latest());
    let networks = admin.networks.report().into_iter().take(NETWORKS).map(network).collect();
    AdminRelay { relay, test: latest.map(|report| tested(&report)), testing, networks }
}

fn tested(report: &Report) -> RelayTest {
    let verdict = match report.verdict() {
        Verdict::Works => RelayVerdict::Works,
        Verdict::Unsure => RelayVerdict::Unsure,
        Verdict::Broken => RelayVerdict::Broken,
    };
    let tested_ago_ms = millis(clock::now().since(report.at));
    RelayTest { verdict, tested_ago_ms, ways: report.outcomes.iter().map(way).collect() }
}

fn way(Outcome { way, problem, .. }: &Outcome) -> RelayWay {
    RelayWay {
        carrier: match way.carrier {
            Carrier::Udp => RelayCarrier::Udp,
            Carrier::Tcp => RelayCarrier::Tcp,
            Carrier::Web => RelayCarrier::Web,
            Carrier::WebTls => RelayCarrier::WebTls,
            Carrier::Tls => RelayCarrier::Tls,
        },
        place: match way.place {
            Place::Here => RelayPlace::Here,
            Place::Told => RelayPlace::Told,
            Place::External => RelayPlace::External,
            Place::Elsewhere => RelayPlace::Elsewhere,
        },
        host: way.host.clone(),
        port: way.port,
        problem: problem.as_ref().map(kind),
        cause: problem.as_ref().map(|problem| cause(problem, way)),
    }
}

fn kind(problem: &Problem) -> RelayProblem {
    match problem {
        Problem::NameUnknown => RelayProblem::NameUnknown,
        Problem::Closed => RelayProblem::Closed,
        Problem::Unreachable { .. } => RelayProblem::Unreachable,
        Problem::Silent => RelayProblem::Silent,
        Problem::Stranger => RelayProblem::Stranger,
        Problem::Refused { .. } => RelayProblem::Refused,
        Problem::OtherCertificate => RelayProblem::OtherCertificate,
        Problem::Untrusted => RelayProblem::Untrusted,
        Problem::Lost => RelayProblem::Lost,
    }
}

fn network(Network { network, ways, .. }: Network) -> RelayNetwork {
    RelayNetwork { network, udp: reach(ways.udp), tcp: reach(ways.tcp), tls: reach(ways.tls) }
}

fn reach(Way { reached, missed }: Way) -> RelayReach {
    RelayReach { reached, missed }
}
