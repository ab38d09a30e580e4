//! Who a client is to this server: protocol and both transport addresses (RFC 8656 §3).

use std::net::SocketAddr;

/// What lies between client and server. TLS and DTLS are their carrier plus a shell's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// One datagram, one message.
    Udp,
    /// A stream of messages; ChannelData padded to four bytes.
    Tcp,
}

/// Names one client connection, and so at most one allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FiveTuple {
    /// UDP or TCP.
    pub transport: Transport,
    /// Where the client's messages come from, as seen here.
    pub client: SocketAddr,
    /// Which of our addresses they came to, and answers leave from.
    pub server: SocketAddr,
}
