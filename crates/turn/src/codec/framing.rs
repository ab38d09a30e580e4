//! Finding messages in a TCP stream (RFC 8656 §12.5, RFC 8489 §6.2.2): both kinds say their length in bytes 2–3, and
//! ChannelData is padded to four bytes.

use super::{CHANNEL_HEADER, MESSAGE_HEADER, padding};

/// The bytes of one message, without the padding of ChannelData.
pub type Frame<'a> = &'a [u8];

/// The stream can not be understood any more; the connection should be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A first byte that starts neither STUN nor ChannelData, of either RFC.
    #[error("stream carries neither STUN nor ChannelData")]
    Unknown,
    /// Longer than this server takes.
    #[error("frame exceeds the largest size taken")]
    TooLong,
}

/// Cuts a byte stream into messages. Holds at most one incomplete message plus what the last push brought.
#[derive(Debug)]
pub struct FrameDecoder {
    buffer: Vec<u8>,
    /// Bytes at the front of `buffer` that have been handed out.
    consumed: usize,
    largest: usize,
}

impl FrameDecoder {
    /// A decoder that refuses messages of more than `largest` bytes.
    pub const fn new(largest: usize) -> Self {
        Self { buffer: Vec::new(), consumed: 0, largest }
    }

    /// Adds bytes from the stream. Take all frames before pushing again.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete message, if there is one.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        let pending = &self.buffer[self.consumed..];
        let Some(header) = pending.first_chunk::<4>() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let (message, padded) = match header[0] {
            0..=3 => (MESSAGE_HEADER + length, MESSAGE_HEADER + length),
            64..=127 => (CHANNEL_HEADER + length, CHANNEL_HEADER + length + padding(length)),
            _ => return Err(FrameError::Unknown),
        };
        if message > self.largest {
            return Err(FrameError::TooLong);
        }
        if pending.len() < padded {
            return Ok(None);
        }
        let start = self.consumed;
        self.consumed += padded;
        Ok(Some(&self.buffer[start..start + message]))
    }

    /// What has been pushed and is no message any more: from here on the stream carries something else.
    pub fn take_rest(&mut self) -> Vec<u8> {
        let rest = self.buffer.split_off(self.consumed);
        *self = Self::new(self.largest);
        rest
    }

    /// Bytes held back for an incomplete message.
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.consumed
    }
}
