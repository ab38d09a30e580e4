//! What waits for a TCP client to read. Bounded in bytes and in time; the oldest whole messages make room for new ones,
//! because media gets useless with age. A message that is partly written must be finished, or the stream could not be
//! understood any more. Answers are not media: over TCP nobody asks twice (RFC 8489 §6.2.2), so they do not grow old, and
//! go for want of room only when no media is left to go.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

use crate::ring::write_from;

/// Messages in one ring of bytes, so that a busy connection allocates nothing.
pub(super) struct OutQueue {
    bytes: VecDeque<u8>,
    /// Their lengths sum up to that of `bytes`.
    messages: VecDeque<Waiting>,
    /// Some of the first message has been written.
    is_first_started: bool,
    limits: QueueLimits,
}

/// How much may wait, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueLimits {
    pub(super) bytes: usize,
    pub(super) age: Duration,
}

/// One message, or what is left of it.
struct Waiting {
    length: usize,
    /// When it is too old; `None` for an answer.
    stale_at: Option<Instant>,
}

/// What a message is worth later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Media,
    /// As much as now.
    Answer,
}

impl OutQueue {
    pub(super) const fn new(limits: QueueLimits) -> Self {
        Self { bytes: VecDeque::new(), messages: VecDeque::new(), is_first_started: false, limits }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds a message, given in pieces; returns how many (older, or itself) were dropped for want of room.
    pub(super) fn push(&mut self, now: Instant, message: &[&[u8]], kind: Kind) -> u64 {
        let length = message.iter().map(|piece| piece.len()).sum();
        let mut dropped = 0;
        while self.bytes.len() + length > self.limits.bytes {
            if !self.make_room(kind) {
                return dropped + 1;
            }
            dropped += 1;
        }
        for piece in message {
            self.bytes.extend(*piece);
        }
        let stale_at = (kind == Kind::Media).then(|| now + self.limits.age);
        self.messages.push_back(Waiting { length, stale_at });
        dropped
    }

    /// Drops media that is too old; returns how much.
    pub(super) fn drop_stale(&mut self, now: Instant) -> u64 {
        let mut dropped = 0;
        while let Some(index) = self.oldest_media()
            && self.messages[index].stale_at.is_some_and(|stale_at| stale_at <= now)
        {
            self.remove(index);
            dropped += 1;
        }
        dropped
    }

    /// Drops the oldest whole piece of media; for an answer also the oldest answer. Whether there was one.
    fn make_room(&mut self, kind: Kind) -> bool {
        let oldest = match kind {
            Kind::Media => None,
            Kind::Answer => self.whole().next(),
        };
        let Some(index) = self.oldest_media().or(oldest) else { return false };
        self.remove(index);
        true
    }

    fn oldest_media(&self) -> Option<usize> {
        self.whole().find(|index| self.messages[*index].stale_at.is_some())
    }

    /// The messages of which nothing has been written, oldest first.
    fn whole(&self) -> std::ops::Range<usize> {
        usize::from(self.is_first_started)..self.messages.len()
    }

    fn remove(&mut self, index: usize) {
        let before = self.messages.iter().take(index).map(|message| message.length).sum::<usize>();
        if let Some(message) = self.messages.remove(index) {
            self.bytes.drain(before..before + message.length);
        }
    }

    /// Writes as much as is taken.
    pub(super) fn write_with(
        &mut self,
        write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<()> {
        let Self { bytes, messages, is_first_started, .. } = self;
        write_from(bytes, write, |mut count| {
            while let Some(first) = messages.front_mut() {
                if first.length > count {
                    first.length -= count;
                    *is_first_started |= count > 0;
                    return;
                }
                count -= first.length;
                messages.pop_front();
                *is_first_started = false;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_millis(200);

    fn queue(bytes: usize) -> (OutQueue, Instant) {
        (OutQueue::new(QueueLimits { bytes, age: AGE }), crate::clock::now())
    }

    /// Writes so many bytes at once, then nothing; gives what was written.
    fn write(queue: &mut OutQueue, most: usize) -> Vec<u8> {
        let mut written = Vec::new();
        let write = |slices: &[IoSlice<'_>]| {
            let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            let count = if written.is_empty() { most.min(bytes.len()) } else { 0 };
            written.extend(&bytes[..count]);
            Ok(count)
        };
        queue.write_with(write).unwrap();
        written
    }

    fn content(queue: &OutQueue) -> Vec<u8> {
        queue.bytes.iter().copied().collect()
    }

    #[test]
    fn the_oldest_messages_make_room_for_new_ones() {
        let (mut queue, now) = queue(10);
        let mut push = |message: &[u8]| queue.push(now, &[message], Kind::Media);
        assert_eq!(push(b"aaaa") + push(b"bb") + push(b"cccc"), 0);
        assert_eq!(push(b"ddddd"), 2);
        assert_eq!(content(&queue), b"ccccddddd");
    }

    #[test]
    fn a_message_that_is_partly_written_is_finished_whatever_comes() {
        let (mut queue, now) = queue(10);
        queue.push(now, &[b"aaaa"], Kind::Media);
        queue.push(now, &[b"bb", b"bb"], Kind::Media);
        write(&mut queue, 1);
        assert_eq!(queue.push(now, &[b"ccccc"], Kind::Media), 1);
        assert_eq!(content(&queue), b"aaaccccc");
        assert_eq!(queue.drop_stale(now + AGE), 1);
        assert_eq!(content(&queue), b"aaa");
        write(&mut queue, 3);
        assert_eq!(queue.push(now, &[b"dddddd"], Kind::Media), 0);
        assert_eq!(content(&queue), b"dddddd");
    }

    #[test]
    fn a_message_that_can_never_fit_is_dropped_itself() {
        let (mut queue, now) = queue(4);
        assert_eq!(queue.push(now, &[b"aaaaa"], Kind::Media), 1);
        assert!(queue.is_empty());
    }

    #[test]
    fn media_is_dropped_when_it_has_grown_old_and_answers_are_not() {
        let (mut queue, now) = queue(100);
        queue.push(now, &[b"old"], Kind::Media);
        queue.push(now, &[b"answer"], Kind::Answer);
        queue.push(now + AGE / 2, &[b"new"], Kind::Media);
        assert_eq!(queue.drop_stale(now + AGE / 2), 0);
        assert_eq!(queue.drop_stale(now + AGE), 1);
        assert_eq!(content(&queue), b"answernew");
        assert_eq!(queue.drop_stale(now + AGE * 100), 1);
        assert_eq!(content(&queue), b"answer");
    }

    #[test]
    fn an_answer_outlasts_media_and_gives_way_only_to_another_answer() {
        let (mut queue, now) = queue(6);
        queue.push(now, &[b"AAA"], Kind::Answer);
        queue.push(now, &[b"mmm"], Kind::Media);
        assert_eq!(queue.push(now, &[b"nnn"], Kind::Media), 1);
        assert_eq!(content(&queue), b"AAAnnn");
        assert_eq!(queue.push(now, &[b"BBB"], Kind::Answer), 1);
        assert_eq!(content(&queue), b"AAABBB");
        assert_eq!(queue.push(now, &[b"ooo"], Kind::Media), 1);
        assert_eq!(queue.push(now, &[b"CCC"], Kind::Answer), 1);
        assert_eq!(content(&queue), b"BBBCCC");
    }

    #[test]
    fn writes_may_end_anywhere() {
        let (mut queue, now) = queue(100);
        for message in [b"aaa", b"bbb", b"ccc"] {
            queue.push(now, &[message], Kind::Media);
        }
        let mut seen: Vec<u8> = Vec::new();
        let mut states = Vec::new();
        for most in [2, 4, 2, 1] {
            seen.extend(write(&mut queue, most));
            states.push((queue.messages.len(), queue.is_first_started));
        }
        assert_eq!(seen, b"aaabbbccc");
        assert_eq!(states, [(3, true), (1, false), (1, true), (0, false)]);
        assert!(queue.is_empty());
    }
}
