//! One direction of what passes between a client and a peer: bytes that have been read and not yet been written.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

use crate::leg::{READ_SIZE, Received};
use crate::ring::write_from;

/// Nothing is read while so many bytes wait.
const ENOUGH: usize = 4 * READ_SIZE;

/// Holds at most [`ENOUGH`] bytes and what one read brings.
#[derive(Default)]
pub(super) struct Pipe {
    bytes: VecDeque<u8>,
    /// Nothing more comes.
    has_ended: bool,
    /// Whoever reads has been told so.
    is_told: bool,
}

impl Pipe {
    /// Begins with what has been read already.
    pub(super) fn fill_with(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes.into();
    }

    /// Whether more is to be read.
    pub(super) fn has_room(&self) -> bool {
        !self.has_ended && self.bytes.len() < ENOUGH
    }

    /// Whether all has been passed on, the end included.
    pub(super) const fn is_over(&self) -> bool {
        self.is_told
    }

    /// Takes what a read has brought. How many bytes; `None` if there may not be more.
    pub(super) fn take(&mut self, received: Received, buffer: &[u8]) -> io::Result<Option<usize>> {
        match received {
            Received::Bytes(length) => {
                self.bytes.extend(&buffer[..length]);
                Ok(Some(length))
            }
            Received::Overhead => Ok(Some(0)),
            Received::Nothing => Ok(None),
            Received::End => {
                self.has_ended = true;
                Ok(None)
            }
            Received::Broken => Err(ErrorKind::ConnectionReset.into()),
        }
    }

    /// Writes as much as is taken.
    pub(super) fn write_with(
        &mut self,
        write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<()> {
        write_from(&mut self.bytes, write, |_| {})
    }

    /// Tells of the end with `tell`, which says whether it has, once all has been written.
    pub(super) fn tell_end(&mut self, tell: impl FnOnce() -> io::Result<bool>) -> io::Result<()> {
        if self.has_ended && !self.is_told && self.bytes.is_empty() {
            self.is_told = tell()?;
        }
        Ok(())
    }
}
