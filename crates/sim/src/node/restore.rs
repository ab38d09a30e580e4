//! Bringing a call back whose store was lost, from a capsule.

use std::rc::Rc;

use visavis_call::{Capsule, Event as Happening, Pair, Record};
use visavis_proto::{Address, CallRef, ErrorCode, Timestamp};

use super::{ATTEMPTS, Node, is_written};
use crate::Mutant;
use crate::judge::Why;
use crate::store::PairWrite;

impl Node {
    pub(super) async fn restore(
        self: &Rc<Self>,
        held: &CallRef,
        device: &Address,
        now: Timestamp,
    ) -> Result<(), ErrorCode> {
        let Some(text) = &held.capsule else { return Ok(()) };
        let Ok(capsule) = serde_json::from_str::<Capsule>(text) else { return Ok(()) };
        let epoch = self.hub.store.borrow().epoch();
        if !capsule.record.concerns(device) || capsule.record.epoch == epoch {
            return Ok(());
        }
        self.hub.way_to_the_store().await;
        if !self.hub.is_healed() && self.hub.chance(self.hub.weather.refusals) {
            return Err(ErrorCode::Internal);
        }
        if capsule.record.people().any(|user| self.hub.store.borrow().is_past(held.id, user)) {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            let current = self.read(held.id);
            let known = current.as_ref().map(|(_, record)| &**record);
            if known.is_some() && self.hub.is(Mutant::NoSupersedingCapsule) {
                return Ok(());
            }
            let restored = visavis_call::restore(known, &capsule, &epoch, now, &self.timers);
            let Some(step) = restored else { return Ok(()) };
            let pair = Pair::of_call(&step.record);
            let (expected, named) = self.hub.store.borrow().pair(&pair);
            let write =
                named.is_none().then(|| PairWrite { key: pair.to_string(), expected, names: Some(held.id) });
            let record = step.record.clone();
            let expected = current.map(|(rev, _)| rev);
            if is_written(self.commit(expected, write, step, &Why::Restored, now).await)? {
                self.welcome_legs(&record, now).await;
                return Ok(());
            }
        }
        Err(ErrorCode::Conflict)
    }

    /// The legs that are connected here are not away.
    pub(super) async fn welcome_legs(self: &Rc<Self>, record: &Record, now: Timestamp) {
        let legs = [Some(&record.caller), record.answer().map(|answer| &answer.leg)];
        for leg in legs.into_iter().flatten() {
            if !leg.signaling.is_here() && self.is_connected(&leg.address) {
                let who = leg.address.clone();
                let _ = self
                    .decide(record.id, &Why::Other(format!("{who} is here")), &Happening::Back { who }, now)
                    .await;
            }
        }
    }
}
