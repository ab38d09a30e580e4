//! Ids and units. Each is a newtype, so that a device is never passed where a user is meant, and each that
//! comes from outside is checked when it is parsed: an id that exists is well-formed.

use std::fmt;
use std::ops::Add;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::limits;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// Nothing at all.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// More bytes than [`limits`] allows.
    #[error("{0} is longer than {1} bytes")]
    TooLong(&'static str, usize),
    /// A character that the id's alphabet lacks.
    #[error("{0} may not contain {1:?}")]
    Character(&'static str, char),
}

fn check(what: &'static str, text: &str, longest: usize, allowed: fn(char) -> bool) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty(what));
    }
    if text.len() > longest {
        return Err(InvalidId::TooLong(what, longest));
    }
    match text.chars().find(|&c| !allowed(c)) {
        Some(bad) => Err(InvalidId::Character(what, bad)),
        None => Ok(()),
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $longest:expr, $allowed:expr, $prepare:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(type = "string"), schemars(with = "String"))]
        pub struct $name(Box<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let prepare: fn(String) -> String = $prepare;
                let text = prepare(text);
                check($what, &text, $longest, $allowed)?;
                Ok(Self(text.into_boxed_str()))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

text_id! {
    /// A person's name on this server: what others dial. Letters and digits of any script, `.`, `_`, `-`;
    /// kept in lower case, at most [`limits::USER_ID_BYTES`].
    UserId, "user name", limits::USER_ID_BYTES,
    |c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'),
    |text| text.trim().to_lowercase()
}

text_id! {
    /// One device of a user (a browser tab, a phone). Chosen by the device, unique among its user's.
    DeviceId, "device id", limits::DEVICE_ID_BYTES,
    |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'),
    |text| text
}

text_id! {
    /// A message's id, chosen by the device that sends it and unique for that device.
    MessageId, "message id", limits::MESSAGE_ID_BYTES,
    |c| c.is_ascii_graphic(),
    |text| text
}

text_id! {
    /// Names one life of the store of live calls; a new one is made when that store is created.
    Epoch, "epoch", 64,
    |c| c.is_ascii_graphic(),
    |text| text
}

/// A call, named by its caller: a UUID, version 7 recommended so that calls sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(type = "string"))]
pub struct CallId(pub Uuid);

impl FromStr for CallId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(CallId)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A call record's revision: each decision makes it larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(type = "number"))]
pub struct Rev(pub u64);

/// Which peer connection of a call a payload belongs to; grows when a leg moves to a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(type = "number"))]
pub struct Gen(pub u32);

/// A device of a user, written `user/device`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema, ts_rs::TS),
    ts(type = "string"),
    schemars(with = "String")
)]
pub struct Address {
    /// Whose device.
    pub user: UserId,
    /// Which of them.
    pub device: DeviceId,
}

impl FromStr for Address {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let Some((user, device)) = text.split_once('/') else {
            return Err(InvalidId::Empty("device id"));
        };
        Ok(Self { user: user.parse()?, device: device.parse()? })
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.user, self.device)
    }
}

/// A moment on the server's clock, in milliseconds since 1970. Kept in records, so that deadlines survive a
/// restart; never sent to clients, whose clocks may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// How much later this is than `earlier`; zero if it is not later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_trimmed_lowered_and_may_use_any_script() {
        assert_eq!("  Alice ".parse::<UserId>().unwrap().as_str(), "alice");
        assert_eq!("张三".parse::<UserId>().unwrap().as_str(), "张三");
    }

    #[test]
    fn a_name_that_could_be_mistaken_for_an_address_is_refused() {
        assert_eq!("a/b".parse::<UserId>(), Err(InvalidId::Character("user name", '/')));
        assert_eq!(" ".parse::<UserId>(), Err(InvalidId::Empty("user name")));
        assert_eq!("x".repeat(65).parse::<UserId>(), Err(InvalidId::TooLong("user name", 64)));
    }

    #[test]
    fn an_address_reads_as_it_is_written() {
        let address: Address = "bob/phone-1".parse().unwrap();
        assert_eq!(address.to_string(), "bob/phone-1");
        assert!("bob".parse::<Address>().is_err());
    }
}
