//! A device that asks whether it may record, and one that is asked.

use visavis_proto::{CallId, RecordingState, RecordingView, RecordingWish};

use super::{Device, Stage};
use crate::hub::{Act, Event, Hub};
use crate::message::Say;
use crate::node::short;

/// Nobody thinks longer than the server waits, but some think for that long.
const THINKS: u64 = 40_000;

impl Device {
    pub(super) fn record(&mut self, hub: &Hub) {
        let Some(held) = self.calls.iter().find(|held| held.stage == Stage::Active) else { return };
        let (call, role) = (held.id, held.role);
        let n = held.recording.as_ref().map_or(0, |seen| seen.n);
        let (n, wish) = match &held.recording {
            // A client that agrees to whatever there may be, asked or not.
            _ if hub.chance(100) => (n.max(1), RecordingWish::Agree),
            Some(RecordingView { state: RecordingState::Asked, by, .. })
                if *by != role && hub.chance(700) =>
            {
                (n, RecordingWish::Agree)
            }
            Some(RecordingView { state: RecordingState::Asked | RecordingState::On, .. }) => {
                (n, RecordingWish::Stop)
            }
            Some(RecordingView { state: RecordingState::Over, .. }) | None => (n + 1, RecordingWish::Ask),
        };
        hub.note(|| format!("{} of {}: recording {n}, {wish:?}", self.address, short(call)));
        self.say(hub, call, Say::Recording { call, n, wish }, None);
    }

    /// Its person is asked, or sees that it is over.
    pub(super) fn see_recording(&mut self, hub: &Hub, call: CallId, seen: Option<RecordingView>) {
        let index = self.index;
        let Some(held) = self.find_mut(call) else { return };
        let asked = |view: &RecordingView| view.state == RecordingState::Asked && view.by != held.role;
        let is_news = seen.as_ref().map(|view| (view.n, view.state))
            != held.recording.as_ref().map(|view| (view.n, view.state));
        if is_news && seen.as_ref().is_some_and(asked) {
            hub.later(1 + hub.below(THINKS), Event::Act { device: index, act: Act::Record });
        }
        held.recording = seen;
    }
}
