//! A connection carried by a WebSocket, one message per text frame.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use futures_util::SinkExt;
use tokio::time::timeout;
use visavis_proto::CloseCode;
use visavis_proto::limits::FRAME_BYTES;

use super::Signaling;
use super::connection::{self, Line, NotRead, Origin, Place, Received};

/// How long we wait for the device's half of a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// A frame over [`FRAME_BYTES`] is still read up to this size, so that the device can be told.
const READ_BYTES: usize = 4 * FRAME_BYTES;
/// So much is collected before it is written in any case.
const WRITE_BYTES: usize = 16 * 1024;
/// Subprotocol of RFC 6455 §1.9; optional, so that a first client needs one line less.
const SUBPROTOCOL: &str = "visavis.v1";

/// Answers the upgrade request of a device.
pub fn upgrade(signaling: &Arc<Signaling>, origin: Origin, upgrade: WebSocketUpgrade) -> Response {
    let mut place = match Place::take(signaling, origin.address, |_| None) {
        Ok(place) => place,
        Err(none) => return none.into_response(),
    };
    upgrade
        .protocols([SUBPROTOCOL])
        // Tungstenite keeps and touches its read buffer per socket: its default of 128 KiB is what most idle
        // WebSocket servers spend their memory on (tokio-rs/axum #3178).
        .read_buffer_size(1024)
        // What waits together is written together; `flush` writes.
        .write_buffer_size(WRITE_BYTES)
        .max_write_buffer_size(4 * FRAME_BYTES)
        .max_message_size(READ_BYTES)
        .max_frame_size(READ_BYTES)
        .on_upgrade(move |socket| async move { connection::run(socket, &mut place, origin).await })
}

impl Line for WebSocket {
    async fn receive(&mut self) -> Received {
        match self.recv().await {
            Some(Ok(Message::Text(text))) => Received::Text(text),
            Some(Ok(Message::Binary(_))) => Received::Text(Utf8Bytes::from_static("a binary frame")),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Received::Alive,
            Some(Ok(Message::Close(_))) | None => Received::Gone,
            Some(Err(error)) if is_too_large(&error) => Received::TooLarge,
            Some(Err(_)) => Received::Gone,
        }
    }

    async fn feed(&mut self, text: Utf8Bytes) -> Result<(), NotRead> {
        SinkExt::feed(self, Message::Text(text)).await.map_err(|_| NotRead)
    }

    async fn flush(&mut self) -> Result<(), NotRead> {
        SinkExt::flush(self).await.map_err(|_| NotRead)
    }

    async fn close(mut self, code: CloseCode) {
        let frame = CloseFrame { code: code.number(), reason: Utf8Bytes::default() };
        let _ = timeout(CLOSE_TIMEOUT, async {
            self.send(Message::Close(Some(frame))).await?;
            // Without reading on, unread input would turn our close into a reset that loses it.
            while let Some(Ok(_)) = self.recv().await {}
            Ok::<(), axum::Error>(())
        })
        .await;
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    // Axum hides tungstenite's error type; its text is all there is.
    error.to_string().starts_with("Space limit exceeded")
}
