//! On what terms somebody is called: how the two are shown to each other, and whether it rings.

use std::time::Duration;

use tracing::error;
use visavis_call::screening::{ATTEMPTS_COUNT_FOR, Acquaintance, Attempt, Circumstances, judge};
use visavis_call::{Callee, Leg, Record, Screened, Ties};
use visavis_proto::{
    CallId, ChangedThing, Direction, EndReason, ErrorCode, Outcome, Preferences, Timestamp, UserId,
};
use visavis_store::{Contact, Dealings, HistoryRow, LetIn};

use super::allowance::Rate;
use super::calls::Calls;
use super::handle::Refusal;
use crate::accounts::guests;
use crate::clock;
use crate::people::preferences;
use crate::secrets::random;

/// A device needs so long to say that it rings, and a little more or less: what a screened call pretends, whether or not
/// a device is connected. A push can wake one at any time, and else a caller who is blocked would learn who is online.
const RINGS_AFTER_MS: std::ops::Range<u64> = 80..400;

/// Knocks of all guests together at one person.
pub(super) const KNOCKS: Rate = Rate { count: 6, per: Duration::from_secs(60), burst: 12 };
/// People whose guests' knocks are remembered, and guests whose knocks do not ring.
pub(super) const KNOCKED_AT: usize = 100_000;

/// What an invite leads to, before it is looked at who is busy.
#[derive(Debug)]
pub(super) struct Terms {
    /// The device that calls, with the name the callee knows its user by.
    pub(super) caller: Leg,
    /// Who is called, by the name the caller knows them by.
    pub(super) callee: Callee,
    pub(super) ties: Ties,
    /// It does not ring.
    pub(super) screened: Option<Screened>,
    /// It rings although the callee is in a call.
    pub(super) call_waiting: bool,
}

/// An answer that has used a guest's link.
#[derive(Debug)]
pub(super) struct LinkUse {
    guest: UserId,
    host: UserId,
}

impl Calls {
    /// How somebody wishes to be called; `None` if that cannot be read now, and the page may ask later.
    pub(super) async fn preferences(&self, user: &UserId) -> Option<Preferences> {
        match self.store.preferences(user).await {
            Ok(_) if guests::is_reserved(user) => None,
            Ok(kept) => Some(preferences::shown(kept, clock::now())),
            Err(error) => {
                error!(%error, "preferences could not be read");
                None
            }
        }
    }

    /// Who answers a knock lets the guest in, which uses their link. That is counted before the answer is kept: a link lets
    /// in as many as it says, however many knock at once. False if it is used up.
    pub(super) async fn let_in(
        &self,
        record: &Record,
        used: &mut Option<LinkUse>,
    ) -> Result<bool, ErrorCode> {
        if record.ties.guest.is_none() {
            return Ok(true);
        }
        let guest = &record.caller.address.user;
        match self.store.let_in(guest).await {
            Ok(LetIn::First(host)) => {
                *used = Some(LinkUse { guest: guest.clone(), host });
                Ok(true)
            }
            Ok(LetIn::Again) => Ok(true),
            Ok(LetIn::LinkOver) => Ok(false),
            Err(error) => {
                error!(id = %record.id, %error, "a guest's link cannot be used");
                Err(ErrorCode::Internal)
            }
        }
    }

    /// An answer that was counted has been kept, or the knock has ended before it could be.
    pub(super) async fn settle_link(&self, id: CallId, used: LinkUse) {
        let LinkUse { guest, host } = used;
        if self.read(id).is_some_and(|(_, record)| record.answer().is_some()) {
            return self.devices.tell_changed(&host, &[ChangedThing::Links]);
        }
        if let Err(error) = self.store.keep_out(&guest).await {
            error!(%id, %error, "a knock that came to nothing has used its link");
        }
    }

    /// What two people are to each other, and whether a call between them rings; `None`: there can be none.
    async fn screening(
        &self,
        from: &UserId,
        callee: &UserId,
        now: Timestamp,
    ) -> Result<Option<(Dealings, Option<Screened>)>, ErrorCode> {
        let since = Timestamp(now.0.saturating_sub(millis(ATTEMPTS_COUNT_FOR)));
        let dealings = self.store.dealings(from, callee, since, now).await.map_err(|error| {
            error!(%error, "two people could not be looked up");
            ErrorCode::Internal
        })?;
        let Some(dealings) = dealings.filter(|dealings| reachable(dealings, from)) else { return Ok(None) };
        let verdict = judge(&circumstances(&dealings, now), now);
        let screened = verdict.screening.filter(|_| from != callee).map(|why| Screened {
            why,
            rings_at: Some(now + a_moment()),
            told: verdict.told,
        });
        Ok(Some((dealings, screened)))
    }

    /// Asks anew whether a call rings that is to be rebuilt: a capsule may be older than a block. False if it cannot be made
    /// any more.
    pub(super) async fn screen_again(&self, record: &mut Record, now: Timestamp) -> Result<bool, ErrorCode> {
        if record.answer().is_some() || record.screened.is_some() {
            return Ok(true);
        }
        let judged = self.screening(&record.caller.address.user, &record.callee.user, now).await?;
        let Some((dealings, screened)) = judged else { return Ok(false) };
        record.screened = screened;
        Ok(dealings.guest.is_none_or(|guest| guest.may_knock))
    }

    /// Counts a knock, so that guests do not ring somebody without end. One that does not ring keeps no other guest out: it
    /// counts for its guest alone, who else hears what any guest would.
    fn count_knock(&self, guest: &UserId, host: &UserId, screened: bool) -> Result<(), Refusal> {
        let now = clock::instant();
        let mut counted = self.knocks.take(host.clone(), now);
        if screened && counted.is_ok() {
            self.knocks.give_back(host, now);
            counted = self.knocks.take(guest.clone(), now);
        }
        counted.map_err(|wait| {
            self.metrics.guests_refused.count();
            let hint = Some("too many guests knock there; wait a little".to_owned());
            Refusal { code: ErrorCode::RateLimited, call: None, retry_after: Some(wait), hint }
        })
    }

    /// Judges an invite of `caller` to `callee`.
    pub(super) async fn terms(
        &self,
        mut caller: Leg,
        callee: &UserId,
        now: Timestamp,
    ) -> Result<Terms, Refusal> {
        let from = caller.address.user.clone();
        let Some((dealings, screened)) = self.screening(&from, callee, now).await? else {
            return Err(ErrorCode::NotFound.into());
        };
        if dealings.guest.as_ref().is_some_and(|guest| !guest.may_knock) {
            return Err(Refusal::of(ErrorCode::Forbidden, LINK_OVER));
        }
        if let Some(guest) = &dealings.guest {
            self.count_knock(&from, &guest.host.id, screened.is_some())?;
        }
        let Dealings { callee: user, preferences, callees_contact, callers_contact, guest, .. } = dealings;
        if let Some(name) = callees_contact.as_ref().and_then(|contact| contact.given_name.clone()) {
            caller.user_name = name;
        }
        let name = callers_contact.as_ref().map_or(user.display_name.as_str(), Contact::shown_name);
        Ok(Terms {
            caller,
            callee: Callee { user: user.id, name: name.to_owned() },
            ties: Ties {
                caller_knows: callers_contact.is_some(),
                callee_knows: callees_contact.is_some(),
                guest: guest.map(|guest| guest.label),
            },
            screened,
            call_waiting: preferences.call_waiting,
        })
    }
}

/// What a guest is told who has not been let in before the link ended.
const LINK_OVER: &str = "this link is used up, was revoked or has expired; ask for a new one";

/// Guests can call their host and nobody else, and nobody can call a guest.
fn reachable(dealings: &Dealings, caller: &UserId) -> bool {
    match &dealings.guest {
        Some(guest) => guest.host.id == dealings.callee.id && *caller != dealings.callee.id,
        None => !dealings.callee_is_guest,
    }
}

fn circumstances(dealings: &Dealings, now: Timestamp) -> Circumstances {
    let caller = match (&dealings.guest, &dealings.callees_contact) {
        _ if dealings.blocked => Acquaintance::Blocked,
        (Some(_), _) => Acquaintance::Guest,
        (None, Some(contact)) if contact.favourite => Acquaintance::Favourite,
        (None, Some(_)) => Acquaintance::Contact,
        (None, None) => Acquaintance::Stranger,
    };
    Circumstances {
        caller,
        callers: dealings.preferences.callers,
        undisturbed: preferences::is_undisturbed(&dealings.preferences, now),
        favourites_ring_through: dealings.preferences.favourites_ring_through,
        attempts: dealings.calls.iter().filter_map(attempt).collect(),
    }
}

/// What a past call says of how patient its caller is; `None`: nothing, as the callee could not have heard it, or its
/// caller was told that they did not.
fn attempt(row: &HistoryRow) -> Option<Attempt> {
    let started = row.started;
    match (row.outcome, row.direction) {
        (Outcome::Answered, _) => Some(Attempt { started, unanswered: false }),
        (Outcome::Unanswered, Direction::Out) => {
            let heard = !matches!(row.reason, EndReason::Busy | EndReason::Unreachable);
            (heard && !row.quiet).then_some(Attempt { started, unanswered: true })
        }
        (Outcome::Missed | Outcome::Declined | Outcome::Failed, _) | (Outcome::Unanswered, Direction::In) => {
            None
        }
    }
}

fn a_moment() -> Duration {
    let [a, b, ..] = random();
    let span = RINGS_AFTER_MS.end - RINGS_AFTER_MS.start;
    Duration::from_millis(RINGS_AFTER_MS.start + u64::from(u16::from_be_bytes([a, b])) % span)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
