//! What carries a probe's messages.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use visavis_turn::codec::FrameDecoder;

/// The longest message a probe takes; it asks for nothing long.
const LONGEST: usize = 4096;

/// A connection that somebody else has made.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

pub(super) enum Carrier {
    Udp { socket: UdpSocket, buffer: Vec<u8> },
    Stream { stream: Box<dyn Duplex>, frames: FrameDecoder, message: Vec<u8> },
}

/// A socket that hears nobody but `server`.
pub(super) async fn udp(server: SocketAddr) -> io::Result<Carrier> {
    let any = match server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(Carrier::Udp { socket, buffer: vec![0; LONGEST] })
}

pub(super) fn stream(stream: impl Duplex + 'static) -> Carrier {
    Carrier::Stream { stream: Box::new(stream), frames: FrameDecoder::new(LONGEST), message: Vec::new() }
}

impl Carrier {
    /// Whether what was sent arrives or the connection breaks.
    pub(super) const fn is_reliable(&self) -> bool {
        match self {
            Self::Udp { .. } => false,
            Self::Stream { .. } => true,
        }
    }

    pub(super) async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp { socket, .. } => match socket.send(message).await {
                // The fate of an earlier one. Whether anybody answers is for the receiver to find out.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
                sent => sent.map(drop),
            },
            Self::Stream { stream, .. } => {
                stream.write_all(message).await?;
                stream.flush().await
            }
        }
    }

    /// The next message. May be dropped half-way and called again.
    pub(super) async fn receive(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Udp { socket, buffer } => {
                let length = socket.recv(buffer).await?;
                Ok(&buffer[..length])
            }
            Self::Stream { stream, frames, message } => {
                loop {
                    let malformed = |error| io::Error::new(io::ErrorKind::InvalidData, error);
                    if let Some(frame) = frames.next_frame().map_err(malformed)? {
                        // ChannelData of the stream is padded, so the frame cannot be lent as it lies.
                        message.clear();
                        message.extend_from_slice(frame);
                        break;
                    }
                    let mut bytes = [0; LONGEST];
                    match stream.read(&mut bytes).await? {
                        0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                        length => frames.push(&bytes[..length]),
                    }
                }
                Ok(message)
            }
        }
    }
}
