//! The PeerJS server (npm `peer`), by its own command, and its protocol.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::measure::Load;
use crate::process::ServerProcess;
use crate::socket::Socket;
use crate::system::{Dialect, Heard, Side, System};

/// How long the server may take to listen.
const START_TIMEOUT: Duration = Duration::from_secs(15);

/// A running PeerJS server.
pub(crate) struct PeerJs {
    process: ServerProcess,
    server: SocketAddr,
    _folder: TempDir,
}

impl PeerJs {
    /// Starts `program` on a free port, with room for the load and otherwise as it comes.
    pub(crate) async fn start(program: &Path, load: &Load) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // It cannot choose a port itself, so we find one that nobody has.
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?;
        let mut command = Command::new(program);
        command
            .args(["--host", "127.0.0.1", "--port", &server.port().to_string()])
            .args(["--concurrent_limit", &(load.connections + 1).to_string()]);
        let mut process = ServerProcess::start(&mut command, folder.path())?;
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(server).await.is_err() {
            process.check()?;
            if Instant::now() > deadline {
                bail!("the PeerJS server does not listen");
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { process, server, _folder: folder })
    }
}

fn id(nth: usize) -> String {
    // As long as those that the server makes for its clients.
    format!("00000000-0000-4000-8000-{nth:012}")
}

impl System for PeerJs {
    const NAME: &'static str = "PeerJS";
    // `pingInterval` of its client.
    const HEARTBEAT: Duration = Duration::from_secs(5);
    type Dialect = Speech;

    fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }

    async fn prepare(&mut self, _sockets: Range<usize>) -> Result<()> {
        Ok(())
    }

    async fn connect(&self, nth: usize) -> Result<Socket> {
        let path = format!("/peerjs?key=peerjs&id={}&token=t{nth}&version=1.5.5", id(nth));
        let mut socket = Socket::open(self.server, &path).await?;
        let first = socket.receive().await?;
        if first != r#"{"type":"OPEN"}"# {
            bail!("instead of OPEN: {first}");
        }
        Ok(socket)
    }

    async fn heartbeat(&self, socket: &mut Socket) -> Result<()> {
        socket.send(r#"{"type":"HEARTBEAT"}"#.to_owned()).await
    }

    async fn pair(&mut self, a: Side<'_>, b: Side<'_>, acked: bool) -> Result<(Speech, Speech)> {
        // Nothing comes before the payloads: whoever knows an id may send to it.
        Ok((Speech { to: id(b.nth), acked }, Speech { to: id(a.nth), acked }))
    }

    async fn part(&self, _a: &mut Socket, _b: &mut Socket) -> Result<()> {
        Ok(())
    }

    async fn stop(self) -> Result<()> {
        // Asked to stop, it would wait for its clients to go.
        drop(self.process);
        Ok(())
    }
}

/// Payloads to one other peer. The protocol has no acks: an application that wants them sends a message back.
pub(crate) struct Speech {
    to: String,
    acked: bool,
}

impl Dialect for Speech {
    fn payload(&mut self, data: &str) -> String {
        format!(r#"{{"type":"CANDIDATE","payload":{data},"dst":"{}"}}"#, self.to)
    }

    fn hear(&self, frame: &str) -> Result<Heard> {
        if frame.starts_with(r#"{"type":"CANDIDATE""#) {
            let ack = || format!(r#"{{"type":"ANSWER","payload":{{"id":"p"}},"dst":"{}"}}"#, self.to);
            return Ok(Heard::Payload { ack: self.acked.then(ack) });
        }
        if frame.starts_with(r#"{"type":"ANSWER""#) {
            return Ok(Heard::Acked);
        }
        bail!("instead of a payload: {frame}");
    }

    fn is_acked(&self) -> bool {
        self.acked
    }
}
