//! What is sent: numbered and dated payloads, and the wrapping between client and server.
//!
//! ```text
//!  ChannelData:  number 2 | length 2 |                                                    payload
//!  indication:   header 20 | XOR-PEER-ADDRESS 12 | DATA 4 |                                payload | padding
//!  payload:      run 4 | flow 4 | sequence 4 | sent at, ns 8 | filler
//! ```

use std::net::SocketAddr;

use visavis_turn::codec::{
    AttributeType, CHANNEL_HEADER, Class, MESSAGE_HEADER, MessageBuilder, Method as TurnMethod,
    TransactionId, decode_channel_data,
};

use crate::row::Method;

/// The channel every client binds; each has only one.
pub(crate) const CHANNEL: u16 = 0x4000;
/// Room for the numbers.
pub(crate) const SMALLEST_PAYLOAD: usize = 20;

/// The numbers in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Which run: what an earlier one left in the queues does not count.
    pub(crate) run: u32,
    pub(crate) flow: u32,
    /// Counts up from 0 within the flow.
    pub(crate) sequence: u32,
    /// Nanoseconds since the run began.
    pub(crate) sent_at: u64,
}

impl Stamp {
    fn write(self, payload: &mut [u8]) {
        payload[..4].copy_from_slice(&self.run.to_be_bytes());
        payload[4..8].copy_from_slice(&self.flow.to_be_bytes());
        payload[8..12].copy_from_slice(&self.sequence.to_be_bytes());
        payload[12..20].copy_from_slice(&self.sent_at.to_be_bytes());
    }

    /// `None` if this can not be a payload of ours.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let (run, rest) = payload.split_first_chunk()?;
        let (flow, rest) = rest.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (sent_at, _filler) = rest.split_first_chunk()?;
        Some(Self {
            run: u32::from_be_bytes(*run),
            flow: u32::from_be_bytes(*flow),
            sequence: u32::from_be_bytes(*sequence),
            sent_at: u64::from_be_bytes(*sent_at),
        })
    }
}

/// How the data of one flow leaves.
#[derive(Debug, Clone)]
pub(crate) enum Wrapping {
    /// From a peer: as it is.
    Bare,
    /// ChannelData on [`CHANNEL`].
    Channel,
    /// Send indications to this peer.
    Indication { peer: SocketAddr },
}

impl Wrapping {
    /// What a client sends to `peer` in.
    pub(crate) fn of_client(method: Method, peer: SocketAddr) -> Self {
        match method {
            Method::Channels => Self::Channel,
            Method::Indications => Self::Indication { peer },
        }
    }
}

/// The packets of a burst one behind the other, made once; only their stamps change.
#[derive(Debug, Clone)]
pub(crate) struct Burst {
    bytes: Vec<u8>,
    packet: usize,
    /// Where the payload lies in a packet.
    payload: usize,
}

impl Burst {
    /// `count` packets of `bytes` bytes of application data each.
    pub(crate) fn new(wrapping: &Wrapping, bytes: usize, count: usize) -> Self {
        let data = vec![0x5A; bytes];
        let (packet, payload) = match wrapping {
            Wrapping::Bare => (data, 0),
            Wrapping::Channel => {
                let length = u16::try_from(bytes).expect("a payload is smaller than a datagram");
                ([&CHANNEL.to_be_bytes()[..], &length.to_be_bytes(), &data].concat(), CHANNEL_HEADER)
            }
            Wrapping::Indication { peer } => {
                let message =
                    MessageBuilder::new(Class::Indication, TurnMethod::Send, TransactionId([0x11; 12]));
                let head = message.address(AttributeType::XOR_PEER_ADDRESS, *peer);
                let before = head.clone().finish().len();
                (head.attribute(AttributeType::DATA, &data).finish(), before + 4)
            }
        };
        let size = packet.len();
        Self { bytes: packet.repeat(count), packet: size, payload }
    }

    /// Bytes of one packet as it leaves.
    pub(crate) fn packet_size(&self) -> usize {
        self.packet
    }

    /// The packets, numbered from `first.sequence` on.
    pub(crate) fn stamped(&mut self, first: Stamp) -> &[u8] {
        for (sequence, packet) in (first.sequence..).zip(self.bytes.chunks_exact_mut(self.packet)) {
            Stamp { sequence, ..first }.write(&mut packet[self.payload..]);
        }
        &self.bytes
    }
}

/// The application data in what a client receives: ChannelData on [`CHANNEL`] or a Data indication.
pub(crate) fn unwrap(datagram: &[u8]) -> Option<&[u8]> {
    match datagram.first()? {
        64..=79 => {
            let (number, data) = decode_channel_data(datagram)?;
            (number.number() == CHANNEL).then(|| &datagram[data])
        }
        _ => data_of_indication(datagram),
    }
}

fn data_of_indication(message: &[u8]) -> Option<&[u8]> {
    const DATA_INDICATION: [u8; 2] = [0x00, 0x17];
    if !message.starts_with(&DATA_INDICATION) {
        return None;
    }
    let mut rest = message.get(MESSAGE_HEADER..)?;
    loop {
        let ([high, low, length_high, length_low], value) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        if u16::from_be_bytes([*high, *low]) == AttributeType::DATA.0 {
            return value.get(..length);
        }
        rest = value.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use visavis_turn::codec::{Message, decode_send_indication};

    use super::*;

    const FIRST: Stamp = Stamp { run: 7, flow: 3, sequence: 40, sent_at: 123_456_789_012 };

    fn stamps(packets: &[u8], size: usize, data: impl Fn(&[u8]) -> Range<usize>) -> Vec<Stamp> {
        packets.chunks(size).map(|packet| Stamp::read(&packet[data(packet)]).unwrap()).collect()
    }

    #[test]
    fn a_burst_of_each_wrapping_holds_the_numbers_where_the_codec_finds_the_data() {
        let expected: Vec<Stamp> = (40..43).map(|sequence| Stamp { sequence, ..FIRST }).collect();

        let mut bare = Burst::new(&Wrapping::Bare, 30, 3);
        assert_eq!(bare.packet_size(), 30);
        assert_eq!(stamps(bare.stamped(FIRST), 30, |_| 0..30), expected);

        let mut channel = Burst::new(&Wrapping::Channel, 30, 3);
        assert_eq!(channel.packet_size(), 34);
        assert_eq!(
            stamps(channel.stamped(FIRST), 34, |packet| decode_channel_data(packet).unwrap().1),
            expected
        );

        let peer = SocketAddr::from(([192, 0, 2, 7], 5000));
        let mut indication = Burst::new(&Wrapping::Indication { peer }, 30, 3);
        assert_eq!(indication.packet_size(), 68);
        let data = |packet: &[u8]| {
            let send = decode_send_indication(packet).unwrap().unwrap();
            assert_eq!((send.peer, send.data.len()), (peer, 30));
            send.data
        };
        assert_eq!(stamps(indication.stamped(FIRST), 68, data), expected);
    }

    #[test]
    fn what_a_client_receives_is_unwrapped_whichever_way_it_came() {
        let mut channel = Burst::new(&Wrapping::Channel, 30, 1);
        let payload = unwrap(channel.stamped(FIRST)).unwrap();
        assert_eq!((payload.len(), Stamp::read(payload)), (30, Some(FIRST)));

        let data = MessageBuilder::new(Class::Indication, TurnMethod::Data, TransactionId([1; 12]))
            .attribute(AttributeType::DATA, b"a payload of one packet")
            .address(AttributeType::XOR_PEER_ADDRESS, SocketAddr::from(([192, 0, 2, 7], 5000)))
            .finish();
        assert!(Message::decode(&data).is_ok());
        assert_eq!(unwrap(&data), Some(&b"a payload of one packet"[..]));
        for cut in 0..data.len() {
            let _no_panic = unwrap(&data[..cut]);
        }
    }
}
