//! Brings a call back whose store was lost, from the capsule that one of its devices has kept.

use tracing::{debug, error, info};
use visavis_call::{Capsule, Event, Pair};
use visavis_cluster::{CasError, Expected};
use visavis_proto::{Address, CallRef, ErrorCode, Timestamp};

use super::Calls;
use super::calls::ATTEMPTS;

impl Calls {
    /// Rebuilds the call that `held` names, if this store lacks it, or knows it only from an older capsule. A capsule that is
    /// not ours, or not of this device's call, does nothing.
    ///
    /// # Errors
    /// It could not be done now; the device's next heartbeat brings the capsule again.
    pub(super) async fn restore(
        &self,
        held: &CallRef,
        device: &Address,
        now: Timestamp,
    ) -> Result<(), ErrorCode> {
        let Some(text) = &held.capsule else { return Ok(()) };
        let opened = self.capsules.open(held.id, text);
        let Some(mut capsule) = opened.filter(|capsule| capsule.record.concerns(device)) else {
            self.metrics.capsules_refused.count();
            debug!(id = %held.id, "a capsule does not open");
            return Ok(());
        };
        if capsule.record.epoch == *self.epoch() || self.is_past(&capsule).await? {
            return Ok(());
        }
        if !self.screen_again(&mut capsule.record, now).await? {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            let current = self.read(held.id);
            let expected = current.as_ref().map_or(Expected::Absent, |(rev, _)| Expected::Rev(*rev));
            let known = current.as_ref().map(|(_, record)| &**record);
            let restored = visavis_call::restore(known, &capsule, self.epoch(), now, &self.timers);
            let Some(step) = restored else { return Ok(()) };
            let pair = Pair::of_call(&step.record);
            // If the two have made another call meanwhile, that one keeps the pair; nobody merges into this one.
            let (pair_expected, named) = self.pair(&pair);
            let pair_write = named.is_none().then_some((pair_expected, Some(held.id)));
            let legs =
                [Some(&step.record.caller.address), step.record.answer().map(|answer| &answer.leg.address)];
            let legs: Vec<Address> = legs.into_iter().flatten().cloned().collect();
            match self.commit(expected, &pair, pair_write, step, now).await {
                Ok(()) => {
                    info!(id = %held.id, rev = capsule.rev.0, "a call was rebuilt from a device's capsule");
                    self.metrics.calls_restored.count();
                    self.welcome_legs(held, &legs, now).await;
                    return Ok(());
                }
                Err(CasError::Conflict { .. } | CasError::Unknown) => {
                    self.metrics.commits_conflicting.count();
                }
                Err(error) => return Err(self.failed(held.id, &error)),
            }
        }
        Err(ErrorCode::Conflict)
    }

    /// Whether the call had ended before the store was lost, or would have: what outlives the store says so. The history is
    /// written before anybody is told of an end, and nobody whose account is gone goes on talking.
    async fn is_past(&self, capsule: &Capsule) -> Result<bool, ErrorCode> {
        for user in capsule.record.people() {
            let known = self.store.is_past(user, capsule.record.id).await;
            let account = self.store.user(user).await;
            match (known, account) {
                (Ok(false), Ok(Some(_))) => {}
                (Ok(_), Ok(_)) => return Ok(true),
                (Err(error), _) | (_, Err(error)) => {
                    error!(%error, "it could not be read whether a call is past");
                    return Err(ErrorCode::Internal);
                }
            }
        }
        Ok(false)
    }

    /// A rebuilt record takes its legs to be away; those that are connected are not.
    async fn welcome_legs(&self, held: &CallRef, legs: &[Address], now: Timestamp) {
        for leg in legs.iter().filter(|leg| self.devices.is_connected(leg)) {
            let back = self.decide(held.id, &Event::Back { who: leg.clone() }, now).await;
            // It may have gone meanwhile, and then has found nothing to be lost from.
            let lost = if self.devices.is_connected(leg) {
                Ok(())
            } else {
                self.decide(held.id, &Event::Lost { who: leg.clone() }, now).await
            };
            if let Err(code) = back.and(lost) {
                debug!(id = %held.id, ?code, "a leg's coming was not kept; its next heartbeat repairs that");
            }
        }
    }
}
