//! `/api/admin`: what an administrator sees and does. Nobody else is answered, and nothing here tells what is said in a
//! call or from which address.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/admin/users?after=NAME&search=TEXT&limit=N` | `AdminUserList` |
//! | `POST /api/admin/users` `AddUser` | `NewSignUpLink` |
//! | `PATCH /api/admin/users/NAME` `ChangeUser` | `AdminUser` |
//! | `DELETE /api/admin/users/NAME` | nothing |
//! | `POST /api/admin/users/NAME/link` | `NewSignUpLink` |
//! | `GET /api/admin/users/NAME/devices` | `LoginList` |
//! | `DELETE /api/admin/users/NAME/devices`, `…/devices/ID` | nothing |
//! | `GET /api/admin/links?limit=N`, `DELETE /api/admin/users/NAME/links/ID` | `AdminLinkList`, nothing |
//! | `GET /api/admin/calls?limit=N`, `DELETE /api/admin/calls/ID` | `AdminCallList`, nothing |
//! | `GET /api/admin/failures?limit=N` | `AdminFailureList` |
//! | `GET /api/admin/relay`, `POST /api/admin/relay/self-test` | `AdminRelay` |

mod calls;
mod relay;
mod users;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::Deserialize;
use visavis_proto::{CallPerson, ErrorCode, UserId};
use visavis_relay::Relay;
use visavis_store::{Account, User};

use super::api::{Api, Caller};
use super::to_the_end::to_the_end;
use crate::accounts::{CurrentLogin, Refusal};
use crate::clock;
use crate::networks::Networks;
use crate::self_test::SelfTest;
use crate::signaling::allowance::{Allowances, Rate};

/// Requests of one administrator: a page that looks again every few seconds is far below.
const REQUESTS: Rate = Rate { count: 240, per: Duration::from_secs(60), burst: 120 };
/// Administrators whose requests are counted.
const ADMINISTRATORS: usize = 1000;

/// Rows of a list, unless another number is asked for.
const ROWS: u32 = 200;
/// The most of a list.
const MOST_ROWS: u32 = 2000;

/// How much of a list is wanted. It begins with the newest, and whoever wants to see older ones asks for more of it.
#[derive(Deserialize)]
struct Rows {
    limit: Option<u32>,
}

impl Rows {
    fn wanted(&self) -> u32 {
        self.limit.unwrap_or(ROWS).clamp(1, MOST_ROWS)
    }
}

/// What administrators see beside the accounts.
#[derive(Debug)]
pub struct Admin {
    /// Has counters.
    pub relay: Option<Arc<Relay>>,
    /// Its test, if there is something to test.
    pub self_test: Option<Arc<SelfTest>>,
    /// From where it is reached.
    pub networks: Arc<Networks>,
    /// How long a sign-up link works.
    pub sign_up: Duration,
    requests: Allowances<UserId>,
}

impl Admin {
    /// Nobody has asked yet.
    pub fn new(
        relay: Option<Arc<Relay>>,
        self_test: Option<Arc<SelfTest>>,
        networks: Arc<Networks>,
        sign_up: Duration,
    ) -> Self {
        let requests = Allowances::new(REQUESTS, ADMINISTRATORS);
        Self { relay, self_test, networks, sign_up, requests }
    }
}

pub(super) fn routes() -> Router<Api> {
    Router::new().nest("/admin", users::routes().merge(calls::routes()).merge(relay::routes()))
}

/// Somebody who administers the server, and has just shown it.
struct Administrator {
    caller: Caller,
    login: CurrentLogin,
}

impl FromRequestParts<Api> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let login = caller.confirmed(api).await?;
        if !login.is_admin {
            return Err(Refusal::new(ErrorCode::Forbidden, "this is for administrators of the server"));
        }
        let limited = |wait| {
            api.accounts.metrics.admin_limited.count();
            Refusal::later(ErrorCode::RateLimited, "too many requests at once; wait a little", wait)
        };
        api.admin.requests.take(login.user.id.clone(), clock::instant()).map_err(limited)?;
        Ok(Self { caller, login })
    }
}

/// Somebody with an account, named in the address.
async fn account(api: &Api, Path(name): Path<String>) -> Result<Account, Refusal> {
    let Ok(name) = name.parse() else { return Err(nobody()) };
    api.store.account(&name).await?.ok_or_else(nobody)
}

fn nobody() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "nobody on this server has an account of this name")
}

fn person(user: User) -> CallPerson {
    CallPerson { name: user.id, display_name: user.display_name }
}
