//! The reference: a plain story of each call, told by what is committed and what is said, and the rules it must keep.
//!
//! It decides nothing and knows nothing of timers; it only remembers, and finds what cannot be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use visavis_call::{HistoryRow, Phase, Record};
use visavis_proto::{Address, CallId, EndReason, Outcome, RecordingWish, Role, UserId};

use crate::node::short;
use crate::weather::{BEGINNING, Time, Weather};

/// A call is not ended for want of media so soon after a node has heard that it flows.
const SURELY_FLOWS: Time = 30_000;

/// Why a node commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    Create,
    Accept(Address),
    Take(Address),
    Transfer(Address),
    Hangup(Address),
    Tick { media_flows: bool },
    Restarted,
    Restored,
    Other(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create => f.write_str("an invite"),
            Self::Accept(device) => write!(f, "{device} answers"),
            Self::Take(device) => write!(f, "{device} takes it"),
            Self::Transfer(device) => write!(f, "{device} hands over"),
            Self::Hangup(device) => write!(f, "{device} hangs up"),
            Self::Tick { media_flows } => write!(f, "its time has come, media flows: {media_flows}"),
            Self::Restarted => f.write_str("the node has started"),
            Self::Restored => f.write_str("a capsule has come"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[derive(Debug, Default)]
struct Story {
    people: Option<(UserId, UserId)>,
    /// In which life of the store its invite made it.
    made: Option<u32>,
    /// Which devices have won the answer, in which life.
    answers: BTreeSet<(u32, Address)>,
    answered: bool,
    connected: Option<Time>,
    ended: Option<(u32, EndReason, Time)>,
    /// Somebody has wanted its end, whether or not that was told.
    wanted: bool,
    /// Who took it last, if not the one who answered or called.
    taker: Option<Address>,
    /// Devices that have told a node of the end.
    said: BTreeSet<Address>,
    /// A node has told a device that it is done.
    heard: bool,
    media: Option<Time>,
    /// When it was committed last.
    changed: Time,
    /// Which devices have asked whether they may record, and which have agreed: to which question.
    asked: BTreeSet<(Address, u32)>,
    agreed: BTreeSet<(Address, u32)>,
    /// Which questions were agreed to, in which life.
    recorded: BTreeSet<(u32, u32)>,
    /// What people meant: who has hung up and when, for as long as their device can say so; and whether it could give the call
    /// back to a node that had lost it.
    meant: BTreeMap<usize, (Time, bool)>,
}

#[derive(Debug)]
pub(crate) struct Judge {
    devices: Vec<Address>,
    /// How far apart two nodes' clocks may be.
    skew: Time,
    stories: BTreeMap<CallId, Story>,
    pub(crate) violation: Option<String>,
    pub(crate) commits: u64,
}

impl Judge {
    pub(crate) fn new(weather: &Weather) -> Self {
        let names = ["ann", "ben", "cai", "dea", "eli"];
        let devices = weather.users.iter().zip(names).flat_map(|(count, name)| {
            (0..*count).map(move |device| format!("{name}/{device}").parse().expect("a name and a number"))
        });
        Self {
            devices: devices.collect(),
            skew: weather.ahead.iter().copied().max().unwrap_or(0),
            stories: BTreeMap::new(),
            violation: None,
            commits: 0,
        }
    }

    pub(crate) fn address(&self, device: usize) -> Address {
        self.devices[device].clone()
    }

    pub(crate) fn device(&self, address: &Address) -> Option<usize> {
        self.devices.iter().position(|device| device == address)
    }

    pub(crate) fn find(&mut self, what: impl FnOnce() -> String) {
        if self.violation.is_none() {
            self.violation = Some(what());
        }
    }

    fn story(&mut self, call: CallId) -> &mut Story {
        self.stories.entry(call).or_default()
    }

    /// Every commit passes here, with what it replaces.
    pub(crate) fn committed(
        &mut self,
        now: Time,
        life: u32,
        before: Option<&Record>,
        after: &Record,
        why: &Why,
    ) {
        self.commits += 1;
        let call = short(after.id);
        let skew = self.skew;
        let story = self.story(after.id);
        let mut broken = None;
        let mut rule = |holds: bool, what: String| {
            if !holds && broken.is_none() {
                broken = Some(what);
            }
        };
        story.changed = now;
        story.people = Some((after.caller.address.user.clone(), after.callee.user.clone()));
        let makes = match why {
            Why::Create => true,
            Why::Transfer(_) => after.is_live(),
            _ => false,
        };
        if makes {
            rule(story.made.is_none(), format!("{call} was made twice by one invite"));
            story.made = Some(life);
        }
        let was_over = before.is_some_and(|before| !before.is_live());
        rule(!was_over, format!("{call} had ended and was changed, {why}"));
        if let Some((_, reason, _)) = story.ended
            && story.heard
            && after.is_live()
        {
            rule(false, format!("{call} had ended ({reason:?}), and lives again: {why}"));
        }
        let answer = |record: &Record| record.answer().map(|answer| answer.leg.address.clone());
        let (old, new) = (before.and_then(answer), answer(after));
        if let (Some(old), false) = (&old, old == new) {
            let taken = matches!(why, Why::Take(taker) if Some(taker) == new.as_ref());
            rule(
                taken || *why == Why::Restored,
                format!("{call} was answered by {old}, and then by {new:?}: {why}"),
            );
        }
        if let Why::Take(taker) = why {
            story.taker = Some(taker.clone());
        }
        if let (Why::Accept(device), Some(new), None) = (why, &new, &old) {
            rule(device == new, format!("{device} answered {call}, and {new} got it"));
            story.answers.insert((life, new.clone()));
            // Whose answer went with a lost store may be heard before the capsule of who took the call since, and talks then.
            story.taker = None;
            let winners = story.answers.iter().filter(|(at, _)| *at == life).count();
            rule(winners == 1, format!("{call} was answered twice: {:?}", story.answers));
        }
        if let Some((n, recorder, other)) = recorded_between(after) {
            let agreed =
                story.asked.contains(&(recorder.clone(), n)) && story.agreed.contains(&(other.clone(), n));
            rule(agreed, format!("{call} is recorded by {recorder}, and {other} has not agreed: {why}"));
            story.recorded.insert((life, n));
        }
        let was_active = before.is_some_and(|before| matches!(before.phase, Phase::Active { .. }));
        match &after.phase {
            Phase::Ended(end) => {
                if was_active && end.by.is_none() {
                    let flows =
                        story.media.is_some_and(|media| now.saturating_sub(media) + skew < SURELY_FLOWS);
                    rule(
                        end.reason == EndReason::ConnectionLost && !flows,
                        format!(
                            "{call} was active and ended by {:?} although media flows: {flows}",
                            end.reason
                        ),
                    );
                }
                if let Some(role) = end.by {
                    let user = match role {
                        Role::Caller => &after.caller.address.user,
                        Role::Callee => &after.callee.user,
                    };
                    let said = story.said.iter().any(|device| device.user == *user);
                    rule(said, format!("{call} ended by {user}, who has said nothing"));
                    let by_itself = was_active && end.reason == EndReason::Hangup && !story.wanted;
                    rule(
                        !by_itself,
                        format!("{call} was active and hung up by {user}'s device, which nobody wanted"),
                    );
                }
                story.ended = Some((life, end.reason, now));
            }
            Phase::Active { connected, .. } => {
                // A capsule knows better when it was.
                story.connected = match why {
                    Why::Restored => Some(connected.0.saturating_sub(BEGINNING)),
                    _ => story.connected.or(Some(now)),
                };
                story.ended = None;
            }
            Phase::Inviting { .. } | Phase::Ringing { .. } | Phase::Connecting { .. } => {
                rule(!was_active || *why == Why::Restored, format!("{call} was active and went back: {why}"));
                if *why == Why::Restored {
                    story.connected = None;
                }
                story.ended = None;
            }
        }
        story.answered = new.is_some();
        if let Some(what) = broken {
            self.find(|| what);
        }
    }

    pub(crate) fn hears_hangup(&mut self, call: CallId, device: &Address) {
        self.story(call).said.insert(device.clone());
    }

    /// A device has said what it wishes of a recording.
    pub(crate) fn hears_recording(&mut self, call: CallId, device: &Address, n: u32, wish: RecordingWish) {
        let said = (device.clone(), n);
        let story = self.story(call);
        match wish {
            RecordingWish::Ask => story.asked.insert(said),
            RecordingWish::Agree => story.agreed.insert(said),
            RecordingWish::Stop => false,
        };
    }

    /// A node has done what a device wished of the call; `over`: the call has ended by then.
    pub(crate) fn acknowledges(&mut self, call: CallId, over: bool) {
        self.story(call).heard |= over;
    }

    /// A device is told of the end.
    pub(crate) fn hears_of_end(&mut self, call: CallId) {
        self.story(call).heard = true;
    }

    pub(crate) fn hears_of_media(&mut self, now: Time, call: CallId) {
        self.story(call).media = Some(now);
    }

    /// A person hangs up at a device.
    pub(crate) fn means_to_end(&mut self, now: Time, call: CallId, device: usize, has_capsule: bool) {
        let story = self.story(call);
        story.meant.insert(device, (now, has_capsule));
        story.wanted = true;
    }

    /// A device had nothing by which a node could have known the call again, and has told its person that it is over.
    pub(crate) fn may_end(&mut self, call: CallId) {
        self.story(call).wanted = true;
    }

    /// A device that was one of the two ends is told that another one is.
    pub(crate) fn hears_elsewhere(&mut self, call: CallId, device: usize) {
        let address = self.address(device);
        if self.story(call).taker.as_ref() == Some(&address) {
            self.find(|| format!("{address} took {} and is told that it is elsewhere", short(call)));
        }
    }

    /// A device has forgotten everything, and with it what its person meant.
    pub(crate) fn forgets(&mut self, device: usize) {
        for story in self.stories.values_mut() {
            story.meant.remove(&device);
        }
    }

    /// Whether a device may be told that a call which it holds as answered is over.
    pub(crate) fn is_over(&self, call: CallId) -> bool {
        self.stories.get(&call).is_some_and(|story| story.ended.is_some())
    }

    /// Whether nothing has been committed of a call for so long.
    pub(crate) fn is_quiet(&self, call: CallId, since: Time) -> bool {
        self.stories.get(&call).is_some_and(|story| story.changed < since)
    }

    pub(crate) fn skew(&self) -> Time {
        self.skew
    }

    /// The calls of which somebody has meant the end.
    pub(crate) fn meant_to_end(&self) -> impl Iterator<Item = (CallId, Time)> {
        let meant = |(call, story): (&CallId, &Story)| story.meant.values().min().map(|(at, _)| (*call, *at));
        self.stories.iter().filter_map(meant)
    }

    /// At the end of the world: each person has one line of each call, and it says what happened.
    pub(crate) fn reads_history(&mut self, history: &BTreeMap<(CallId, UserId), HistoryRow>) {
        let mut wrong = None;
        for (call, story) in &self.stories {
            let must_be_told = story.meant.values().any(|(_, has_capsule)| *has_capsule);
            if must_be_told && !history.keys().any(|(it, _)| it == call) {
                wrong = Some(format!("{} was hung up, and nobody's history has it", short(*call)));
            }
            let (Some((caller, callee)), Some((life, reason, at))) = (&story.people, story.ended) else {
                continue;
            };
            // An end that was lost with its store before anybody had heard of it has not been.
            if !story.heard && !history.keys().any(|(it, _)| it == call) {
                continue;
            }
            let recordings =
                |user: &UserId| history.get(&(*call, user.clone())).map(|line| line.recordings.as_slice());
            if caller != callee && recordings(caller) != recordings(callee) {
                wrong = Some(format!("the two histories of {} say other recordings", short(*call)));
            }
            let recorded = story.recorded.iter().filter(|(at, _)| *at == life).count();
            if recordings(caller).is_none_or(|told| told.len() < recorded) {
                wrong = Some(format!("{} was recorded, of which the history says nothing", short(*call)));
            }
            for user in [caller, callee] {
                let line = history.get(&(*call, user.clone()));
                let is_caller = user == caller;
                let wanted = outcome(story, reason, is_caller);
                let found = line.map(|line| line.outcome);
                if found != Some(wanted) {
                    wrong =
                        Some(format!("{}: {user}'s history says {found:?}, it was {wanted:?}", short(*call)));
                }
                let took = story.connected.map_or(0, |connected| at.saturating_sub(connected));
                let said =
                    line.map_or(0, |line| u64::try_from(line.duration.as_millis()).unwrap_or(u64::MAX));
                if took.abs_diff(said) > 2 * self.skew + 5_000 {
                    wrong = Some(format!("{}: it took {took} ms, the history says {said}", short(*call)));
                }
            }
        }
        if let Some(wrong) = wrong {
            self.find(|| wrong);
        }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.stories.len() as u64
    }
}

/// Which question was agreed to in a call that is being recorded, who records, and who has agreed.
fn recorded_between(record: &Record) -> Option<(u32, &Address, &Address)> {
    let recording = record.recording.as_ref().filter(|_| record.is_recorded())?;
    let (caller, callee) = (&record.caller.address, &record.answer()?.leg.address);
    match recording.by {
        Role::Caller => Some((recording.n, caller, callee)),
        Role::Callee => Some((recording.n, callee, caller)),
    }
}

/// What a call was to one of its people.
fn outcome(story: &Story, reason: EndReason, caller: bool) -> Outcome {
    match (story.connected.is_some(), story.answered, reason, caller) {
        (true, _, _, _) | (false, true, EndReason::Transferred, _) => Outcome::Answered,
        (false, true, _, _) => Outcome::Failed,
        (false, false, EndReason::Rejected, false) => Outcome::Declined,
        (false, false, _, false) => Outcome::Missed,
        (false, false, _, true) => Outcome::Unanswered,
    }
}
