//! What a key's value may be: each type reads itself from a file, a variable or a flag, and writes itself as TOML.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use axum::http::Uri;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use visavis_relay::{Engine, Offload, TlsServer};

/// A value as a source gives it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    /// From a variable or a flag, where everything is text; lists are separated by commas.
    Words(String),
    /// A string of the file.
    Text(String),
    /// A whole number of the file.
    Integer(u64),
    /// `true` or `false` in the file.
    Boolean(bool),
    /// An array of strings of the file.
    List(Vec<String>),
    /// Anything else of the file, named.
    Other(&'static str),
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(text) | Self::Text(text) => write!(f, "{text:?}"),
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
            Self::List(_) => f.write_str("a list"),
            Self::Other(kind) => f.write_str(kind),
        }
    }
}

/// A type that a key may have.
pub(crate) trait Setting: Sized {
    /// What may be written, in words.
    const FORM: &'static str;

    /// Reads what a source gives; the error is a fragment that says what it should have been.
    fn read(raw: &Raw) -> Result<Self, String>;

    /// The value as TOML.
    fn show(&self) -> String;
}

/// A type whose value is one string.
pub(super) trait Text: Sized {
    const KIND: &'static str;
    fn parse(text: &str) -> Result<Self, String>;
    fn text(&self) -> String;
}

fn mismatch(raw: &Raw, form: &str) -> String {
    format!("{raw} is not {form}")
}

fn quote(text: &str) -> String {
    // JSON's escapes are a subset of those of a TOML basic string.
    serde_json::Value::from(text).to_string()
}

macro_rules! text_settings {
    ($($Type:ty),+) => {$(
        impl Setting for $Type {
            const FORM: &'static str = <$Type as Text>::KIND;

            fn read(raw: &Raw) -> Result<Self, String> {
                match raw {
                    Raw::Words(text) | Raw::Text(text) => Text::parse(text),
                    Raw::Integer(_) | Raw::Boolean(_) | Raw::List(_) | Raw::Other(_) => Err(mismatch(raw, Self::FORM)),
                }
            }

            fn show(&self) -> String {
                quote(&self.text())
            }
        }
    )+};
}

text_settings!(PathBuf, PortRange, LogFilter, TlsUrls, Engine, Offload);

impl<T: Text> Setting for Option<T> {
    const FORM: &'static str = T::KIND;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Words(text) | Raw::Text(text) if text.is_empty() => Ok(None),
            Raw::Words(text) | Raw::Text(text) => T::parse(text).map(Some),
            Raw::Integer(_) | Raw::Boolean(_) | Raw::List(_) | Raw::Other(_) => Err(mismatch(raw, T::KIND)),
        }
    }

    fn show(&self) -> String {
        quote(&self.as_ref().map(Text::text).unwrap_or_default())
    }
}

impl<T: Text> Setting for Vec<T> {
    const FORM: &'static str = T::KIND;

    fn read(raw: &Raw) -> Result<Self, String> {
        let each = |items: &[String]| items.iter().map(|item| T::parse(item)).collect();
        match raw {
            Raw::List(items) => each(items),
            Raw::Words(text) | Raw::Text(text) => each(&split(text)),
            Raw::Integer(_) | Raw::Boolean(_) | Raw::Other(_) => {
                Err(format!("{raw} is not a list, each {}", T::KIND))
            }
        }
    }

    fn show(&self) -> String {
        let items: Vec<String> = self.iter().map(|item| quote(&item.text())).collect();
        format!("[{}]", items.join(", "))
    }
}

/// A list in a variable or flag: separated by commas, or written as in the file.
fn split(text: &str) -> Vec<String> {
    let bare = text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')).filter(|text| {
        // A lone IPv6 address with a port starts with a bracket too, but does not end with one.
        text.is_empty() || text.contains('"')
    });
    let items = bare.unwrap_or(text).split(',').map(|item| item.trim().trim_matches('"'));
    items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

macro_rules! number_settings {
    ($($Type:ty),+) => {$(
        impl Setting for $Type {
            const FORM: &'static str = "a whole number";

            fn read(raw: &Raw) -> Result<Self, String> {
                let number = match raw {
                    Raw::Integer(number) => <$Type>::try_from(*number).ok(),
                    Raw::Words(text) => text.parse().ok(),
                    Raw::Text(_) | Raw::Boolean(_) | Raw::List(_) | Raw::Other(_) => None,
                };
                number.ok_or_else(|| mismatch(raw, Self::FORM))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

number_settings!(u32, u64);

impl Setting for bool {
    const FORM: &'static str = "true or false";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Boolean(truth) => Ok(*truth),
            Raw::Words(text) => text.parse().map_err(|_| mismatch(raw, Self::FORM)),
            Raw::Text(_) | Raw::Integer(_) | Raw::List(_) | Raw::Other(_) => Err(mismatch(raw, Self::FORM)),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Text for PathBuf {
    const KIND: &'static str = "a path";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a path is missing".to_owned());
        }
        Ok(PathBuf::from(text))
    }

    fn text(&self) -> String {
        self.display().to_string()
    }
}

impl Text for String {
    const KIND: &'static str = "a host name or address";

    fn parse(text: &str) -> Result<Self, String> {
        let host_like = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if text.chars().all(host_like) {
            return Ok(text.to_owned());
        }
        Err(format!("{text:?} is not {}", Self::KIND))
    }

    fn text(&self) -> String {
        self.clone()
    }
}

/// Types whose own `FromStr` and `Display` are what the file says.
macro_rules! parsed {
    ($($Type:ty: $form:literal),+) => {$(
        impl Text for $Type {
            const KIND: &'static str = $form;

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("{text:?} is not {}", Self::KIND))
            }

            fn text(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

parsed! {
    SocketAddr: "an IP address and port such as 127.0.0.1:7070 or [::]:7443",
    IpAddr: "an IP address such as 203.0.113.7",
    PortRange: "a first and last port such as 49152-65535",
    TlsUrls: "auto, always or never",
    TlsServer: "an IP address and port, perhaps behind a name and a slash, such as turn2.example.org/192.0.2.7:5349",
    Engine: "auto or portable",
    Offload: "off or auto",
    IpNet: "an IP network such as 10.0.0.0/8 or fd00::/8",
    Contact: "mailto: and an address, or https:// and a page, such as mailto:you@example.org",
    PublicUrl: "http:// or https:// and a host, without a path, such as https://call.example.org",
    WebhookUrl: "http:// or https://, a host and perhaps a path, such as https://chat.example.org/visavis"
}

/// Whom somebody may write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact(Box<str>);

impl Contact {
    /// As a URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Contact {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let rest = text.strip_prefix("mailto:").or_else(|| text.strip_prefix("https://")).ok_or(())?;
        let is_plain = rest.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\');
        if rest.is_empty() || !is_plain { Err(()) } else { Ok(Self(text.into())) }
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether devices are sent to the relay over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsUrls {
    /// If their browsers will take the certificate.
    Auto,
    /// Whatever the certificate.
    Always,
    /// Not over TLS.
    Never,
}

impl FromStr for TlsUrls {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Auto, Self::Always, Self::Never].into_iter().find(|it| it.to_string() == text).ok_or(())
    }
}

impl fmt::Display for TlsUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        })
    }
}

/// Ports from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    /// The lowest, at least 1.
    pub first: u16,
    /// The highest, at least `first`.
    pub last: u16,
}

impl FromStr for PortRange {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (first, last) = text.split_once('-').ok_or(())?;
        let (first, last) = (first.trim().parse().map_err(drop)?, last.trim().parse().map_err(drop)?);
        if first == 0 || first > last {
            return Err(());
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// The server's address as people type it: scheme, host and perhaps a port, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    authority: usize,
}

impl PublicUrl {
    /// The whole, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port, as a browser writes them in `Host`.
    pub fn authority(&self) -> &str {
        &self.text[self.authority..]
    }

    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.strip_suffix('/').unwrap_or(text).to_lowercase();
        let uri: Uri = text.parse().map_err(drop)?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or(())?;
        let authority = scheme.len() + "://".len();
        let host_only = uri.authority().is_some_and(|host| {
            !host.host().is_empty() && !host.as_str().contains('@') && host.as_str() == &text[authority..]
        });
        if !host_only {
            return Err(());
        }
        Ok(Self { text, authority })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Where a program of the operator's takes requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl(Uri);

impl WebhookUrl {
    /// The address.
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

impl FromStr for WebhookUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let uri: Uri = text.parse().map_err(drop)?;
        let by_http = matches!(uri.scheme_str(), Some("http" | "https"));
        // A password in it would be shown by `visavis config show`; the signature says who asks.
        let named =
            uri.authority().is_some_and(|host| !host.host().is_empty() && !host.as_str().contains('@'));
        if by_http && named { Ok(Self(uri)) } else { Err(()) }
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which log lines are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter itself.
    pub fn filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl Text for LogFilter {
    const KIND: &'static str = "a log filter such as info or info,visavis_relay=debug";

    fn parse(text: &str) -> Result<Self, String> {
        // A lone word that is no level would be taken for the name of a module, and silence everything else.
        let level = |word: &str| {
            ["off", "error", "warn", "info", "debug", "trace"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        };
        let known = text.split(',').all(|part| part.contains(['=', '[']) || level(part.trim()));
        if known && EnvFilter::try_new(text).is_ok() {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("{text:?} is not {}", Self::KIND))
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}
