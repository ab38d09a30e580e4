//! What only the operator sees, with the token in the data folder's `secrets.toml`: counters, and the relay's test of
//! itself.
//!
//! | request | answer |
//! |---|---|
//! | `GET /metrics` | counters in the Prometheus text format |
//! | `GET /api/relay/self-test` | what the last test has found |
//! | `POST /api/relay/self-test` | the same of a new test |
//! | `GET /api/relay/networks` | from which networks devices reach the relay by which way, and from which they do not |

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use subtle::ConstantTimeEq;
use visavis_proto::ErrorCode;
use visavis_relay::Relay;

use crate::accounts::Refusal;
use crate::metrics::{self, Metrics};
use crate::networks::Networks;
use crate::self_test::SelfTest;

/// What there is to see.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The server's counters.
    pub metrics: Arc<Metrics>,
    /// Has counters of its own.
    pub relay: Option<Arc<Relay>>,
    /// The relay's test, if there is a relay.
    pub self_test: Option<Arc<SelfTest>>,
    /// Who shows this is the operator.
    pub token: String,
}

/// Everything for the operator.
pub fn routes(operator: Operator, networks: Arc<Networks>) -> Router {
    Router::new()
        .route("/metrics", get(show_metrics))
        .route("/api/relay/self-test", get(show_test).post(test))
        .route("/api/relay/networks", get(show_networks).with_state(networks))
        .layer(middleware::from_fn_with_state(operator.clone(), guard))
        .with_state(operator)
}

/// The counters of a relay that runs without a server, and nothing else.
pub fn metrics_of_relay(operator: Operator) -> Router {
    Router::new()
        .route("/metrics", get(show_metrics_of_relay))
        .layer(middleware::from_fn_with_state(operator.clone(), guard))
        .with_state(operator)
}

/// Lets nobody in without the token. It is never in a cookie, so no other page can borrow it.
async fn guard(State(operator): State<Operator>, request: Request, next: Next) -> Response {
    if !operator.is_shown_by(request.headers()) {
        let hint =
            "send \"Authorization: Bearer TOKEN\" with metrics_token of the data folder's secrets.toml";
        return (StatusCode::UNAUTHORIZED, hint).into_response();
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Operator {
    fn is_shown_by(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        given.ct_eq(format!("Bearer {}", self.token).as_bytes()).into()
    }

    /// The counters, with those of the relay behind them.
    async fn with_relay(&self, mut text: String) -> Response {
        if let Some(relay) = &self.relay
            && let Some(stats) = relay.stats().await
        {
            metrics::render_relay(&mut text, &stats);
        }
        if let Some(self_test) = &self.self_test {
            self_test.render(&mut text);
        }
        ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
    }
}

async fn show_metrics(State(operator): State<Operator>) -> Response {
    operator.with_relay(operator.metrics.render()).await
}

async fn show_metrics_of_relay(State(operator): State<Operator>) -> Response {
    operator.with_relay(operator.metrics.render_of_relay()).await
}

async fn show_test(State(operator): State<Operator>) -> Response {
    match &operator.self_test {
        Some(self_test) => Json(self_test.json()).into_response(),
        None => no_relay(),
    }
}

async fn show_networks(State(networks): State<Arc<Networks>>) -> Response {
    Json(networks.report()).into_response()
}

async fn test(State(operator): State<Operator>) -> Response {
    match &operator.self_test {
        Some(self_test) => {
            self_test.test().await;
            Json(self_test.json()).into_response()
        }
        None => no_relay(),
    }
}

fn no_relay() -> Response {
    Refusal::new(ErrorCode::NotFound, "there is no relay: relay.listen is empty").into_response()
}
