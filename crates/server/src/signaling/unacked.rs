//! Payloads that were passed on and are not acknowledged yet. An `ack` is believed for these alone: it makes an `ok` for
//! the sender, and whoever could choose its id could tell the other person's device that anything it waits for was done.

use std::collections::VecDeque;

use visavis_proto::{Address, MessageId};

/// Payloads of one call that are remembered: more than two devices may send in a generation. Of more the oldest is
/// forgotten; its sender hears no `ok` and sends it again when it reconnects.
const KEPT: usize = 512;

/// Those of one call.
#[derive(Debug, Default)]
pub(super) struct Unacked(VecDeque<Passed>);

#[derive(Debug, PartialEq, Eq)]
struct Passed {
    from: Address,
    to: Address,
    id: MessageId,
}

impl Unacked {
    /// A payload is passed on. False if an older one is forgotten for it.
    pub(super) fn passed(&mut self, from: &Address, to: &Address, id: &MessageId) -> bool {
        // One that is sent again needs one `ok`, however often it is acknowledged.
        self.acked(from, to, id);
        self.0.push_back(Passed { from: from.clone(), to: to.clone(), id: id.clone() });
        let fits = self.0.len() <= KEPT;
        if !fits {
            self.0.pop_front();
        }
        fits
    }

    /// It has arrived. Whether it had been passed on, and this is the first to say so.
    pub(super) fn acked(&mut self, from: &Address, to: &Address, id: &MessageId) -> bool {
        let is_it = |passed: &Passed| passed.from == *from && passed.to == *to && passed.id == *id;
        let position = self.0.iter().position(is_it);
        position.and_then(|position| self.0.remove(position)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn id(number: usize) -> MessageId {
        format!("a.{number}").parse().unwrap()
    }

    #[test]
    fn only_what_was_passed_on_to_this_device_is_acked_and_once() {
        let (alice, bob) = (address("alice/tab"), address("bob/phone"));
        let mut unacked = Unacked::default();
        assert!(unacked.passed(&alice, &bob, &id(1)) && unacked.passed(&alice, &bob, &id(1)));
        assert!(!unacked.acked(&bob, &alice, &id(1)));
        assert!(!unacked.acked(&alice, &bob, &id(2)));
        assert!(unacked.acked(&alice, &bob, &id(1)));
        assert!(!unacked.acked(&alice, &bob, &id(1)));
    }

    #[test]
    fn the_oldest_is_forgotten_when_nothing_is_ever_acked() {
        let (alice, bob) = (address("alice/tab"), address("bob/phone"));
        let mut unacked = Unacked::default();
        let fitting = (0..=KEPT).filter(|number| unacked.passed(&alice, &bob, &id(*number))).count();
        assert_eq!(fitting, KEPT);
        assert!(!unacked.acked(&alice, &bob, &id(0)) && unacked.acked(&alice, &bob, &id(1)));
    }
}
