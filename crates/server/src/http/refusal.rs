//! Refusals as HTTP answers.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use visavis_proto::ErrorCode;

use crate::accounts::Refusal;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (status(self.code), Json(self.body())).into_response();
        if let Some(wait) = self.retry_after {
            // Whole seconds, rounded up: too early would be refused again.
            let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadMessage => StatusCode::BAD_REQUEST,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::Unauthenticated | ErrorCode::AuthExpired => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::Unconfirmed => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        // What stands against it; but for `conflict`, nothing over HTTP is refused with these.
        ErrorCode::Conflict
        | ErrorCode::Busy
        | ErrorCode::YouBusy
        | ErrorCode::Unreachable
        | ErrorCode::CallEnded
        | ErrorCode::AnsweredElsewhere
        | ErrorCode::NotYourCall
        | ErrorCode::WrongGen
        | ErrorCode::BadState => StatusCode::CONFLICT,
    }
}
