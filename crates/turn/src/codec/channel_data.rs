//! ChannelData: four bytes before the application data (RFC 8656 §12.4).

use std::ops::Range;

/// Bytes before the data: channel number and length.
pub const CHANNEL_HEADER: usize = 4;

/// Stands for one peer of one allocation (RFC 8656 §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChannelNumber(u16);

impl ChannelNumber {
    /// The first number a client may bind.
    pub const FIRST: u16 = 0x4000;
    /// The last number RFC 8656 lets a client bind.
    pub const LAST: u16 = 0x4FFF;
    /// The last number RFC 5766 let a client bind.
    pub const LAST_RFC5766: u16 = 0x7FFF;

    /// `None` outside the wider range.
    pub fn new(number: u16) -> Option<Self> {
        (Self::FIRST..=Self::LAST_RFC5766).contains(&number).then_some(Self(number))
    }

    /// The number on the wire.
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// Reads a ChannelData message: its channel, and where in `bytes` the data lies. What follows the data is padding
/// and ignored; a length past the end makes it `None`.
pub fn decode_channel_data(bytes: &[u8]) -> Option<(ChannelNumber, Range<usize>)> {
    let header = bytes.first_chunk::<CHANNEL_HEADER>()?;
    let channel = ChannelNumber::new(u16::from_be_bytes([header[0], header[1]]))?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let data = CHANNEL_HEADER..CHANNEL_HEADER + length;
    (data.end <= bytes.len()).then_some((channel, data))
}

/// Writes the four bytes for `length` bytes of data to the front of `target`.
pub fn write_channel_header(target: &mut [u8], channel: ChannelNumber, length: u16) {
    target[..2].copy_from_slice(&channel.0.to_be_bytes());
    target[2..4].copy_from_slice(&length.to_be_bytes());
}
