//! A TURN client on a UDP socket: just enough to have an allocation with one channel or permission.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, IntegrityKey, Message, MessageBuilder, Method, TransactionId,
    decode_error_code, decode_xor_address,
};
use visavis_turn::{AuthSecret, Credential, issue};

use crate::packet::CHANNEL;
use crate::server::SECRET;

/// How long an answer may take before the request is sent again.
const RETRANSMIT: Duration = Duration::from_millis(500);
/// How often a request is sent.
const ATTEMPTS: usize = 8;
/// How long credentials and so allocations could last; no run comes near.
const CREDENTIAL_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// REQUESTED-TRANSPORT: UDP.
const UDP: [u8; 4] = [17, 0, 0, 0];

/// One client with a user name of its own, so that no quota of one user is met.
#[derive(Debug)]
pub(crate) struct Client {
    socket: UdpSocket,
    credential: Credential,
    realm: String,
    nonce: String,
    transactions: u64,
}

impl Client {
    /// A socket that hears only this server.
    pub(crate) fn new(server: SocketAddr, nth: usize) -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let credential = issue(&AuthSecret::new(SECRET), &format!("user{nth}"), now + CREDENTIAL_LIFETIME);
        let socket = UdpSocket::bind(SocketAddr::new(server.ip(), 0))?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(RETRANSMIT))?;
        Ok(Self { socket, credential, realm: String::new(), nonce: String::new(), transactions: 0 })
    }

    /// Allocates, in two round trips as every client does that has no nonce, and returns the relayed address.
    pub(crate) fn allocate(&mut self) -> Result<SocketAddr> {
        let request = self.begin(Method::Allocate).attribute(AttributeType::REQUESTED_TRANSPORT, &UDP);
        let bytes = request.finish();
        let answer = self.exchange(&bytes)?;
        let message = Message::decode(&answer)?;
        ensure!(
            error(&message) == Some(ErrorCode::Unauthorized),
            "a stranger was not challenged: {message:?}"
        );
        let text = |kind| message.text(kind).context("a challenge without REALM or NONCE");
        self.realm = text(AttributeType::REALM)?.to_owned();
        self.nonce = text(AttributeType::NONCE)?.to_owned();

        let answer = self.request(Method::Allocate, |message| {
            message.attribute(AttributeType::REQUESTED_TRANSPORT, &UDP)
        })?;
        let message = Message::decode(&answer)?;
        let relayed = message.attribute(AttributeType::XOR_RELAYED_ADDRESS).context("no relayed address")?;
        decode_xor_address(relayed, message.transaction).context("a relayed address that is none")
    }

    /// Binds [`CHANNEL`] to the peer.
    pub(crate) fn bind_channel(&mut self, peer: SocketAddr) -> Result<()> {
        let number = [CHANNEL.to_be_bytes(), [0; 2]].concat();
        let bind = |message: MessageBuilder| {
            message
                .attribute(AttributeType::CHANNEL_NUMBER, &number)
                .address(AttributeType::XOR_PEER_ADDRESS, peer)
        };
        self.request(Method::ChannelBind, bind).map(drop)
    }

    /// Lets the peer's address through.
    pub(crate) fn permit(&mut self, peer: SocketAddr) -> Result<()> {
        let permit = |message: MessageBuilder| message.address(AttributeType::XOR_PEER_ADDRESS, peer);
        self.request(Method::CreatePermission, permit).map(drop)
    }

    /// The socket, whose allocation goes on.
    pub(crate) fn into_socket(self) -> UdpSocket {
        self.socket
    }

    fn begin(&mut self, method: Method) -> MessageBuilder {
        self.transactions += 1;
        let mut transaction = [0; 12];
        transaction[4..].copy_from_slice(&self.transactions.to_be_bytes());
        MessageBuilder::new(Class::Request, method, TransactionId(transaction))
    }

    /// Sends an authenticated request; an answer that is an error is one.
    fn request(
        &mut self,
        method: Method,
        add: impl FnOnce(MessageBuilder) -> MessageBuilder,
    ) -> Result<Vec<u8>> {
        let message = self.begin(method);
        let key = IntegrityKey::long_term(&self.credential.username, &self.realm, &self.credential.password);
        let request = add(message)
            .attribute(AttributeType::USERNAME, self.credential.username.as_bytes())
            .attribute(AttributeType::REALM, self.realm.as_bytes())
            .attribute(AttributeType::NONCE, self.nonce.as_bytes())
            .integrity(&key)
            .finish();
        let answer = self.exchange(&request)?;
        let message = Message::decode(&answer)?;
        ensure!(
            message.class == Class::Success,
            "{method:?} was refused with {:?}",
            error(&message).map(ErrorCode::number)
        );
        Ok(answer)
    }

    /// Sends until the answer comes.
    fn exchange(&self, request: &[u8]) -> Result<Vec<u8>> {
        exchange(&self.socket, request)
    }
}

/// Sends a request on a connected socket with a read timeout until its answer comes.
pub(crate) fn exchange(socket: &UdpSocket, request: &[u8]) -> Result<Vec<u8>> {
    let mut buffer = vec![0; 2048];
    for _ in 0..ATTEMPTS {
        match socket.send(request) {
            Ok(_) => {}
            Err(error) if is_nobody_there(&error) => {}
            Err(error) => return Err(error.into()),
        }
        loop {
            match socket.recv(&mut buffer) {
                // The transaction tells a late answer to something else.
                Ok(length) if buffer[..length].get(4..20) == request.get(4..20) => {
                    buffer.truncate(length);
                    return Ok(buffer);
                }
                Ok(_) => {}
                Err(error) if is_too_late(&error) || is_nobody_there(&error) => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
    bail!("the server does not answer")
}

fn is_too_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

fn is_nobody_there(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}

fn error(message: &Message<'_>) -> Option<ErrorCode> {
    message.attribute(AttributeType::ERROR_CODE).and_then(decode_error_code)
}
