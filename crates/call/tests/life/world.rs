//! A small world: Alice calls Bob, who has several devices. It does what the shell does (commit, tick when
//! due) on a clock that moves only when told.

use std::time::Duration;

use visavis_call::{
    Availability, Callee, Effect, Event, HistoryRow, Leg, NewCall, Record, Screened, Screening, Step, Ties,
    Timers, create, deadline, history, merge, step, view,
};
use visavis_proto::{
    Address, CallId, CallState, CallView, EndReason, Epoch, ErrorCode, Gen, MediaKind, RecordingWish, Rev,
    Role, Route, Timestamp, You,
};

/// Alice calls from here.
pub(crate) const ALICE: &str = "alice/phone";
/// Bob's devices.
pub(crate) const DESK: &str = "bob/desk";
pub(crate) const PHONE: &str = "bob/phone";
pub(crate) const TABLET: &str = "bob/tablet";
/// Somebody else.
pub(crate) const CAROL: &str = "carol/phone";

pub(crate) const START: Timestamp = Timestamp(1_800_000_000_000);

/// `Ok(None)`: nothing changed; `Ok(Some(_))`: committed, with these effects.
pub(crate) type Told = Result<Option<Vec<Effect>>, ErrorCode>;

pub(crate) const UNCHANGED: Told = Ok(None);

pub(crate) fn told(effects: &[Effect]) -> Told {
    Ok(Some(effects.to_vec()))
}

/// Effects of an end before the answer.
pub(crate) const GIVEN_UP: [Effect; 3] = [Effect::WriteHistory, Effect::Publish, Effect::StopAlerting];
/// Effects of an end after it.
pub(crate) const OVER: [Effect; 2] = [Effect::WriteHistory, Effect::Publish];

pub(crate) struct World {
    pub(crate) record: Record,
    pub(crate) now: Timestamp,
    pub(crate) timers: Timers,
    pub(crate) media_flows: bool,
    rev: Rev,
}

impl World {
    /// Alice has just called Bob, with audio.
    pub(crate) fn invited() -> Self {
        Self::with(new_call(ALICE, "bob", &[MediaKind::Audio]), Availability::Free).0
    }

    /// Alice has just called Bob, and nothing rings there. She sees it ring after 200 ms.
    pub(crate) fn screened(why: Screening) -> Self {
        let rings_at = Some(START + Duration::from_millis(200));
        Self::screened_as(Screened { why, rings_at, told: why == Screening::TooOften })
    }

    pub(crate) fn screened_as(screened: Screened) -> Self {
        let new = NewCall { screened: Some(screened), ..new_call(ALICE, "bob", &[MediaKind::Audio]) };
        Self::with(new, Availability::Free).0
    }

    /// Bob's desk and phone ring.
    pub(crate) fn ringing() -> Self {
        let mut world = Self::invited();
        world.ring(DESK).unwrap();
        world.ring(PHONE).unwrap();
        world
    }

    /// Bob has answered at his desk.
    pub(crate) fn connecting() -> Self {
        let mut world = Self::ringing();
        world.accept(DESK).unwrap();
        world
    }

    /// Alice and Bob hear each other.
    pub(crate) fn active() -> Self {
        let mut world = Self::connecting();
        world.connected(DESK).unwrap();
        world
    }

    /// The world after `new`, and the effects of that.
    pub(crate) fn with(new: NewCall, callee_is: Availability) -> (Self, Vec<Effect>) {
        Self::with_timers(new, callee_is, Timers::default())
    }

    /// As [`with`](Self::with), for an operator's own times.
    pub(crate) fn with_timers(new: NewCall, callee_is: Availability, timers: Timers) -> (Self, Vec<Effect>) {
        let Step { record, effects } = create(new, callee_is, START, &timers);
        (Self { record, now: START, timers, media_flows: false, rev: Rev(1) }, effects.to_vec())
    }

    /// A world in which this call goes on.
    pub(crate) fn of(record: Record, now: Timestamp) -> Self {
        Self { record, now, timers: Timers::default(), media_flows: false, rev: Rev(1) }
    }

    pub(crate) fn ring(&mut self, who: &str) -> Told {
        self.event(Event::Ringing { who: address(who), warm: false })
    }

    pub(crate) fn ring_warm(&mut self, who: &str) -> Told {
        self.event(Event::Ringing { who: address(who), warm: true })
    }

    pub(crate) fn accept(&mut self, who: &str) -> Told {
        self.event(Event::Accept { leg: leg(who), media: vec![MediaKind::Audio] })
    }

    pub(crate) fn hang_up(&mut self, who: &str) -> Told {
        self.event(Event::Hangup { who: address(who), reason: None, ago: Duration::ZERO })
    }

    pub(crate) fn hang_up_for(&mut self, who: &str, reason: EndReason) -> Told {
        self.event(Event::Hangup { who: address(who), reason: Some(reason), ago: Duration::ZERO })
    }

    /// As somebody says it who could not say it then.
    pub(crate) fn hang_up_ago(&mut self, who: &str, seconds: u64) -> Told {
        let ago = Duration::from_secs(seconds);
        self.event(Event::Hangup { who: address(who), reason: None, ago })
    }

    pub(crate) fn connected(&mut self, who: &str) -> Told {
        self.event(Event::Connected { who: address(who), route: Route::Direct })
    }

    pub(crate) fn renew(&mut self, who: &str, generation: u32) -> Told {
        self.event(Event::Renew { who: address(who), generation: Gen(generation) })
    }

    pub(crate) fn take(&mut self, who: &str) -> Told {
        self.event(Event::Take { leg: leg(who), media: vec![MediaKind::Audio], seen: None })
    }

    /// As a device that last saw this peer connection.
    pub(crate) fn take_seen(&mut self, who: &str, seen: u32) -> Told {
        self.event(Event::Take { leg: leg(who), media: vec![MediaKind::Audio], seen: Some(Gen(seen)) })
    }

    /// What a device wishes of the `n`th recording.
    pub(crate) fn recording(&mut self, who: &str, n: u32, wish: RecordingWish) -> Told {
        self.event(Event::Recording { who: address(who), n, wish, ago: Duration::ZERO })
    }

    pub(crate) fn lose(&mut self, who: &str) -> Told {
        self.event(Event::Lost { who: address(who) })
    }

    pub(crate) fn leave(&mut self, who: &str) -> Told {
        self.event(Event::Leave { who: address(who) })
    }

    pub(crate) fn back(&mut self, who: &str) -> Told {
        self.event(Event::Back { who: address(who) })
    }

    /// The server is killed, and starts again after `pause`.
    pub(crate) fn restart_after(&mut self, pause: Duration) -> Told {
        self.now = self.now + pause;
        self.event(Event::Restarted)
    }

    pub(crate) fn event(&mut self, event: Event) -> Told {
        let step = step(&self.record, event, self.now, &self.timers)?;
        Ok(step.map(|step| self.commit(step)))
    }

    pub(crate) fn invite_back(&mut self, who: &str, media: &[MediaKind]) -> Told {
        let step = merge(&self.record, leg(who), media.to_vec(), self.now, &self.timers)?;
        Ok(step.map(|step| self.commit(step)))
    }

    /// Lets time pass and ticks whenever the record wants it; gives all the effects.
    pub(crate) fn wait(&mut self, duration: Duration) -> Vec<Effect> {
        let until = self.now + duration;
        let mut effects = Vec::new();
        while let Some(due) = deadline(&self.record, &self.timers).filter(|&due| due <= until) {
            self.now = self.now.max(due);
            let tick = Event::Tick { media_flows: self.media_flows };
            effects.extend(self.event(tick).unwrap().expect("a tick that is due changes something"));
        }
        self.now = until;
        effects
    }

    pub(crate) fn wait_s(&mut self, seconds: u64) -> Vec<Effect> {
        self.wait(Duration::from_secs(seconds))
    }

    pub(crate) fn view(&self, who: &str) -> Option<CallView> {
        view(&self.record, self.rev, &address(who), self.now)
    }

    /// What a device is told, in one line: state, own place, and whatever else is worth a word.
    pub(crate) fn see(&self, who: &str) -> String {
        let Some(view) = self.view(who) else { return "nothing".into() };
        let mut line = vec![word(&view.state), word(&view.you)];
        line.extend(view.answered_on.map(|name| format!("on {name}")));
        line.extend((!view.warm.is_empty()).then(|| {
            let names: Vec<String> = view.warm.iter().map(ToString::to_string).collect();
            format!("warm {}", names.join(" "))
        }));
        line.extend(view.peer.lost.then(|| "peer lost".into()));
        line.extend(view.expires_in_ms.map(|ms| format!("{ms} ms left")));
        line.extend(view.reason.map(|reason| word(&reason)));
        line.extend(view.duration_ms.map(|ms| format!("after {ms} ms")));
        line.join(", ")
    }

    /// `owner: outcome, seconds, device` of each row of history.
    pub(crate) fn history(&self) -> Vec<String> {
        let line = |row: HistoryRow| {
            let device = row.device_name.unwrap_or_else(|| "-".into());
            format!("{}: {}, {} s, {device}", row.owner, word(&row.outcome), row.duration.as_secs())
        };
        history(&self.record).into_iter().map(line).collect()
    }

    fn commit(&mut self, step: Step) -> Vec<Effect> {
        assert_ne!(step.record, self.record, "a commit that changes nothing");
        self.record = step.record;
        self.rev = Rev(self.rev.0 + 1);
        step.effects.to_vec()
    }
}

pub(crate) fn new_call(from: &str, to: &str, media: &[MediaKind]) -> NewCall {
    NewCall {
        id: call_id(),
        epoch: "epoch-1".parse::<Epoch>().unwrap(),
        caller: leg(from),
        callee: Callee { user: to.parse().unwrap(), name: display_name(to) },
        media: media.to_vec(),
        ties: Ties::default(),
        screened: None,
    }
}

pub(crate) fn call_id() -> CallId {
    "018f0000-0000-7000-8000-000000000001".parse().unwrap()
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// `bob/desk` is a device that Bob calls "bob's desk".
pub(crate) fn leg(who: &str) -> Leg {
    let address = address(who);
    let device_name = format!("{}'s {}", address.user, address.device);
    let user_name = display_name(address.user.as_str());
    Leg::new(address, user_name, device_name)
}

pub(crate) fn display_name(user: &str) -> String {
    user[..1].to_uppercase() + &user[1..]
}

/// The word of the protocol for a plain enum.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// A view with the fields that every test would repeat.
pub(crate) fn plain_view(role: Role, state: CallState, you: You) -> CallView {
    let alice = visavis_proto::PeerView {
        id: "alice".parse().unwrap(),
        name: "Alice".into(),
        address: Some(address(ALICE)),
        lost: false,
        contact: false,
        guest: None,
    };
    let bob = visavis_proto::PeerView {
        id: "bob".parse().unwrap(),
        name: "Bob".into(),
        address: None,
        lost: false,
        contact: false,
        guest: None,
    };
    CallView {
        id: call_id(),
        rev: Rev(1),
        state,
        role,
        you,
        peer: match role {
            Role::Caller => bob,
            Role::Callee => alice,
        },
        media: vec![MediaKind::Audio],
        generation: Gen(0),
        offerer: Role::Caller,
        expires_in_ms: None,
        quiet: false,
        warm: Vec::new(),
        follows: None,
        transferred_by: None,
        answered_on: None,
        active_ms: None,
        recording: None,
        reason: None,
        duration_ms: None,
        capsule: None,
        relay: None,
    }
}
