//! A small STUN and TURN client, to find out whether a relay works: from its own server, which tests itself, and from
//! tests. It sees the relay as any client does, through sockets.
//!
//! ```text
//!  Probe ══UDP, TCP, TLS══► relay ─┐ relayed ports
//!  Probe ◄═════════ UDP ════ relay ─┘                 exchange: bytes from one to the other, and back
//! ```

mod carrier;
mod conversation;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use visavis_turn::Credential;
use visavis_turn::codec::{AttributeType, Class, ErrorCode, MessageBuilder, Method};

use self::carrier::Carrier;
use self::conversation::{Answer, Conversation};

pub use self::carrier::Duplex;

/// How long an answer may take, whatever is sent again meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);
/// A request over UDP is sent again when it has no answer after this time, then after twice that, and so on (RFC 8489
/// §6.2.1).
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(500);
/// The channel that a probe binds, having only one peer.
const CHANNEL: u16 = 0x4000;

/// Why a relay does not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Its address cannot be connected to, or the connection broke.
    #[error("cannot be connected to: {0}")]
    Unreachable(#[from] io::Error),
    /// Nothing came back in time.
    #[error("does not answer")]
    Silent,
    /// It answers, but not as a STUN server, or as one with another secret.
    #[error("something else answers there")]
    Stranger,
    /// It says no.
    #[error("refuses with {}", .0.number())]
    Refused(ErrorCode),
    /// What was given to it did not come out at the other side.
    #[error("loses what it should relay")]
    Lost,
}

/// What a STUN server says is the address of this machine's packets.
///
/// # Errors
/// When it does not say.
pub async fn mapped_address(server: SocketAddr) -> Result<SocketAddr, ProbeError> {
    let mut probe = Probe::over(carrier::udp(server).await?, None);
    let request = probe.conversation.request(Method::Binding).finish();
    let answer = probe.ask(&request).await?;
    match answer.class {
        Class::Success => answer.mapped.ok_or(ProbeError::Stranger),
        Class::Error | Class::Request | Class::Indication => Err(answer.refusal()),
    }
}

/// A client with an allocation.
pub struct Probe {
    carrier: Carrier,
    conversation: Conversation,
    relayed: Option<SocketAddr>,
}

impl Probe {
    /// Opens an allocation over UDP.
    ///
    /// # Errors
    /// When there is none.
    pub async fn udp(server: SocketAddr, credential: &Credential) -> Result<Self, ProbeError> {
        Self::over(carrier::udp(server).await?, Some(credential)).allocate().await
    }

    /// Opens an allocation over TCP.
    ///
    /// # Errors
    /// When there is none.
    pub async fn tcp(server: SocketAddr, credential: &Credential) -> Result<Self, ProbeError> {
        let deadline = Instant::now() + PATIENCE;
        let stream =
            timeout_at(deadline, TcpStream::connect(server)).await.map_err(|_| ProbeError::Silent)??;
        stream.set_nodelay(true)?;
        Self::stream(stream, credential).await
    }

    /// Opens an allocation over a connection that somebody else has made, TLS for example.
    ///
    /// # Errors
    /// When there is none.
    pub async fn stream(stream: impl Duplex + 'static, credential: &Credential) -> Result<Self, ProbeError> {
        Self::over(carrier::stream(stream), Some(credential)).allocate().await
    }

    fn over(carrier: Carrier, credential: Option<&Credential>) -> Self {
        Self { carrier, conversation: Conversation::new(credential), relayed: None }
    }

    /// The address that peers reach this client at.
    ///
    /// # Panics
    /// Never: every probe that was given away has one.
    pub fn relayed(&self) -> SocketAddr {
        self.relayed.expect("only `mapped_address` makes a probe without allocation, and keeps it")
    }

    async fn allocate(mut self) -> Result<Self, ProbeError> {
        let asked = self.conversation.request(Method::Allocate);
        // 17 is UDP.
        let asked = asked.attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0]).finish();
        let challenge = self.ask(&asked).await?;
        if challenge.code != Some(ErrorCode::Unauthorized) || !self.conversation.learn(&challenge) {
            return Err(challenge.refusal());
        }
        let answer = self
            .demand(Method::Allocate, |request| {
                request.attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
            })
            .await?;
        self.relayed = Some(answer.relayed.ok_or(ProbeError::Stranger)?);
        Ok(self)
    }

    /// Lets `peer` reach this client, and binds a channel to it if told to.
    async fn admit(&mut self, peer: SocketAddr, by_channel: bool) -> Result<(), ProbeError> {
        let method = if by_channel { Method::ChannelBind } else { Method::CreatePermission };
        self.demand(method, |request| {
            let request = request.address(AttributeType::XOR_PEER_ADDRESS, peer);
            if !by_channel {
                return request;
            }
            let [high, low] = CHANNEL.to_be_bytes();
            request.attribute(AttributeType::CHANNEL_NUMBER, &[high, low, 0, 0])
        })
        .await?;
        Ok(())
    }

    /// Ends the allocation.
    ///
    /// # Errors
    /// When the relay does not say yes; it then ends by itself, after minutes.
    pub async fn close(mut self) -> Result<(), ProbeError> {
        self.demand(Method::Refresh, |request| request.attribute(AttributeType::LIFETIME, &[0; 4])).await?;
        Ok(())
    }

    /// Asks with our name and password, and believes only an answer by who knows them, too.
    async fn demand(
        &mut self,
        method: Method,
        add: impl Fn(MessageBuilder) -> MessageBuilder,
    ) -> Result<Answer, ProbeError> {
        // A nonce may end between two requests; the answer then brings the next.
        for _ in 0..2 {
            let request = self.conversation.request(method);
            let request = self.conversation.sign(add(request));
            let answer = self.ask(&request).await?;
            match answer.code {
                None if answer.class == Class::Success && answer.is_genuine => return Ok(answer),
                Some(ErrorCode::StaleNonce) if self.conversation.learn(&answer) => {}
                None | Some(_) => return Err(answer.refusal()),
            }
        }
        Err(ProbeError::Refused(ErrorCode::StaleNonce))
    }

    /// Sends a request, over UDP again and again, until its answer comes.
    async fn ask(&mut self, request: &[u8]) -> Result<Answer, ProbeError> {
        let deadline = Instant::now() + PATIENCE;
        let mut wait = FIRST_RETRANSMISSION;
        loop {
            self.carrier.send(request).await?;
            let again =
                if self.carrier.is_reliable() { deadline } else { deadline.min(Instant::now() + wait) };
            while let Ok(received) = timeout_at(again, self.carrier.receive()).await {
                // What does not belong to this request is late, or of a peer.
                if let Some(answer) = self.conversation.answer(received?) {
                    return Ok(answer);
                }
            }
            if Instant::now() >= deadline {
                return Err(ProbeError::Silent);
            }
            wait *= 2;
        }
    }

    /// Waits for what a peer sends.
    async fn hear(&mut self, deadline: Instant) -> Result<Option<(Option<SocketAddr>, Vec<u8>)>, ProbeError> {
        while let Ok(received) = timeout_at(deadline, self.carrier.receive()).await {
            if let Some(heard) = conversation::data(received?) {
                return Ok(Some(heard));
            }
        }
        Ok(None)
    }

    async fn say(&mut self, peer: SocketAddr, by_channel: bool, data: &[u8]) -> Result<(), ProbeError> {
        let message = if by_channel {
            conversation::channel_data(CHANNEL, data)
        } else {
            self.conversation.send_indication(peer, data)
        };
        Ok(self.carrier.send(&message).await?)
    }
}

/// Relays bytes from `one` to `other` by an indication, as Firefox does, and back through a channel, as the others do.
///
/// # Errors
/// What the relay refuses, or that something did not arrive.
pub async fn exchange(one: &mut Probe, other: &mut Probe) -> Result<(), ProbeError> {
    let (at_one, at_other) = (one.relayed(), other.relayed());
    one.admit(at_other, false).await?;
    other.admit(at_one, true).await?;
    carry(one, other, false).await?;
    carry(other, one, true).await
}

/// Whether what `from` says comes to `to` as it was said, and from where it should.
async fn carry(from: &mut Probe, to: &mut Probe, by_channel: bool) -> Result<(), ProbeError> {
    let said = conversation::random::<64>();
    let (source, target) = (from.relayed(), to.relayed());
    let deadline = Instant::now() + PATIENCE;
    let mut wait = FIRST_RETRANSMISSION;
    // Who has bound a channel hears through it.
    let by_its_channel = !by_channel;
    while Instant::now() < deadline {
        from.say(target, by_channel, &said).await?;
        let again = deadline.min(Instant::now() + wait);
        while let Some((peer, heard)) = to.hear(again).await? {
            let comes_right = if by_its_channel { peer.is_none() } else { peer == Some(source) };
            if comes_right && heard == said {
                return Ok(());
            }
        }
        wait *= 2;
    }
    Err(ProbeError::Lost)
}
