//! What waits for a TCP client to read. Bounded in bytes; the oldest whole messages make room for new ones, because
//! media gets useless with age. A message that is partly written must be finished, or the stream could not be
//! understood any more.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use tokio::net::TcpStream;

/// Messages in one ring of bytes, so that a busy connection allocates nothing.
pub(super) struct OutQueue {
    bytes: VecDeque<u8>,
    /// What is left of each message; their sum is the length of `bytes`.
    lengths: VecDeque<usize>,
    /// Some of the first message has been written.
    is_first_started: bool,
    limit: usize,
}

impl OutQueue {
    pub(super) const fn new(limit: usize) -> Self {
        Self { bytes: VecDeque::new(), lengths: VecDeque::new(), is_first_started: false, limit }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds a message; returns how many (older, or itself) were dropped for want of room.
    pub(super) fn push(&mut self, message: &[u8]) -> u64 {
        let mut dropped = 0;
        while self.bytes.len() + message.len() > self.limit {
            if !self.drop_oldest() {
                return dropped + 1;
            }
            dropped += 1;
        }
        self.bytes.extend(message);
        self.lengths.push_back(message.len());
        dropped
    }

    /// Drops the oldest message that is not partly written. Whether there was one.
    fn drop_oldest(&mut self) -> bool {
        let index = usize::from(self.is_first_started);
        let Some(length) = self.lengths.remove(index) else { return false };
        let start = if self.is_first_started { self.lengths[0] } else { 0 };
        self.bytes.drain(start..start + length);
        true
    }

    /// Writes what the kernel takes.
    pub(super) fn write_to(&mut self, stream: &TcpStream) -> io::Result<()> {
        while !self.bytes.is_empty() {
            let (front, back) = self.bytes.as_slices();
            match stream.try_write_vectored(&[IoSlice::new(front), IoSlice::new(back)]) {
                Ok(written) => self.written(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn written(&mut self, mut count: usize) {
        self.bytes.drain(..count);
        while let Some(first) = self.lengths.front_mut() {
            if *first > count {
                *first -= count;
                self.is_first_started |= count > 0;
                return;
            }
            count -= *first;
            self.lengths.pop_front();
            self.is_first_started = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(queue: &OutQueue) -> Vec<u8> {
        queue.bytes.iter().copied().collect()
    }

    #[test]
    fn the_oldest_messages_make_room_for_new_ones() {
        let mut queue = OutQueue::new(10);
        assert_eq!(queue.push(b"aaaa") + queue.push(b"bb") + queue.push(b"cccc"), 0);
        assert_eq!(queue.push(b"ddddd"), 2);
        assert_eq!(content(&queue), b"ccccddddd");
    }

    #[test]
    fn a_message_that_is_partly_written_is_finished_whatever_comes() {
        let mut queue = OutQueue::new(10);
        queue.push(b"aaaa");
        queue.push(b"bbbb");
        queue.written(1);
        assert_eq!(queue.push(b"ccccc"), 1);
        assert_eq!(content(&queue), b"aaaccccc");
        queue.written(3);
        assert_eq!(queue.push(b"dddddd"), 1);
        assert_eq!(content(&queue), b"dddddd");
    }

    #[test]
    fn a_message_that_can_never_fit_is_dropped_itself() {
        let mut queue = OutQueue::new(4);
        assert_eq!(queue.push(b"aaaaa"), 1);
        assert!(queue.is_empty());
    }

    #[test]
    fn writes_may_end_anywhere() {
        let mut queue = OutQueue::new(100);
        for message in [&b"aaa"[..], b"bbb", b"ccc"] {
            queue.push(message);
        }
        queue.written(6);
        assert!(!queue.is_first_started);
        queue.written(2);
        assert_eq!((content(&queue), queue.is_first_started), (b"c".to_vec(), true));
        queue.written(1);
        assert!(queue.is_empty() && queue.lengths.is_empty() && !queue.is_first_started);
    }
}
