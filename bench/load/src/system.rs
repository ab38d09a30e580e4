//! What the measurement needs to know of a server and its protocol.

use std::ops::Range;
use std::time::Duration;

use anyhow::Result;

use crate::process::ServerProcess;
use crate::socket::Socket;

/// A server under load.
pub(crate) trait System: Sized {
    /// What the table calls it.
    const NAME: &'static str;
    /// How often its own client sends a heartbeat when nothing goes on.
    const HEARTBEAT: Duration;
    /// What one device of a pair speaks.
    type Dialect: Dialect;

    /// Its process.
    fn process(&mut self) -> &mut ServerProcess;
    /// What comes before these sockets can be opened.
    async fn prepare(&mut self, sockets: Range<usize>) -> Result<()>;
    /// Opens the nth socket, up to where its device can be called.
    async fn connect(&self, nth: usize) -> Result<Socket>;
    /// Sends one heartbeat and reads its answer, if this protocol has one.
    async fn heartbeat(&self, socket: &mut Socket) -> Result<()>;
    /// Puts two devices into a state in which they may exchange payloads; their numbers are those of `connect`.
    /// With `acked`, each payload is answered by the device that gets it.
    async fn pair(&mut self, a: Side<'_>, b: Side<'_>, acked: bool)
    -> Result<(Self::Dialect, Self::Dialect)>;
    /// Undoes `pair`.
    async fn part(&self, a: &mut Socket, b: &mut Socket) -> Result<()>;
    /// Ends it.
    async fn stop(self) -> Result<()>;
}

/// One device of a pair.
pub(crate) struct Side<'a> {
    pub(crate) nth: usize,
    pub(crate) socket: &'a mut Socket,
}

/// How a device writes a payload and understands what it gets.
pub(crate) trait Dialect: Send + 'static {
    /// The frame that carries `data`, a JSON value, to the other device.
    fn payload(&mut self, data: &str) -> String;
    /// What a frame from the server means.
    fn hear(&self, frame: &str) -> Result<Heard>;
    /// Does the sender hear when its payload has arrived?
    fn is_acked(&self) -> bool;
}

/// What a frame means to a device that exchanges payloads.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A payload has arrived; `ack` is the frame that says so to its sender.
    Payload { ack: Option<String> },
    /// A payload of ours has arrived there.
    Acked,
    /// Something that has nothing to do with payloads.
    Other,
}
