//! What lies between a TCP connection and the messages on it: nothing, or TLS.
//!
//! ```text
//!  Awaited ── first byte, and a place for a handshake is free ──► Tls
//!  Plain                                                      Tls (handed over, or begun here)
//! ```
//!
//! A TLS stack holds back what it has sealed and the kernel does not take. It is given something only when it holds nothing,
//! so that what waits waits in our queue, where it can still be dropped.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::{ServerConfig, ServerConnection};

/// What a TLS stack seals before the kernel has taken it, in bytes.
const SEALED_AHEAD: usize = 16 * 1024;

/// How messages travel on a connection.
pub(crate) enum Carrier {
    /// As they are.
    Plain,
    /// In TLS, of which the client has sent nothing yet.
    Awaited,
    /// In TLS.
    Tls(Box<ServerConnection>),
}

/// What reading has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// So many bytes of messages.
    Bytes(usize),
    /// None of messages; there may be more to read.
    Overhead,
    /// All has been read.
    Nothing,
    /// The client will send nothing any more.
    End,
    /// The connection is of no use any more.
    Broken,
}

/// The client broke the rules of TLS, or has nothing in common with us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TlsFailed;

impl From<ServerConnection> for Carrier {
    fn from(mut tls: ServerConnection) -> Self {
        tls.set_buffer_limit(Some(SEALED_AHEAD));
        Self::Tls(Box::new(tls))
    }
}

impl Carrier {
    /// Whether a handshake is under way.
    pub(super) fn is_handshaking(&self) -> bool {
        match self {
            Self::Plain | Self::Awaited => false,
            Self::Tls(tls) => tls.is_handshaking(),
        }
    }

    /// Begins the handshake the client has asked for.
    pub(super) fn begin(config: Arc<ServerConfig>) -> Result<Self, TlsFailed> {
        ServerConnection::new(config).map(Self::from).map_err(|_| TlsFailed)
    }

    /// Reads once. What the handshake wants to say is written on the way.
    pub(super) fn read(&mut self, stream: &mut TcpStream, target: &mut [u8]) -> Result<Received, TlsFailed> {
        let tls = match self {
            Self::Awaited => return Ok(Received::Nothing),
            Self::Plain => return Ok(received(stream.read(target))),
            Self::Tls(tls) => tls,
        };
        let opened = received(tls.reader().read(target));
        if opened != Received::Nothing {
            return Ok(opened);
        }
        match tls.read_tls(stream) {
            Ok(0) => return Ok(Received::End),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Received::Nothing),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(Received::Overhead),
            Err(_) => return Ok(Received::Broken),
        }
        let result = tls.process_new_packets();
        // Also when that failed: the client is told why.
        let written = write_sealed(tls, stream);
        if result.is_err() {
            return Err(TlsFailed);
        }
        if written.is_err() {
            return Ok(Received::Broken);
        }
        match received(tls.reader().read(target)) {
            Received::Nothing => Ok(Received::Overhead),
            opened => Ok(opened),
        }
    }

    /// Writes messages as far as the kernel takes them; says how much will reach the client without our doing anything more
    /// than calling this again. `Ok(0)`: nothing, for now.
    pub(super) fn write(&mut self, stream: &mut TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain => stream.write_vectored(slices),
            Self::Awaited => Ok(0),
            Self::Tls(tls) => {
                if tls.is_handshaking() || !write_sealed(tls, stream)? {
                    return Ok(0);
                }
                let taken = tls.writer().write_vectored(slices)?;
                write_sealed(tls, stream)?;
                Ok(taken)
            }
        }
    }

    /// Writes what is sealed already. Whether nothing is left of it.
    pub(super) fn flush(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        match self {
            Self::Plain | Self::Awaited => Ok(true),
            Self::Tls(tls) => write_sealed(tls, stream),
        }
    }

    /// Tells the client that this is the end, if it takes it at once.
    pub(super) fn say_goodbye(&mut self, stream: &mut TcpStream) {
        if let Self::Tls(tls) = self {
            tls.send_close_notify();
            let _too_late = write_sealed(tls, stream);
        }
    }
}

pub(crate) fn received(result: io::Result<usize>) -> Received {
    match result {
        Ok(0) => Received::End,
        Ok(length) => Received::Bytes(length),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Received::Nothing,
        Err(error) if error.kind() == ErrorKind::Interrupted => Received::Overhead,
        Err(_) => Received::Broken,
    }
}

fn write_sealed(tls: &mut ServerConnection, stream: &mut TcpStream) -> io::Result<bool> {
    while tls.wants_write() {
        match tls.write_tls(stream) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
