//! What each message of a device means.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;
use visavis_call::{Event, Leg};
use visavis_proto::{
    Address, ByeReason, CallId, CallRef, CallView, ClientBody, ClientFrame, CloseCode, Done, ErrorCode,
    ErrorReply, Gen, Hello, Invite, Limits, MessageId, Ping, PresenceStatus, ServerBody, ServerFrame,
    Timestamp, Transfer, Welcome, limits,
};
use visavis_store::{TokenHash, User};

use super::devices::{Connection, Outgoing};
use super::relay::Payload;
use super::transfer::{By, To};
use super::{Origin, Signaling, bye};
use crate::accounts::names;
use crate::accounts::shared::confirmed;
use crate::clock;

/// A device that has signed in on a socket.
#[derive(Debug)]
pub(super) struct Device {
    /// Which.
    pub(super) address: Address,
    /// How its user is shown.
    user_name: String,
    /// What it calls itself.
    name: String,
    /// Where it connects from.
    from: Option<IpAddr>,
    connection: Connection,
    /// With which its user has signed in, unless a messenger has.
    login: Option<TokenHash>,
}

impl Device {
    fn leg(&self) -> Leg {
        Leg::new(self.address.clone(), self.user_name.clone(), self.name.clone())
    }

    /// Lets the relay know that there is somebody.
    pub(super) fn vouch(&self, signaling: &Signaling) {
        if let Some(ip) = self.from {
            signaling.ice.vouch(ip);
        }
    }
}

/// What the socket does after a message.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Send these, and go on.
    Done(Vec<Utf8Bytes>),
    /// Send this; a device that is never understood is closed in the end.
    Misunderstood(Utf8Bytes),
    /// Send this and close.
    TooLarge(Utf8Bytes),
    /// The device goes for good.
    Bye,
}

/// A refusal and the reason to give for it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) call: Option<CallId>,
    pub(super) retry_after: Option<Duration>,
    pub(super) hint: Option<String>,
}

impl Refusal {
    pub(super) fn of(code: ErrorCode, hint: impl Into<String>) -> Self {
        Self { code, call: None, retry_after: None, hint: Some(hint.into()) }
    }

    pub(super) fn about(mut self, call: Option<CallId>) -> Self {
        self.call = self.call.or(call);
        self
    }

    fn frame(&self, re: Option<&MessageId>) -> Utf8Bytes {
        let reply = ErrorReply {
            code: self.code,
            call: self.call,
            retry: self.code.retry(),
            retry_after_ms: self.retry_after.map(milliseconds),
            hint: self.hint.clone(),
        };
        ServerFrame { re, body: ServerBody::Error(&reply) }.encode().into()
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, call: None, retry_after: None, hint: None }
    }
}

/// An `error` frame that answers no message in particular, or one that was not even decoded.
pub(super) fn refusal(
    code: ErrorCode,
    re: Option<&MessageId>,
    retry_after: Option<Duration>,
    hint: Option<String>,
) -> Utf8Bytes {
    Refusal { code, call: None, retry_after, hint }.frame(re)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn ok(re: &MessageId, call: Option<CallId>, merged: bool) -> Utf8Bytes {
    ServerFrame { re: Some(re), body: ServerBody::Ok(&Done { call, merged }) }.encode().into()
}

/// What a refused first message leads to: the frame that says why, and the close code.
type NotWelcome = (Utf8Bytes, CloseCode);

impl Signaling {
    /// The first message of a socket.
    pub(super) async fn hello(
        self: &Arc<Self>,
        text: &str,
        origin: Origin,
    ) -> Result<(Utf8Bytes, Device, mpsc::Receiver<Outgoing>), NotWelcome> {
        let frame = ClientFrame::decode(text).map_err(|error| {
            let too_large = error.code == ErrorCode::TooLarge && text.len() > limits::FRAME_BYTES;
            let close = if too_large { CloseCode::TooLarge } else { CloseCode::Bad };
            (refusal(error.code, error.re.as_ref(), None, Some(error.hint)), close)
        })?;
        let id = frame.id;
        let no = |refused: Refusal, close| (refused.frame(id.as_ref()), close);
        let ClientBody::Hello(hello) = frame.body else {
            let refused = Refusal::of(ErrorCode::Unauthenticated, "the first message must be hello");
            return Err(no(refused, CloseCode::Unauthenticated));
        };
        if hello.proto != 1 {
            let hint = format!("this server speaks protocol 1, hello.data.proto is {}", hello.proto);
            return Err(no(Refusal::of(ErrorCode::Unsupported, hint), CloseCode::Bad));
        }
        let (user, login) = match &origin.vouched {
            Some(vouched) if vouched.device != hello.device => {
                let hint = format!("hello.data.device is not the device of its parcel, {}", vouched.device);
                return Err(no(Refusal::of(ErrorCode::BadMessage, hint), CloseCode::Bad));
            }
            Some(vouched) => (vouched.user.clone(), None),
            None => {
                let ticket = self.tickets.redeem(&hello.token, clock::now()).map_err(|code| {
                    let hint =
                        "hello.data.token must be a ticket from POST /api/ticket, unused and younger than 30 s";
                    no(Refusal::of(code, hint), CloseCode::Unauthenticated)
                })?;
                (ticket.user, Some(ticket.login))
            }
        };
        let address = Address { user, device: hello.device.clone() };
        // Before it takes the place of a device that may be in a call.
        self.who(&address, login).await.map_err(|refused| no(refused, CloseCode::Unauthenticated))?;
        let (connection, inbox) = self
            .devices
            .register(&address, login, device_name(&hello), bye(ByeReason::Replaced, 0))
            .map_err(|_| {
                let hint = "too many of your devices are connected; close one";
                no(Refusal::of(ErrorCode::RateLimited, hint), CloseCode::RateLimited)
            })?;
        // Again, since it may have ended meanwhile: an end that comes later finds the device.
        let user = match self.who(&address, login).await {
            Ok(user) => user,
            Err(refused) => {
                if self.devices.leave(&address, connection) || !self.devices.is_connected(&address) {
                    self.calls.device_lost(&address).await;
                }
                return Err(no(refused, CloseCode::Unauthenticated));
            }
        };
        self.metrics.hellos.count();
        if hello.asks_consent {
            self.devices.set_asks_consent(&address, connection);
        }
        let (user_name, name) = (user.display_name, device_name(&hello));
        let device = Device { user_name, name, from: origin.address, address, connection, login };
        self.calls.device_back(&device.address, &hello.calls).await;
        let preferences = self.calls.preferences(&device.address.user).await;
        let presence = self.presences.snapshot(&device.address.user).await;
        let welcome = Welcome { preferences, presence, ..self.welcome(&device, &hello, &origin).await };
        self.presences.note(&device.address.user);
        let frame = ServerFrame { re: id.as_ref(), body: ServerBody::Welcome(&welcome) }.encode().into();
        Ok((frame, device, inbox))
    }

    /// The person behind a device. Their login may have ended since it got its ticket.
    async fn who(&self, device: &Address, login: Option<TokenHash>) -> Result<User, Refusal> {
        let found = self.calls.who(&device.user, login, clock::now()).await?;
        found.ok_or_else(|| Refusal::of(ErrorCode::Unauthenticated, "this login has ended; sign in again"))
    }

    async fn welcome(&self, device: &Device, hello: &Hello, origin: &Origin) -> Welcome {
        let now = clock::now();
        for held in &hello.calls {
            // One that cannot be restored now is not in the list, and its capsule comes again with a heartbeat.
            let _ = self.calls.restore(held, &device.address, now).await;
        }
        for held in hello.calls.iter().filter(|held| held.media) {
            self.calls.media_seen(held.id, &device.address, now);
        }
        let mut calls = self.calls.live_views(&device.address, now);
        for held in &hello.calls {
            if !calls.iter().any(|view| view.id == held.id) {
                // Unknown calls are left out: `calls` is the truth, so the device ends what is missing.
                calls.extend(self.calls.view(held.id, &device.address, now).await);
            }
        }
        for view in &mut calls {
            self.calls.complete(view, &device.address, now);
        }
        Welcome {
            user: device.address.user.clone(),
            device: device.address.device.clone(),
            proto: 1,
            epoch: self.calls.epoch().clone(),
            calls,
            ice: self.ice.config(&device.address, origin.reached(), now),
            limits: Limits { messages_per_second: self.messages.count, ..Limits::default() },
            presence: Vec::new(),
            preferences: None,
        }
    }

    /// The device's socket is gone.
    pub(super) async fn forget(&self, device: &Device) {
        if self.devices.leave(&device.address, device.connection)
            || !self.devices.is_connected(&device.address)
        {
            self.calls.device_lost(&device.address).await;
        }
        self.presences.note(&device.address.user);
    }

    /// Any message after `hello`.
    pub(super) async fn handle(&self, device: &Device, text: &str) -> Verdict {
        let frame = match ClientFrame::decode(text) {
            Ok(frame) => frame,
            Err(error) => {
                let reply = refusal(error.code, error.re.as_ref(), None, Some(error.hint));
                if error.code == ErrorCode::TooLarge {
                    self.metrics.messages_too_large.count();
                    let whole_frame = text.len() > limits::FRAME_BYTES;
                    return if whole_frame { Verdict::TooLarge(reply) } else { Verdict::Done(vec![reply]) };
                }
                if error.code == ErrorCode::Unsupported {
                    self.metrics.messages_unsupported.count();
                    return Verdict::Done(vec![reply]);
                }
                self.metrics.messages_bad.count();
                return Verdict::Misunderstood(reply);
            }
        };
        self.metrics.messages.count();
        let (id, call) = (frame.id.clone(), frame.call);
        let done = match frame.body {
            ClientBody::Bye => {
                // A page that was reloaded may have said hello before the old one's last word is read.
                if self.devices.holds(&device.address, device.connection) {
                    self.calls.device_leaves(&device.address).await;
                }
                return Verdict::Bye;
            }
            ClientBody::Presence(presence) => {
                let away = presence.status == PresenceStatus::Away;
                self.devices.set_away(&device.address, device.connection, away);
                self.presences.note(&device.address.user);
                return Verdict::Done(id.iter().map(|id| ok(id, None, false)).collect());
            }
            ClientBody::Reach(reach) => {
                if let Some(from) = device.from {
                    self.networks.note(from, self.ice.inferred(reach), clock::now());
                }
                return Verdict::Done(id.iter().map(|id| ok(id, None, false)).collect());
            }
            ClientBody::Ping(ping) => return Verdict::Done(self.heartbeat(device, &ping).await),
            ClientBody::Hello(_) => Err(Refusal::of(
                ErrorCode::BadState,
                "this socket has said hello; open another to sign in again",
            )),
            ClientBody::Relay(kind, data) => {
                // Its `ok` comes when the other device has acked.
                let payload =
                    Payload { kind, data, generation: frame.generation, to: frame.to, id: id.as_ref() };
                match self.relay(device, call, payload) {
                    Ok(()) => return Verdict::Done(Vec::new()),
                    Err(refused) => Err(refused),
                }
            }
            ClientBody::Ack(ack) => {
                return Verdict::Done(match self.ack(device, &ack, call) {
                    Ok(()) => Vec::new(),
                    Err(refused) => {
                        self.metrics.messages_refused.count();
                        vec![refused.about(call).frame(id.as_ref())]
                    }
                });
            }
            ClientBody::Invite(invite) => self.invite(device, invite, call).await,
            ClientBody::Ringing(ringing) => {
                let event = Event::Ringing { who: device.address.clone(), warm: ringing.warm };
                self.apply(device, call, event).await
            }
            ClientBody::Accept(accept) => {
                let event = Event::Accept { leg: device.leg(), media: accept.media };
                self.answer(device, call, event).await
            }
            ClientBody::Hangup(hangup) => {
                let ago = Duration::from_millis(hangup.ago_ms.unwrap_or_default());
                let event = Event::Hangup { who: device.address.clone(), reason: hangup.reason, ago };
                self.apply(device, call, event).await
            }
            ClientBody::Resume => self.resume(device, call, frame.generation).await,
            ClientBody::Take(take) => {
                let event = Event::Take { leg: device.leg(), media: take.media, seen: frame.generation };
                self.answer(device, call, event).await
            }
            ClientBody::Transfer(wish) => self.transfer(device, wish, call).await,
            ClientBody::Recording(wish) => self.record(device, wish, call).await,
            ClientBody::Connected(connected) => {
                let event = Event::Connected { who: device.address.clone(), route: connected.route };
                self.apply(device, call, event).await
            }
        };
        Verdict::Done(match (done, id) {
            (Ok((call, merged)), Some(id)) => vec![ok(&id, Some(call), merged)],
            (Ok(_), None) => Vec::new(),
            (Err(refused), id) => {
                self.metrics.messages_refused.count();
                vec![refused.about(call).frame(id.as_ref())]
            }
        })
    }

    async fn invite(
        &self,
        device: &Device,
        invite: Invite,
        call: Option<CallId>,
    ) -> Result<(CallId, bool), Refusal> {
        let Some(call) = call else {
            return Err(Refusal::of(
                ErrorCode::BadMessage,
                "invite needs \"call\": a UUID made by the caller",
            ));
        };
        if !self.calls.is_known(call) {
            self.count_call(device)?;
        }
        let may_answer = self.may_answer(device).await.is_ok();
        self.calls.invite(call, device.leg(), invite, may_answer, clock::now()).await
    }

    /// Where several people use the device, only its user answers for themselves.
    async fn answer(
        &self,
        device: &Device,
        call: Option<CallId>,
        event: Event,
    ) -> Result<(CallId, bool), Refusal> {
        self.may_answer(device).await?;
        self.apply(device, call, event).await
    }

    async fn may_answer(&self, device: &Device) -> Result<(), Refusal> {
        let Some(login) = device.login else { return Ok(()) };
        let confirmed = confirmed(&self.calls.store, &self.confirmations, login).await;
        confirmed.map_err(unconfirmed)
    }

    /// Counts a call that the device's user makes somebody have.
    fn count_call(&self, device: &Device) -> Result<(), Refusal> {
        self.inviters.take(device.address.user.clone(), clock::instant()).map_err(|wait| Refusal {
            code: ErrorCode::RateLimited,
            call: None,
            retry_after: Some(wait),
            hint: Some("too many calls in a minute".to_owned()),
        })
    }

    async fn transfer(
        &self,
        device: &Device,
        wish: Transfer,
        call: Option<CallId>,
    ) -> Result<(CallId, bool), Refusal> {
        let call = self.calls.named_or_only(call, &device.address)?;
        let to = match wish {
            Transfer { to: Some(person), .. } => {
                self.count_call(device)?;
                To::Person(person)
            }
            Transfer { call: Some(other), .. } if other != call => To::Call(other),
            Transfer { .. } => {
                let hint =
                    "transfer.data needs \"to\" (somebody), or \"call\": another one than the envelope names";
                return Err(Refusal::of(ErrorCode::BadMessage, hint));
            }
        };
        let by = By { device: &device.address, name: &device.user_name };
        self.calls.transfer(call, by, &to, clock::now()).await?;
        Ok((call, false))
    }

    pub(super) async fn apply(
        &self,
        device: &Device,
        call: Option<CallId>,
        event: Event,
    ) -> Result<(CallId, bool), Refusal> {
        let call = self.calls.named_or_only(call, &device.address)?;
        self.calls.apply(call, &device.address, event, clock::now()).await?;
        Ok((call, false))
    }

    async fn resume(
        &self,
        device: &Device,
        call: Option<CallId>,
        generation: Option<Gen>,
    ) -> Result<(CallId, bool), Refusal> {
        let Some(generation) = generation else {
            let hint = "resume needs \"gen\": the peer connection that this device has lost";
            return Err(Refusal::of(ErrorCode::BadMessage, hint));
        };
        self.apply(device, call, Event::Renew { who: device.address.clone(), generation }).await
    }

    async fn heartbeat(&self, device: &Device, ping: &Ping) -> Vec<Utf8Bytes> {
        let now = clock::now();
        let mut replies = Vec::with_capacity(1);
        let mut pending = Vec::new();
        for held in &ping.calls {
            if let Err(code) = self.calls.restore(held, &device.address, now).await {
                pending.push((held.id, code));
            }
        }
        // Whoever sends heartbeats is here, whatever became of the commit that should have said so.
        self.calls.device_here(&device.address).await;
        let live = self.calls.live_views(&device.address, now);
        let held = |id: CallId| ping.calls.iter().find(|held| held.id == id);
        for CallRef { id, rev, media, capsule: _ } in &ping.calls {
            if *media {
                self.calls.media_seen(*id, &device.address, now);
            }
            if live.iter().any(|view| view.id == *id) {
                continue;
            }
            match self.calls.view(*id, &device.address, now).await {
                Some(view) if view.rev != *rev || ping.epoch != *self.calls.epoch() => {
                    replies.push(self.show(view, &device.address, now));
                }
                Some(_) => {}
                None if pending.iter().any(|(pending, _)| pending == id) => {}
                None => {
                    let refused =
                        Refusal::of(ErrorCode::NotFound, "the server does not know this call: it is over");
                    replies.push(refused.about(Some(*id)).frame(None));
                }
            }
        }
        for view in live {
            if held(view.id).is_none_or(|held| held.rev != view.rev || ping.epoch != *self.calls.epoch()) {
                replies.push(self.show(view, &device.address, now));
            }
        }
        for _ in &replies {
            self.metrics.heartbeats_repaired.count();
        }
        // Whoever hears a pong takes what contradicts a capsule for the truth. One that was not judged comes again.
        if pending.is_empty() {
            replies.push(ServerFrame { re: None, body: ServerBody::Pong }.encode().into());
        }
        for (id, code) in pending {
            let refused = Refusal::of(code, "the call's capsule could not be looked at; bring it again");
            replies.push(refused.about(Some(id)).frame(None));
        }
        replies
    }

    fn show(&self, mut view: CallView, device: &Address, now: Timestamp) -> Utf8Bytes {
        self.calls.complete(&mut view, device, now);
        ServerFrame { re: None, body: ServerBody::Call(&view) }.encode().into()
    }
}

pub(super) fn unconfirmed(code: ErrorCode) -> Refusal {
    Refusal::of(
        code,
        "several people use this device: confirm who you are (POST /api/confirm), then say it again",
    )
}

fn device_name(hello: &Hello) -> String {
    let given = hello.name.as_deref().unwrap_or_default().trim();
    let name: String = given.chars().filter(|&c| !names::is_deceptive(c)).take(limits::NAME_CHARS).collect();
    if name.is_empty() { hello.device.to_string() } else { name }
}
