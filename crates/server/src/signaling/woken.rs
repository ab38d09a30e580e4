//! Devices that a push has woken: they speak by HTTP before, or instead of, a connection.

use visavis_call::{Effect, Event, Phase, Record};
use visavis_proto::{Address, CallId, PushedStop};

use super::calls::Calls;
use crate::accounts::Refusal;
use crate::clock;
use crate::push::Alert;

impl Calls {
    /// What a woken device says of a call. One that answers carries the call once its page has said hello; until then it is
    /// away, as a device is whose page is reloaded.
    pub(crate) async fn woken(&self, call: CallId, device: &Address, event: Event) -> Result<(), Refusal> {
        let answers = matches!(event, Event::Accept { .. });
        self.apply(call, device, event, clock::now()).await.map_err(|refused| {
            let hint =
                refused.hint.unwrap_or_else(|| "this cannot be done with the call any more".to_owned());
            Refusal::new(refused.code, hint)
        })?;
        if answers && !self.devices.is_connected(device) {
            self.device_lost(device).await;
        }
        Ok(())
    }

    /// Wakes devices for a call, or lets them be.
    pub(super) fn wake(&self, effect: Effect, record: &Record) {
        let Some(push) = &self.push else { return };
        match (effect, &record.phase) {
            (Effect::Alert, Phase::Inviting { until } | Phase::Ringing { until, .. }) => push.alert(Alert {
                call: record.id,
                callee: record.callee.user.clone(),
                from: record.caller.address.user.clone(),
                name: record.caller.user_name.clone(),
                media: record.media.clone(),
                // A device that rings makes it longer.
                until: *until,
            }),
            (Effect::StopAlerting, _) => {
                let answered = record.answer().map(|answer| &answer.leg.address);
                push.stop(
                    &PushedStop { call: record.id, reason: record.end().map(|end| end.reason) },
                    answered,
                );
            }
            (Effect::Alert | Effect::Publish | Effect::WriteHistory, _) => {}
        }
    }
}
