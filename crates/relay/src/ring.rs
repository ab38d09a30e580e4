//! Bytes that wait to be written.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

/// Writes all that `write` takes, in order, and tells `took` of each piece that is gone. `write` says how much it took; nothing
/// ends it, as does that it would block.
pub(crate) fn write_from(
    bytes: &mut VecDeque<u8>,
    mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    mut took: impl FnMut(usize),
) -> io::Result<()> {
    while !bytes.is_empty() {
        let (front, back) = bytes.as_slices();
        match write(&[IoSlice::new(front), IoSlice::new(back)]) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                bytes.drain(..count);
                took(count);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
