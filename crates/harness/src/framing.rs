//! A TCP stream cut into messages: the same ones wherever the segments end, in order, and never more held back than one
//! message may have.

use visavis_turn::codec::{FrameDecoder, FrameError};

use crate::tape::Tape;

/// The longest message taken. Small, so that the limit is met.
const LARGEST: usize = 256;
/// Bytes of padding that may be waited for on top.
const PADDING: usize = 3;

pub(crate) fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let sizes = tape.bytes();
    let stream = tape.remainder();
    let whole = cut(stream, &[stream.len()]);
    assert_eq!(cut(stream, &[1]), whole, "byte by byte");
    let sizes: Vec<usize> = sizes.iter().map(|size| usize::from(*size)).collect();
    assert_eq!(cut(stream, &sizes), whole, "in pieces of {sizes:?}");
    is_a_prefix(stream, &whole.0);
}

/// The messages of a stream that comes in pieces of these sizes, over and over, and how it ended: held back bytes, or
/// an error.
fn cut(stream: &[u8], sizes: &[usize]) -> (Vec<Vec<u8>>, Result<usize, FrameError>) {
    let mut decoder = FrameDecoder::new(LARGEST);
    let mut messages = Vec::new();
    let mut rest = stream;
    let mut sizes = sizes.iter().copied().filter(|size| *size > 0).cycle();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(rest.len()).min(rest.len());
        let (piece, later) = rest.split_at(size);
        rest = later;
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(message)) => messages.push(message.to_vec()),
                Ok(None) => break,
                Err(error) => return (messages, Err(error)),
            }
        }
        assert!(decoder.pending() < LARGEST + PADDING, "{} bytes are held back", decoder.pending());
    }
    let pending = decoder.pending();
    (messages, Ok(pending))
}

/// Each message stands in the stream where the last one ended, or its padding if it was ChannelData.
fn is_a_prefix(stream: &[u8], messages: &[Vec<u8>]) {
    let mut at = 0;
    for message in messages {
        assert!(message.len() <= LARGEST);
        assert_eq!(&stream[at..at + message.len()], message.as_slice(), "at byte {at}");
        let is_stun = stream[at] < 4;
        at += if is_stun { message.len() } else { message.len().next_multiple_of(4) };
    }
}
