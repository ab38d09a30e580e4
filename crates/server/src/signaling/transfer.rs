//! Hands the other person of a call over: reads the calls, lets `visavis-call` decide, and commits the ends of the old
//! calls and the beginning of the new one together.

use tracing::{error, info};
use uuid::Builder;
use visavis_call::{Handover, Introduction, Leg, NewCall, Pair, Record, Screening, Step};
use visavis_cluster::{CasError, Expected};
use visavis_proto::{Address, CallId, ErrorCode, MediaKind, Rev, Timestamp, UserId};

use super::Calls;
use super::calls::ATTEMPTS;
use super::handle::Refusal;
use super::terms::Terms;
use crate::secrets::random;

/// Who hands over.
#[derive(Debug, Clone, Copy)]
pub(super) struct By<'a> {
    pub(super) device: &'a Address,
    /// How its user is shown to the others.
    pub(super) name: &'a str,
}

/// To whom.
#[derive(Debug)]
pub(super) enum To {
    /// Somebody who is to be called.
    Person(UserId),
    /// The other person of another call.
    Call(CallId),
}

/// A decision, and the revisions of the records that it was made from.
struct Decided {
    handover: Handover,
    read: Vec<Rev>,
}

impl Calls {
    /// Hands the other person of a call over. Once it is done, it is done again without effect.
    pub(super) async fn transfer(
        &self,
        id: CallId,
        by: By<'_>,
        to: &To,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let new_id = new_call_id(now);
        for _ in 0..ATTEMPTS {
            let (rev, record) = self.concerning(id, by.device)?;
            self.make_past(&record).await;
            let decided = match to {
                To::Person(callee) => self.hand_to(new_id, (rev, &record), by, callee, now).await?,
                To::Call(other) => self.introduce(new_id, (rev, &record), by, *other, now).await?,
            };
            let Some(Decided { handover, read }) = decided else { return Ok(()) };
            let pairs = self.pairs(&handover)?;
            let Handover { ended, new } = handover;
            let (answered, screened) = (new.record.answer().is_some(), new.record.screened.is_some());
            let ended = read.into_iter().map(Expected::Rev).zip(ended);
            let steps: Vec<(Expected, Step)> = ended.chain([(Expected::Absent, new)]).collect();
            match self.commit_all(steps, pairs, now).await {
                Ok(()) => {
                    info!(%id, new = %new_id, "a call was handed over");
                    self.metrics.calls_created.count();
                    self.metrics.calls_transferred.count();
                    if answered {
                        self.metrics.calls_answered.count();
                    }
                    if screened {
                        self.metrics.calls_screened.count();
                    }
                    return Ok(());
                }
                Err(CasError::Conflict { .. } | CasError::Unknown) => {
                    self.metrics.commits_conflicting.count();
                }
                Err(error) => return Err(self.failed(id, &error).into()),
            }
        }
        Err(ErrorCode::Conflict.into())
    }

    /// Blind: the other person calls `callee`.
    async fn hand_to(
        &self,
        new_id: CallId,
        (rev, record): (Rev, &Record),
        by: By<'_>,
        callee: &UserId,
        now: Timestamp,
    ) -> Result<Option<Decided>, Refusal> {
        let Some(leg) = visavis_call::transferable(record, by.device, now)? else { return Ok(None) };
        if *callee == leg.address.user || *callee == by.device.user {
            let hint = "a call is transferred to a third person; to go on at another device of yours, say take there";
            return Err(Refusal::of(ErrorCode::BadState, hint));
        }
        no_guest_in(record)?;
        let leg = self.under_own_name(leg).await?;
        let Terms { caller, callee, ties, screened, call_waiting } = self.terms(leg, callee, now).await?;
        let callee_is = self.callee_is(&callee.user, call_waiting);
        let epoch = self.epoch().clone();
        let media = vec![MediaKind::Audio];
        let new = NewCall { id: new_id, epoch, caller, callee, media, ties, screened };
        let name = by.name.to_owned();
        let handover = visavis_call::transfer_to(record, by.device, name, new, callee_is, now, &self.timers)?;
        Ok(handover.map(|handover| Decided { handover, read: vec![rev] }))
    }

    /// Attended: the other person of this call and that of another are connected.
    async fn introduce(
        &self,
        new_id: CallId,
        (rev, first): (Rev, &Record),
        by: By<'_>,
        other: CallId,
        now: Timestamp,
    ) -> Result<Option<Decided>, Refusal> {
        let Some(leg) = visavis_call::transferable(first, by.device, now)? else { return Ok(None) };
        let (second_rev, second) = self.concerning(other, by.device)?;
        let Some(callee) = visavis_call::transferable(&second, by.device, now)? else {
            return Err(ErrorCode::CallEnded.into());
        };
        let callee = callee.address.user;
        if callee == leg.address.user {
            return Err(Refusal::of(ErrorCode::BadState, "these two calls are with the same person"));
        }
        no_guest_in(first)?;
        no_guest_in(&second)?;
        let leg = self.under_own_name(leg).await?;
        let Terms { caller, callee, ties, screened, call_waiting: _ } = self.terms(leg, &callee, now).await?;
        // They talk already, to somebody who vouches for the other; but nobody is connected with whom they have blocked.
        if screened.is_some_and(|screened| screened.why == Screening::Blocked) {
            return Err(ErrorCode::Busy.into());
        }
        let introduction = Introduction {
            id: new_id,
            epoch: self.epoch().clone(),
            caller_name: caller.user_name,
            callee,
            ties,
        };
        let (device, name) = (by.device, by.name.to_owned());
        let handover =
            visavis_call::transfer_between(first, &second, device, name, introduction, now, &self.timers)?;
        Ok(handover.map(|handover| Decided { handover, read: vec![rev, second_rev] }))
    }

    /// The pairs of the old calls are free, that of the new one names it.
    fn pairs(&self, handover: &Handover) -> Result<Vec<(Pair, Expected, Option<CallId>)>, Refusal> {
        let new = &handover.new.record;
        let new_pair = Pair::of_call(new);
        let ends = |id: CallId| handover.ended.iter().any(|step| step.record.id == id);
        let (expected, named) = self.pair(&new_pair);
        let in_a_call = |id: CallId| self.read(id).is_some_and(|(_, record)| record.is_live());
        if named.is_some_and(|id| !ends(id) && in_a_call(id)) {
            let hint = "the two are in a call with each other, or one of them is just calling the other";
            return Err(Refusal::of(ErrorCode::Busy, hint));
        }
        let mut pairs = vec![(new_pair.clone(), expected, Some(new.id))];
        for Step { record, .. } in &handover.ended {
            let pair = Pair::of_call(record);
            let (expected, named) = self.pair(&pair);
            if pair != new_pair && named == Some(record.id) {
                pairs.push((pair, expected, None));
            }
        }
        Ok(pairs)
    }

    /// A leg under the name that its user has given to themselves: what the person who hands over calls them is nobody
    /// else's business.
    async fn under_own_name(&self, leg: Leg) -> Result<Leg, ErrorCode> {
        let found = self.store.user(&leg.address.user).await.map_err(|error| {
            error!(%error, "a user could not be looked up");
            ErrorCode::Internal
        })?;
        let user_name = found.ok_or(ErrorCode::NotFound)?.display_name;
        Ok(Leg { user_name, ..leg })
    }
}

/// A guest talks to their host and to nobody else, and makes the host talk to nobody else.
fn no_guest_in(record: &Record) -> Result<(), Refusal> {
    if record.ties.guest.is_none() {
        return Ok(());
    }
    Err(Refusal::of(ErrorCode::Forbidden, "a call with a guest cannot be handed over"))
}

/// A UUID of version 7, as callers make them.
fn new_call_id(now: Timestamp) -> CallId {
    let random = random();
    let ten = random.first_chunk().expect("32 bytes have a first ten");
    CallId(Builder::from_unix_timestamp_millis(now.0, ten).into_uuid())
}
