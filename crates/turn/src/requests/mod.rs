//! What an authenticated client may ask for, a file per method.

mod allocate;
mod channel_bind;
mod connect;
mod create_permission;
mod mobility;
mod open;
mod refresh;

use std::net::SocketAddr;
use std::time::Duration;

use crate::codec::{AttributeType, ErrorCode, Message};
use crate::config::{DEFAULT_LIFETIME, Limits, RelayAddress};

/// Which IP version a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    pub(crate) const fn of(address: SocketAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    /// L3: what an Allocate without a wish gets, by whatever family it came: IPv4 (RFC 8656 §7.2), unless the relay has no
    /// IPv4 address that others can reach and has one of IPv6. The same for all, so that any two relayed clients meet.
    pub(crate) fn usual(relay_addresses: &[RelayAddress]) -> Self {
        let advertised = relay_addresses.iter().map(|address| address.advertised);
        match advertised.map(|ip| (ip.is_loopback(), ip.is_ipv6())).min() {
            Some((_, true)) => Self::Ipv6,
            Some((_, false)) | None => Self::Ipv4,
        }
    }

    /// The number on the wire (RFC 8656 §18.6).
    const fn number(self) -> u8 {
        match self {
            Self::Ipv4 => 1,
            Self::Ipv6 => 2,
        }
    }

    /// Reads REQUESTED-ADDRESS-FAMILY (RFC 8656 §18.6).
    fn requested(message: &Message<'_>) -> Result<Option<Self>, ErrorCode> {
        match message.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY) {
            None => Ok(None),
            Some([1, _, _, _]) => Ok(Some(Self::Ipv4)),
            Some([2, _, _, _]) => Ok(Some(Self::Ipv6)),
            Some([_, _, _, _]) => Err(ErrorCode::AddressFamilyNotSupported),
            Some(_) => Err(ErrorCode::BadRequest),
        }
    }
}

/// Reads LIFETIME (RFC 8656 §18.2).
fn requested_lifetime(message: &Message<'_>) -> Result<Option<Duration>, ErrorCode> {
    let Some(value) = message.attribute(AttributeType::LIFETIME) else { return Ok(None) };
    let seconds: [u8; 4] = value.try_into().map_err(|_| ErrorCode::BadRequest)?;
    Ok(Some(Duration::from_secs(u64::from(u32::from_be_bytes(seconds)))))
}

/// L4: at least the default, at most the limit (RFC 8656 §7.2).
fn granted_lifetime(requested: Option<Duration>, limits: &Limits) -> Duration {
    requested.unwrap_or(DEFAULT_LIFETIME).max(DEFAULT_LIFETIME).min(limits.longest_lifetime)
}

/// The value of a LIFETIME attribute.
fn encode_lifetime(lifetime: Duration) -> [u8; 4] {
    u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX).to_be_bytes()
}
