//! Devices that come, go, say that they go, or are sent away: what that means for the calls they carry.

use std::time::Duration;

use tracing::debug;
use visavis_call::{Event, Record};
use visavis_proto::{Address, CallRef};

use super::Calls;
use crate::clock;

impl Calls {
    /// The device has connected and says what it holds: its legs are back.
    pub(super) async fn device_back(&self, device: &Address, held: &[CallRef]) {
        let is_held = |record: &Record| held.iter().any(|held| held.id == record.id);
        // A page that rings and knows nothing of it is a new one: what was prepared with the old one is gone.
        let forgotten = |record: &Record| record.warm().contains(device) && !is_held(record);
        self.tell(device, &Event::Lost { who: device.clone() }, forgotten).await;
        self.device_here(device).await;
    }

    /// The device is connected: none of its legs is away.
    pub(super) async fn device_here(&self, device: &Address) {
        self.tell(device, &Event::Back { who: device.clone() }, |record| record.carries(device)).await;
    }

    /// The device's last socket is gone: its legs are lost unless it comes back.
    pub(super) async fn device_lost(&self, device: &Address) {
        self.tell(device, &Event::Lost { who: device.clone() }, |record| record.carries(device)).await;
    }

    /// The device says that it goes: it is waited for only as long as a reload takes.
    pub(super) async fn device_leaves(&self, device: &Address) {
        self.tell(device, &Event::Leave { who: device.clone() }, |record| record.carries(device)).await;
    }

    /// The device's login was ended: it has hung up, since its media would flow on without a server.
    pub(super) async fn device_revoked(&self, device: &Address) {
        // Who has no account any more is ended for that reason, by whoever has removed it.
        if matches!(self.store.user(&device.user).await, Ok(None)) {
            return;
        }
        let hang_up = Event::Hangup { who: device.clone(), reason: None, ago: Duration::ZERO };
        self.tell(device, &hang_up, |record| record.leg_of(device).is_some()).await;
        self.device_lost(device).await;
    }

    async fn tell(&self, device: &Address, event: &Event, about: impl Fn(&Record) -> bool) {
        let records = self.live_records(&device.user);
        for (_, record) in records.iter().filter(|(_, record)| about(record)) {
            if let Err(code) = self.decide(record.id, event, clock::now()).await {
                debug!(id = %record.id, ?code, "a device's coming or going was not kept");
            }
        }
    }
}
