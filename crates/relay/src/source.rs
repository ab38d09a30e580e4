//! What a worker hears from, as the poll names it.

use mio::Token;

/// Something that can become ready. The number is its place in the worker's collection of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Orders from outside the thread.
    Commands,
    /// A UDP socket clients send to.
    Listener(usize),
    /// A TCP socket that accepts.
    Acceptor(usize),
    /// An allocation's socket.
    RelayPort(usize),
    /// A client's TCP connection.
    Leg(usize),
    /// A TCP socket of an allocation that accepts.
    PeerListener(usize),
    /// A TCP connection with a peer.
    Peer(usize),
}

/// How many kinds there are; a token is a place times this, plus the kind.
const KINDS: usize = 7;

impl From<Source> for Token {
    fn from(source: Source) -> Self {
        let (place, kind) = match source {
            Source::Commands => (0, 0),
            Source::Listener(place) => (place, 1),
            Source::Acceptor(place) => (place, 2),
            Source::RelayPort(place) => (place, 3),
            Source::Leg(place) => (place, 4),
            Source::PeerListener(place) => (place, 5),
            Source::Peer(place) => (place, 6),
        };
        Self(place * KINDS + kind)
    }
}

impl From<Token> for Source {
    fn from(token: Token) -> Self {
        let place = token.0 / KINDS;
        match token.0 % KINDS {
            0 => Self::Commands,
            1 => Self::Listener(place),
            2 => Self::Acceptor(place),
            3 => Self::RelayPort(place),
            4 => Self::Leg(place),
            5 => Self::PeerListener(place),
            _ => Self::Peer(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_the_source_it_was_made_of() {
        let of_all_kinds = |place| {
            [
                Source::Listener(place),
                Source::Acceptor(place),
                Source::RelayPort(place),
                Source::Leg(place),
                Source::PeerListener(place),
                Source::Peer(place),
            ]
        };
        let sources = [0, 1, 7, 65_536].into_iter().flat_map(of_all_kinds).chain([Source::Commands]);
        for source in sources {
            assert_eq!(Source::from(Token::from(source)), source);
        }
    }
}
