//! Why a request of the account API was refused.

use std::borrow::Cow;
use std::time::Duration;

use visavis_proto::{ApiError, ErrorCode};
use visavis_store::StoreError;

/// How long to wait when the server has too much to do.
const BUSY: Duration = Duration::from_secs(2);

/// What is told to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for programs.
    pub code: ErrorCode,
    /// Why and the way out, for people.
    pub message: Cow<'static, str>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    pub(crate) fn later(code: ErrorCode, message: impl Into<Cow<'static, str>>, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(code, message) }
    }

    pub(crate) fn overloaded() -> Self {
        Self::later(ErrorCode::Overloaded, "the server has too much to do; try again", BUSY)
    }

    /// The body of the answer.
    pub fn body(&self) -> ApiError {
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        ApiError {
            code: self.code,
            message: self.message.clone().into_owned(),
            retry_after_ms: self.retry_after.map(millis),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::overloaded(),
            StoreError::Closed | StoreError::Database(_) => {
                tracing::error!(%error, "the accounts' database failed");
                Self::new(ErrorCode::Internal, "the server has a fault; its log says more")
            }
        }
    }
}
