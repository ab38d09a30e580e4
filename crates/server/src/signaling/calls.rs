//! The calls: reads records, lets `visavis-call` decide, commits by compare-and-set, performs the effects.
//!
//! Two keys per call live in the cluster's store: `call/ID` holds the record, `pair/ALICE/BOB` names the live
//! call of two people (see `visavis_call::Pair`). A small cache of the live calls keeps relayed payloads away
//! from the decoder; it only ever moves forward in revision, and every decision is checked by the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tracing::{debug, error, info, warn};
use visavis_call::{Availability, Capsule, Effect, Event, Leg, NewCall, Pair, Record, Step, Timers};
use visavis_cluster::{CasError, Change, Engine, Expected, Stored, Write};
use visavis_proto::limits::CALLS_PER_DEVICE;
use visavis_proto::{
    Address, CallId, CallState, CallView, Epoch, ErrorCode, Gen, Invite, Rev, ServerBody, ServerFrame,
    Timestamp, UserId, You, limits,
};
use visavis_store::{Store, TokenHash, User};

use super::alarms::Alarms;
use super::allowance::Allowances;
use super::capsules::Capsules;
use super::devices::Devices;
use super::endings::Endings;
use super::handle::{Refusal, unconfirmed};
use super::terms::{KNOCKED_AT, KNOCKS, LinkUse, Terms};
use super::unacked::Unacked;
use crate::clock;
use crate::ice::Ice;
use crate::metrics::Metrics;
use crate::push::Push;

/// How often a lost compare-and-set is tried again; each loss means that somebody else has decided.
pub(super) const ATTEMPTS: u32 = 16;
/// Live calls at once; more are refused as `overloaded`.
const LIVE_CALLS: usize = 100_000;
/// Live calls one user may take part in, on all devices.
const CALLS_PER_USER: usize = limits::CALL_REFS;
/// A record that nobody ends is dropped by the store after this time; a live one is renewed long before.
const LIVE_KEPT: Duration = Duration::from_secs(24 * 3600);
/// How long after a device's report media counts as flowing: two heartbeats and a bit.
const MEDIA_FRESH: Duration = Duration::from_secs(45);
/// How long after the end of a call its devices may still use the relay: for goodbyes, and for a device that learns of the
/// end a moment later and gives its ports back itself.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// When a timer's decision could not be stored, it is tried again after this time.
const TICK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct LiveCall {
    rev: Rev,
    record: Arc<Record>,
    /// Of this revision, once it was sealed.
    capsule: Option<String>,
    media_seen: Option<Timestamp>,
    candidates: Vec<Candidates>,
    unacked: Unacked,
}

/// How many candidate messages one device has sent to another in one peer connection.
#[derive(Debug)]
struct Candidates {
    from: Address,
    to: Address,
    generation: Gen,
    count: u32,
}

#[derive(Debug, Default)]
struct Live {
    calls: HashMap<CallId, LiveCall>,
    of_user: HashMap<UserId, Vec<CallId>>,
}

/// Every call this node knows.
#[derive(Debug)]
pub struct Calls {
    engine: Engine,
    pub(super) store: Store,
    pub(super) devices: Arc<Devices>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) capsules: Capsules,
    pub(super) timers: Timers,
    /// Wakes devices that are not connected; not in every test.
    pub(super) push: Option<Arc<Push>>,
    endings: Endings,
    /// How often guests knock, by whom they call.
    pub(super) knocks: Allowances<UserId>,
    live: Mutex<Live>,
    alarms: Alarms,
    /// Who hands out the relay, once that is known.
    ice: OnceLock<Arc<Ice>>,
}

impl Calls {
    /// Reads the calls that outlived the last process: live ones wait for their devices, ended ones are
    /// written to the history, in case the process died before it had done so.
    ///
    /// # Errors
    /// A record of a newer layout, or a store that does not write.
    pub async fn open(
        engine: Engine,
        store: Store,
        devices: Arc<Devices>,
        metrics: Arc<Metrics>,
        capsules: Capsules,
        timers: Timers,
        push: Option<Arc<Push>>,
    ) -> anyhow::Result<Arc<Self>> {
        let calls = Arc::new(Self {
            engine,
            store,
            devices,
            metrics,
            capsules,
            timers,
            push,
            endings: Endings::new(),
            knocks: Allowances::new(KNOCKS, KNOCKED_AT),
            live: Mutex::default(),
            alarms: Alarms::default(),
            ice: OnceLock::new(),
        });
        let now = clock::now();
        calls.engine.sweep(now).await?;
        let mut survived = 0;
        for Stored { key, rev, value } in calls.engine.list("call/") {
            let record: Record = serde_json::from_slice(&value)
                .map_err(|error| anyhow::anyhow!("live call record {key}: {error}"))?;
            if record.is_live() {
                survived += 1;
                let id = record.id;
                calls.remember(rev, Arc::new(record));
                if let Err(code) = calls.decide(id, &Event::Restarted, now).await {
                    error!(%id, ?code, "a call could not be taken over from the last run");
                }
            } else {
                calls.write_history(&record).await;
            }
        }
        if survived > 0 {
            info!(calls = survived, "calls outlived the restart; their devices have time to come back");
        }
        Ok(calls)
    }

    /// Ticks calls whose time has come, for ever.
    pub async fn run_alarms(self: Arc<Self>) {
        loop {
            for id in self.alarms.due().await {
                // Each on its own, so that one slow commit does not hold up the others.
                let calls = Arc::clone(&self);
                tokio::spawn(async move { calls.tick(id).await });
            }
        }
    }

    /// Drops expired records from the store now and then, for ever.
    pub async fn run_sweeps(self: Arc<Self>) {
        loop {
            tokio::time::sleep(Duration::from_secs(600)).await;
            if let Err(error) = self.engine.sweep(clock::now()).await {
                warn!(%error, "expired calls could not be removed");
            }
        }
    }

    async fn tick(&self, id: CallId) {
        let now = clock::now();
        let media_flows = self
            .live()
            .calls
            .get(&id)
            .is_some_and(|live| live.media_seen.is_some_and(|seen| now.since(seen) < MEDIA_FRESH));
        match self.decide(id, &Event::Tick { media_flows }, now).await {
            Ok(()) | Err(ErrorCode::CallEnded) => {}
            Err(code) => {
                warn!(%id, ?code, "a call's timer could not be kept; trying again");
                self.alarms.set(id, Some(now + TICK_AGAIN));
            }
        }
    }

    /// Closes the file of live calls: another process may take over.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// The life of the store: see `Epoch`.
    pub fn epoch(&self) -> &Epoch {
        self.engine.epoch()
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a call, repeats one, or merges it into the one that came the other way.
    pub(super) async fn invite(
        &self,
        id: CallId,
        caller: Leg,
        invite: Invite,
        may_answer: bool,
        now: Timestamp,
    ) -> Result<(CallId, bool), Refusal> {
        if let Some((_, record)) = self.read(id) {
            return repeated(&record, &caller.address, &invite.to).map(|()| (id, false));
        }
        if invite.epoch.as_ref().is_some_and(|epoch| epoch != self.epoch()) {
            // It may have made a call in the store that is gone, which may have been answered, or have ended.
            let hint = "this invite was first sent before the server lost its calls; make a new call";
            return Err(Refusal::of(ErrorCode::CallEnded, hint));
        }
        let Terms { caller, callee, ties, screened, call_waiting } =
            self.terms(caller, &invite.to, now).await?;
        let pair = Pair::of(&caller.address.user, &callee.user);
        for _ in 0..ATTEMPTS {
            let (pair_expected, other) = self.pair(&pair);
            if let Some(other) = other
                && !may_answer
                && self.read(other).is_some_and(|(_, record)| record.concerns(&caller.address))
            {
                // To call somebody who is just calling is to answer.
                return Err(unconfirmed(ErrorCode::Unconfirmed));
            }
            if let Some(other) = other
                && let Some(merged) = self.merge(other, &caller, &invite.media, now).await?
            {
                return Ok((merged, true));
            }
            let new = NewCall {
                id,
                epoch: self.epoch().clone(),
                caller: caller.clone(),
                callee: callee.clone(),
                media: invite.media.clone(),
                ties: ties.clone(),
                screened,
            };
            let availability = self.availability(&caller.address, &callee.user, call_waiting)?;
            let step = visavis_call::create(new, availability, now, &self.timers);
            let pair_write = step.record.is_live().then_some((pair_expected, Some(id)));
            match self.commit(Expected::Absent, &pair, pair_write, step, now).await {
                Ok(()) => {
                    self.metrics.calls_created.count();
                    if screened.is_some() {
                        self.metrics.calls_screened.count();
                    }
                    return Ok((id, false));
                }
                Err(CasError::Conflict { .. } | CasError::Unknown) => {
                    self.metrics.commits_conflicting.count();
                    if let Some((_, record)) = self.read(id) {
                        return repeated(&record, &caller.address, &callee.user).map(|()| (id, false));
                    }
                }
                Err(error) => return Err(self.failed(id, &error).into()),
            }
        }
        Err(ErrorCode::Conflict.into())
    }

    /// The person behind a login, or the one a messenger vouches for. `None` if the login has ended, nobody has that name, or
    /// their account is shut.
    pub(super) async fn who(
        &self,
        user: &UserId,
        login: Option<TokenHash>,
        now: Timestamp,
    ) -> Result<Option<User>, ErrorCode> {
        let found = match login {
            Some(login) => self.store.login(login, now).await.map(|login| login.map(|login| login.user)),
            None => self.store.open_user(user).await,
        };
        found.map_err(|error| {
            error!(%error, "a login could not be looked up");
            ErrorCode::Internal
        })
    }

    /// Answers `other` by the invite of a device that it calls. `None` if that call has ended.
    async fn merge(
        &self,
        other: CallId,
        leg: &Leg,
        media: &[visavis_proto::MediaKind],
        now: Timestamp,
    ) -> Result<Option<CallId>, Refusal> {
        let decision =
            |record: &Record| visavis_call::merge(record, leg.clone(), media.to_vec(), now, &self.timers);
        if let Some((_, record)) = self.read(other) {
            self.has_room(&record, &leg.address)?;
        }
        match self.decide_by(other, decision, now).await {
            Ok(()) => {
                self.metrics.calls_merged.count();
                Ok(Some(other))
            }
            Err(ErrorCode::CallEnded | ErrorCode::NotFound) => Ok(None),
            Err(code) => Err(code.into()),
        }
    }

    /// Whether the callee may be rung, and whether this device and its user may call at all.
    ///
    /// `call_waiting`: the callee hears of a second call while in one.
    fn availability(
        &self,
        caller: &Address,
        callee: &UserId,
        call_waiting: bool,
    ) -> Result<Availability, Refusal> {
        let live = self.live();
        let calls_of = |user: &UserId| {
            live.of_user
                .get(user)
                .into_iter()
                .flatten()
                .filter_map(|id| live.calls.get(id))
                .map(|call| &call.record)
        };
        if calls_of(&caller.user).filter(|record| record.leg_of(caller).is_some()).count() >= CALLS_PER_DEVICE
        {
            return Err(device_is_full());
        }
        if calls_of(&caller.user).count() >= CALLS_PER_USER {
            let hint = format!("a user may be in {CALLS_PER_USER} calls at once");
            return Err(Refusal::of(ErrorCode::RateLimited, hint));
        }
        if live.calls.len() >= LIVE_CALLS {
            return Err(Refusal::of(ErrorCode::Overloaded, "too many calls on this server"));
        }
        drop(live);
        // A call to oneself rings one's other devices, so one's own calls do not count.
        let to_oneself = caller.user == *callee;
        Ok(if to_oneself { Availability::Free } else { self.callee_is(callee, call_waiting) })
    }

    /// Whether somebody may be rung by somebody else.
    pub(super) fn callee_is(&self, callee: &UserId, call_waiting: bool) -> Availability {
        let calls = self.live().of_user.get(callee).map_or(0, Vec::len);
        let most = if call_waiting { CALLS_PER_USER } else { 1 };
        if calls >= most { Availability::Busy } else { Availability::Free }
    }

    /// Whether the device can become an end of this call beside those it has.
    fn has_room(&self, record: &Record, device: &Address) -> Result<(), Refusal> {
        if record.leg_of(device).is_some() || self.legs(device) < CALLS_PER_DEVICE {
            return Ok(());
        }
        Err(device_is_full())
    }

    /// A call and its revision, if it concerns the device: to others it does not exist.
    pub(super) fn concerning(&self, id: CallId, device: &Address) -> Result<(Rev, Arc<Record>), ErrorCode> {
        self.read(id).filter(|(_, record)| record.concerns(device)).ok_or(ErrorCode::NotYourCall)
    }

    /// A device's wish, about a call that concerns it.
    pub(super) async fn apply(
        &self,
        id: CallId,
        device: &Address,
        event: Event,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (_, record) = self.concerning(id, device)?;
        if matches!(event, Event::Accept { .. } | Event::Take { .. }) {
            self.has_room(&record, device)?;
        }
        Ok(self.decide(id, &event, now).await?)
    }

    pub(super) async fn decide(&self, id: CallId, event: &Event, now: Timestamp) -> Result<(), ErrorCode> {
        self.decide_by(id, |record| visavis_call::step(record, event.clone(), now, &self.timers), now).await
    }

    async fn decide_by(
        &self,
        id: CallId,
        decision: impl Fn(&Record) -> Result<Option<Step>, ErrorCode>,
        now: Timestamp,
    ) -> Result<(), ErrorCode> {
        let mut used = None;
        let decided = self.decide_with_link(id, decision, now, &mut used).await;
        if let Some(used) = used {
            self.settle_link(id, used).await;
        }
        decided
    }

    async fn decide_with_link(
        &self,
        id: CallId,
        decision: impl Fn(&Record) -> Result<Option<Step>, ErrorCode>,
        now: Timestamp,
        used: &mut Option<LinkUse>,
    ) -> Result<(), ErrorCode> {
        for _ in 0..ATTEMPTS {
            let Some((rev, record)) = self.read(id) else { return Err(ErrorCode::NotFound) };
            self.make_past(&record).await;
            let Some(step) = decision(&record)? else {
                self.alarms.set(id, visavis_call::deadline(&record, &self.timers));
                return Ok(());
            };
            let pair = Pair::of_call(&record);
            let mut answers = record.answer().is_none() && step.record.answer().is_some();
            let records = !record.is_recorded() && step.record.is_recorded();
            let turned_away = answers && !self.let_in(&record, used).await?;
            let step = if turned_away {
                answers = false;
                visavis_call::turn_away(&record, now)
            } else {
                step
            };
            // Ending a call frees the pair, if the pair still names this call.
            let frees = !step.record.is_live() && record.is_live();
            let (expected, named) = self.pair(&pair);
            let pair_write = (frees && named == Some(id)).then_some((expected, None));
            match self.commit(Expected::Rev(rev), &pair, pair_write, step, now).await {
                Ok(()) => {
                    if answers {
                        self.metrics.calls_answered.count();
                    }
                    if records {
                        info!(%id, "both agree that the call is recorded");
                        self.metrics.recordings.count();
                    }
                    return if turned_away { Err(ErrorCode::CallEnded) } else { Ok(()) };
                }
                Err(CasError::Conflict { .. } | CasError::Unknown) => {
                    self.metrics.commits_conflicting.count();
                }
                Err(error) => return Err(self.failed(id, &error)),
            }
        }
        Err(ErrorCode::Conflict)
    }

    pub(super) fn failed(&self, id: CallId, error: &CasError) -> ErrorCode {
        self.metrics.commits_failed.count();
        match error {
            CasError::Conflict { .. } | CasError::Unknown => ErrorCode::Conflict,
            CasError::Overloaded => ErrorCode::Overloaded,
            CasError::TooLarge { .. } | CasError::Storage(_) => {
                error!(%id, %error, "a decision could not be stored");
                ErrorCode::Internal
            }
        }
    }

    /// Commits a step, and the pair with it if that changes; then performs the effects.
    pub(super) async fn commit(
        &self,
        expected: Expected,
        pair: &Pair,
        pair_write: Option<(Expected, Option<CallId>)>,
        step: Step,
        now: Timestamp,
    ) -> Result<(), CasError> {
        let pairs = pair_write.map(|(expected, named)| (pair.clone(), expected, named));
        self.commit_all(vec![(expected, step)], pairs.into_iter().collect(), now).await
    }

    /// Commits several steps and pairs, all or none; then performs the effects, step by step.
    pub(super) async fn commit_all(
        &self,
        steps: Vec<(Expected, Step)>,
        pairs: Vec<(Pair, Expected, Option<CallId>)>,
        now: Timestamp,
    ) -> Result<(), CasError> {
        let set = |value: Vec<u8>, ttl| Change::Set { value: value.into(), ttl: Some(ttl) };
        let step_writes = steps.iter().map(|(expected, Step { record, .. })| {
            let kept = if record.is_live() { LIVE_KEPT } else { self.ended_kept(record) };
            let value =
                serde_json::to_vec(record).expect("a record has string keys and no failing serializers");
            Write { key: call_key(record.id), expected: *expected, change: set(value, kept) }
        });
        let pair_writes = pairs.into_iter().map(|(pair, expected, named)| {
            let change = named.map_or(Change::Delete, |id| set(id.to_string().into_bytes(), LIVE_KEPT));
            Write { key: pair_key(&pair), expected, change }
        });
        let revs = self.engine.cas_many(step_writes.chain(pair_writes).collect(), now).await?;
        self.metrics.commits.count();
        let steps: Vec<_> =
            steps.into_iter().map(|(_, step)| (Arc::new(step.record), step.effects)).collect();
        for ((record, _), rev) in steps.iter().zip(&revs) {
            self.remember(*rev, Arc::clone(record));
        }
        for ((record, effects), rev) in steps.iter().zip(&revs) {
            for effect in *effects {
                self.perform(*effect, *rev, record, now).await;
            }
        }
        Ok(())
    }

    fn ended_kept(&self, record: &Record) -> Duration {
        let kept = self.endings.keep(&record.caller.address.user, self.timers.ended_kept, clock::instant());
        if kept < self.timers.ended_kept {
            self.metrics.calls_kept_shortly.count();
        }
        kept
    }

    async fn perform(&self, effect: Effect, rev: Rev, record: &Record, now: Timestamp) {
        match effect {
            Effect::Publish => self.publish(rev, record, now),
            Effect::Alert | Effect::StopAlerting => self.wake(effect, record),
            Effect::WriteHistory => {
                self.metrics.calls_ended.count();
                if let Some(end) = record.end() {
                    let seconds = end.duration().unwrap_or_default().as_secs();
                    info!(id = %record.id, reason = ?end.reason, seconds, "call ended");
                }
                self.write_history(record).await;
                self.end_relaying(record);
            }
        }
    }

    fn publish(&self, rev: Rev, record: &Record, now: Timestamp) {
        let mut frames = Vec::new();
        for user in record.people() {
            for device in self.devices.of_user(user) {
                let address = Address { user: user.clone(), device };
                if let Some(mut view) = visavis_call::view(record, rev, &address, now) {
                    self.complete(&mut view, &address, now);
                    let frame = ServerFrame { re: None, body: ServerBody::Call(&view) };
                    frames.push((address, frame.encode().into()));
                }
            }
        }
        self.devices.send_all(frames);
        debug!(id = %record.id, rev = rev.0, phase = ?std::mem::discriminant(&record.phase), "published");
    }

    /// What of a view takes keys: the sealed record, and what the device shows the relay.
    pub(super) fn complete(&self, view: &mut CallView, device: &Address, now: Timestamp) {
        view.capsule = self.capsule_of(view.id, view.rev, now);
        let has_media = view.state != CallState::Ended && view.you != You::Elsewhere;
        let ice = self.ice.get().filter(|_| has_media);
        view.relay = ice.and_then(|ice| ice.of_call(device, view.id, now));
    }

    /// Says who hands out the relay.
    pub(super) fn relay_through(&self, ice: Arc<Ice>) {
        // Nobody says it twice.
        let _said_before = self.ice.set(ice);
    }

    /// Ends what is relayed of a call that is over, once the last words are said.
    fn end_relaying(&self, record: &Record) {
        let Some(ice) = self.ice.get().map(Arc::clone) else { return };
        let (id, people): (_, Vec<UserId>) = (record.id, record.people().cloned().collect());
        tokio::spawn(async move {
            tokio::time::sleep(LAST_WORDS).await;
            for user in people {
                ice.revoke_call(&user, id).await;
            }
        });
    }

    /// The record and its revision: from the cache if it is live, else from the store.
    pub(super) fn read(&self, id: CallId) -> Option<(Rev, Arc<Record>)> {
        let (rev, value) = self.engine.get(&call_key(id))?;
        if let Some(live) = self.live().calls.get(&id)
            && live.rev == rev
        {
            return Some((rev, Arc::clone(&live.record)));
        }
        match serde_json::from_slice(&value) {
            Ok(record) => Some((rev, Arc::new(record))),
            Err(error) => {
                error!(%id, %error, "a call record does not read");
                None
            }
        }
    }

    /// What the pair's key expects of a writer, and the call it names.
    pub(super) fn pair(&self, pair: &Pair) -> (Expected, Option<CallId>) {
        match self.engine.get(&pair_key(pair)) {
            Some((rev, value)) => {
                (Expected::Rev(rev), std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok()))
            }
            None => (Expected::Absent, None),
        }
    }

    /// Enters a committed record into the cache, or takes it out if the call has ended.
    fn remember(&self, rev: Rev, record: Arc<Record>) {
        let id = record.id;
        let mut live = self.live();
        if live.calls.get(&id).is_some_and(|known| known.rev >= rev) {
            return;
        }
        self.alarms.set(id, visavis_call::deadline(&record, &self.timers));
        if record.is_live() {
            for user in record.people() {
                // The callee of a screened call joins it by calling back.
                let of_user = live.of_user.entry(user.clone()).or_default();
                if !of_user.contains(&id) {
                    of_user.push(id);
                }
            }
            if let Some(known) = live.calls.get_mut(&id) {
                known.rev = rev;
                known.record = record;
                known.capsule = None;
                return;
            }
            let (candidates, unacked) = (Vec::new(), Unacked::default());
            let call = LiveCall { rev, record, capsule: None, media_seen: None, candidates, unacked };
            live.calls.insert(id, call);
            self.metrics.calls_live.add(1);
        } else if live.calls.remove(&id).is_some() {
            for user in record.people() {
                if let Some(ids) = live.of_user.get_mut(user) {
                    ids.retain(|other| *other != id);
                    if ids.is_empty() {
                        live.of_user.remove(user);
                    }
                }
            }
            self.metrics.calls_live.add(-1);
        }
    }

    /// The sealed record of a live call at `rev`; `None` if it has moved on, and with it the snapshot that is on its way.
    pub(super) fn capsule_of(&self, id: CallId, rev: Rev, now: Timestamp) -> Option<String> {
        let record = {
            let live = self.live();
            let call = live.calls.get(&id).filter(|call| call.rev == rev)?;
            if call.capsule.is_some() {
                return call.capsule.clone();
            }
            Arc::clone(&call.record)
        };
        let capsule = Capsule { rev, at: now, record: Record::clone(&record) };
        let Some(text) = self.capsules.seal(&capsule) else {
            self.metrics.capsules_too_long.count();
            return None;
        };
        if let Some(call) = self.live().calls.get_mut(&id)
            && call.rev == rev
        {
            call.capsule = Some(text.clone());
        }
        Some(text)
    }

    /// Whether a call of this id exists, live or ended.
    pub(super) fn is_known(&self, id: CallId) -> bool {
        self.engine.get(&call_key(id)).is_some()
    }

    /// The live call of this id, if it concerns the device.
    pub(super) fn live_for(&self, id: CallId, device: &Address) -> Result<Arc<Record>, Refusal> {
        if let Some(live) = self.live().calls.get(&id)
            && live.record.concerns(device)
        {
            return Ok(Arc::clone(&live.record));
        }
        let ended = self.read(id).is_some_and(|(_, record)| record.concerns(device));
        Err(if ended { ErrorCode::CallEnded } else { ErrorCode::NotYourCall }.into())
    }

    /// The call a message names, or the only live one its device could mean.
    pub(super) fn named_or_only(&self, named: Option<CallId>, device: &Address) -> Result<CallId, Refusal> {
        if let Some(id) = named {
            return Ok(id);
        }
        let records = self.live_records(&device.user);
        let mut concerned = records.iter().filter(|(_, record)| record.concerns(device));
        match (concerned.next(), concerned.next()) {
            (Some((_, record)), None) => Ok(record.id),
            (None, _) => Err(Refusal::of(ErrorCode::NotYourCall, "you have no live call")),
            (Some(_), Some(_)) => {
                Err(Refusal::of(ErrorCode::BadMessage, "you have several calls: name one in \"call\""))
            }
        }
    }

    /// The live calls of somebody.
    pub(super) fn live_calls_of(&self, user: &UserId) -> Vec<CallId> {
        self.live().of_user.get(user).cloned().unwrap_or_default()
    }

    /// Every live call.
    pub(crate) fn all_live(&self) -> Vec<Arc<Record>> {
        self.live().calls.values().map(|call| Arc::clone(&call.record)).collect()
    }

    /// Everybody in a live call.
    pub(super) fn people_in_calls(&self) -> Vec<UserId> {
        self.live().of_user.keys().cloned().collect()
    }

    /// Whether somebody is in a call that was answered.
    pub(crate) fn is_talking(&self, user: &UserId) -> bool {
        self.live_records(user).iter().any(|(_, record)| record.answer().is_some())
    }

    pub(super) fn live_records(&self, user: &UserId) -> Vec<(Rev, Arc<Record>)> {
        let live = self.live();
        let ids = live.of_user.get(user).into_iter().flatten();
        ids.filter_map(|id| live.calls.get(id)).map(|call| (call.rev, Arc::clone(&call.record))).collect()
    }

    /// Whether the device is one of the two ends of a live call.
    pub(super) fn has_leg(&self, device: &Address) -> bool {
        self.legs(device) > 0
    }

    /// Of how many live calls the device is one of the two ends.
    fn legs(&self, device: &Address) -> usize {
        let live = self.live();
        let ids = live.of_user.get(&device.user).into_iter().flatten();
        ids.filter_map(|id| live.calls.get(id)).filter(|call| call.record.leg_of(device).is_some()).count()
    }

    /// Every live call as the device sees it.
    pub(super) fn live_views(&self, device: &Address, now: Timestamp) -> Vec<CallView> {
        self.live_records(&device.user)
            .iter()
            .filter_map(|(rev, record)| visavis_call::view(record, *rev, device, now))
            .collect()
    }

    /// One call as the device sees it, ended ones included.
    pub(crate) async fn view(&self, id: CallId, device: &Address, now: Timestamp) -> Option<CallView> {
        let (rev, record) = self.read(id)?;
        let view = visavis_call::view(&record, rev, device, now)?;
        self.make_past(&record).await;
        Some(view)
    }

    /// A device says that media of a call still arrives.
    pub(super) fn media_seen(&self, id: CallId, device: &Address, now: Timestamp) {
        if let Some(call) = self.live().calls.get_mut(&id)
            && call.record.leg_of(device).is_some()
        {
            call.media_seen = Some(now);
        }
    }

    /// Asks or notes in a live call what was acknowledged; false if there is no such call.
    pub(super) fn unacked(&self, id: CallId, change: impl FnOnce(&mut Unacked) -> bool) -> bool {
        self.live().calls.get_mut(&id).is_some_and(|call| change(&mut call.unacked))
    }

    /// Counts a candidate message from one device to another; false over the limit for the present peer connection.
    pub(super) fn count_candidate(&self, id: CallId, from: &Address, to: &Address, limit: u32) -> bool {
        let mut live = self.live();
        let Some(LiveCall { record, candidates, .. }) = live.calls.get_mut(&id) else { return false };
        let generation = record.generation;
        // Only what may still be sent is worth counting, so there are never more counts than pairs of devices.
        candidates.retain(|sent| sent.generation == generation && record.passes(&sent.from, &sent.to));
        match candidates.iter_mut().find(|sent| sent.from == *from && sent.to == *to) {
            Some(sent) => {
                sent.count += 1;
                sent.count <= limit
            }
            None => {
                candidates.push(Candidates { from: from.clone(), to: to.clone(), generation, count: 1 });
                true
            }
        }
    }
}

fn device_is_full() -> Refusal {
    let hint = format!("a device carries {CALLS_PER_DEVICE} calls at most; end one of them");
    Refusal::of(ErrorCode::YouBusy, hint)
}

fn call_key(id: CallId) -> String {
    format!("call/{id}")
}

fn pair_key(pair: &Pair) -> String {
    format!("pair/{pair}")
}

/// Whether an invite with the id of a call that is there says the same again.
fn repeated(record: &Record, caller: &Address, callee: &UserId) -> Result<(), Refusal> {
    if record.caller.address != *caller {
        return Err(ErrorCode::NotYourCall.into());
    }
    if record.callee.user != *callee {
        let hint = "this call id is taken by a call of yours to somebody else; make a new one";
        return Err(Refusal::of(ErrorCode::Conflict, hint));
    }
    Ok(())
}
