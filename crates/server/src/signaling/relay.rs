//! Passing payloads from device to device, unread: who may say what to whom, and the acks on the way back.

use serde_json::value::RawValue;
use visavis_proto::{
    Ack, CallId, DeviceId, ErrorCode, Gen, MessageId, RelayKind, ServerBody, ServerFrame, limits,
};

use super::Signaling;
use super::handle::{Device, Refusal, ok};

/// An offer, answer, candidate or media notice as its sender says it.
#[derive(Debug)]
pub(super) struct Payload<'a> {
    pub(super) kind: RelayKind,
    pub(super) data: &'a RawValue,
    pub(super) generation: Option<Gen>,
    pub(super) to: Option<DeviceId>,
    pub(super) id: Option<&'a MessageId>,
}

impl Signaling {
    /// Passes a payload on. Its `ok` comes when the other device has acked.
    pub(super) fn relay(
        &self,
        device: &Device,
        call: Option<CallId>,
        payload: Payload<'_>,
    ) -> Result<(), Refusal> {
        let Payload { kind, data, generation, to, id } = payload;
        let from = &device.address;
        let call = self.calls.named_or_only(call, from)?;
        let record = self.calls.live_for(call, from)?;
        if generation.is_some_and(|generation| generation != record.generation) {
            let hint = format!("this call's present gen is {}", record.generation.0);
            return Err(Refusal::of(ErrorCode::WrongGen, hint));
        }
        let other = record.recipient(from, to.as_ref(), kind).map_err(|code| {
            let hint = if code == ErrorCode::BadState {
                "before the answer offers, answers and candidates go between the caller and the devices listed in \"warm\"; \
                 the caller names one in \"to\""
            } else {
                "payloads go between the two devices that carry the call"
            };
            Refusal::of(code, hint)
        })?;
        if kind == RelayKind::Candidate
            && !self.calls.count_candidate(call, from, other, limits::CANDIDATES_PER_GEN)
        {
            let hint = format!("at most {} candidate messages per gen", limits::CANDIDATES_PER_GEN);
            return Err(Refusal::of(ErrorCode::TooLarge, hint));
        }
        let body = ServerBody::Relay { kind, call, generation: record.generation, id, from, data };
        // Before it is sent: the ack may come at once.
        if let Some(id) = id
            && !self.calls.unacked(call, |unacked| unacked.passed(from, other, id))
        {
            self.metrics.payloads_forgotten.count();
        }
        if !self.devices.send(other, ServerFrame { re: None, body }.encode().into()) {
            self.metrics.payloads_undeliverable.count();
            return Err(Refusal::of(ErrorCode::Unreachable, "the other device is not connected; send again"));
        }
        self.metrics.payloads_relayed.count();
        Ok(())
    }

    /// Tells the sender of a payload that it has arrived.
    pub(super) fn ack(&self, device: &Device, ack: &Ack, call: Option<CallId>) -> Result<(), Refusal> {
        let call = self.calls.named_or_only(call, &device.address)?;
        let record = self.calls.live_for(call, &device.address)?;
        if !record.passes(&ack.from, &device.address) {
            return Err(Refusal::of(
                ErrorCode::NotYourCall,
                "ack.data.from is not a device that sends to this one in this call",
            ));
        }
        // Also after a restart of ours, when the sender sends again and gets acked again, as it does if it is not connected.
        if !self.calls.unacked(call, |unacked| unacked.acked(&ack.from, &device.address, &ack.id)) {
            self.metrics.acks_unknown.count();
            return Ok(());
        }
        self.devices.send(&ack.from, ok(&ack.id, Some(call), false));
        Ok(())
    }
}
