//! One WebSocket of the load: opens, sends and reads text frames.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How long a server may take to answer anything.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens `path` on a server.
    pub(crate) async fn open(server: SocketAddr, path: &str) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        // The load does what browsers do: no waiting for more to send.
        stream.set_nodelay(true)?;
        // The default buffer of 128 KiB would cost this program gigabytes.
        let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
        let (socket, _) =
            client_async_with_config(format!("ws://{server}{path}"), stream, Some(config)).await?;
        Ok(Self(socket))
    }

    /// Sends one frame.
    pub(crate) async fn send(&mut self, text: String) -> Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    /// The next frame. May be dropped before it is done.
    pub(crate) async fn receive(&mut self) -> Result<String> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(frame))) => bail!("the server closed a socket: {frame:?}"),
                Some(Ok(other)) => bail!("an unexpected frame: {other:?}"),
                Some(Err(error)) => return Err(error.into()),
                None => bail!("a socket has ended"),
            }
        }
    }

    /// Reads until `wanted` judges a frame; leaves out those it does not.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&str) -> Option<Result<()>>) -> Result<()> {
        let read = async {
            loop {
                if let Some(judged) = wanted(&self.receive().await?) {
                    return judged;
                }
            }
        };
        timeout(ANSWER_TIMEOUT, read).await.context("an expected frame does not come")?
    }
}
