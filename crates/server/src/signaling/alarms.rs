//! When each live call wants to be looked at again. Losing an alarm would leave a call ringing for ever, so
//! alarms are set from the records whenever one is committed or read at start; firing one twice is harmless.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use visavis_proto::{CallId, Timestamp};

use crate::clock;

#[derive(Debug, Default)]
struct Times {
    ordered: BTreeSet<(Timestamp, CallId)>,
    of_call: HashMap<CallId, Timestamp>,
}

/// The alarms of all live calls.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    times: Mutex<Times>,
    changed: Notify,
}

impl Alarms {
    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets or, with `None`, removes the alarm of a call.
    pub(super) fn set(&self, call: CallId, at: Option<Timestamp>) {
        let mut times = self.times();
        let earlier = times.ordered.first().map(|(at, _)| *at);
        if let Some(old) = times.of_call.remove(&call) {
            times.ordered.remove(&(old, call));
        }
        if let Some(at) = at {
            times.of_call.insert(call, at);
            times.ordered.insert((at, call));
        }
        if times.ordered.first().map(|(at, _)| *at) != earlier {
            self.changed.notify_one();
        }
    }

    /// Waits until at least one call's time has come, and takes those calls' alarms.
    pub(super) async fn due(&self) -> Vec<CallId> {
        loop {
            let now = clock::now();
            let next = {
                let mut times = self.times();
                let due: Vec<CallId> =
                    times.ordered.iter().take_while(|(at, _)| *at <= now).map(|(_, call)| *call).collect();
                if !due.is_empty() {
                    for call in &due {
                        if let Some(at) = times.of_call.remove(call) {
                            times.ordered.remove(&(at, *call));
                        }
                    }
                    return due;
                }
                times.ordered.first().map(|(at, _)| *at)
            };
            // The wall clock may be set while we sleep; looking at least every minute bounds the harm.
            let wait = next.map_or(Duration::from_secs(60), |at| at.since(now).min(Duration::from_secs(60)));
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(n: u128) -> CallId {
        CallId(uuid::Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn calls_are_due_in_their_order_and_a_removed_alarm_stays_silent() {
        let alarms = Alarms::default();
        let past = |ms: u64| Timestamp(clock::now().0 - ms);
        alarms.set(call(1), Some(past(10)));
        alarms.set(call(2), Some(past(20)));
        alarms.set(call(3), Some(past(30)));
        alarms.set(call(3), None);
        assert_eq!(alarms.due().await, [call(2), call(1)]);
    }

    #[tokio::test]
    async fn an_earlier_alarm_wakes_whoever_waits_for_a_later_one() {
        let alarms = Alarms::default();
        alarms.set(call(1), Some(clock::now() + Duration::from_secs(3600)));
        let (due, ()) = tokio::join!(alarms.due(), async { alarms.set(call(2), Some(clock::now())) });
        assert_eq!(due, [call(2)]);
    }
}
