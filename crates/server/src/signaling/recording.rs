//! Recording a call: what devices wish of it, and whether the other one can be asked.

use std::time::Duration;

use visavis_call::Event;
use visavis_proto::{Address, CallId, ErrorCode, Recording, RecordingWish};

use super::handle::{Device, Refusal};
use super::{Calls, Signaling};

impl Signaling {
    /// A device asks, agrees or ends.
    pub(super) async fn record(
        &self,
        device: &Device,
        Recording { n, wish, ago_ms }: Recording,
        call: Option<CallId>,
    ) -> Result<(CallId, bool), Refusal> {
        let call = self.calls.named_or_only(call, &device.address)?;
        if wish == RecordingWish::Ask {
            self.calls.other_asks_consent(call, &device.address)?;
        }
        let ago = Duration::from_millis(ago_ms.unwrap_or_default());
        let event = Event::Recording { who: device.address.clone(), n, wish, ago };
        self.apply(device, Some(call), event).await
    }
}

impl Calls {
    /// Whether the other end of a call can be asked at all. An older client would show nothing, and its user would be
    /// taken for somebody who does not answer.
    fn other_asks_consent(&self, id: CallId, device: &Address) -> Result<(), Refusal> {
        let (_, record) = self.concerning(id, device)?;
        let Some(other) = record.peer_of(device) else { return Ok(()) };
        match self.devices.asks_consent(other) {
            Some(true) => Ok(()),
            Some(false) => {
                let hint = "the other person's application does not know how to ask them whether the call may be recorded";
                Err(Refusal::of(ErrorCode::Unsupported, hint))
            }
            None => {
                let hint = "the other device is not connected now, so nobody there can be asked";
                Err(Refusal::of(ErrorCode::Unreachable, hint))
            }
        }
    }
}
