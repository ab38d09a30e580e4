//! A site of somebody else's whose pages may show calls of this server.

use super::setting::{PublicUrl, Text};
use crate::addresses;

/// Where its pages come from, as browsers write it in `Origin`: scheme, host, and the port unless it is the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbedOrigin(PublicUrl);

impl EmbedOrigin {
    /// As in `Origin`.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Text for EmbedOrigin {
    const KIND: &'static str = "https:// and a host, without a path, such as https://shop.example";

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |problem: &str| Err(format!("{text:?} {problem}"));
        if text.contains('*') {
            return wrong("stands for many sites: name each of them, such as https://shop.example");
        }
        let origin = text.to_lowercase();
        let usual = if origin.starts_with("https:") { ":443" } else { ":80" };
        let origin = origin.strip_suffix('/').unwrap_or(&origin);
        let origin = origin.strip_suffix(usual).unwrap_or(origin);
        let Some(url) = origin.parse::<PublicUrl>().ok().filter(|url| url.authority().chars().all(is_plain))
        else {
            return wrong("is not https:// and a host, without a path, such as https://shop.example");
        };
        if !url.is_https() && !addresses::is_loopback(url.authority()) {
            return wrong(
                "must begin with https://: to other pages browsers give neither microphone nor camera, except on localhost",
            );
        }
        Ok(Self(url))
    }

    fn text(&self) -> String {
        self.as_str().to_owned()
    }
}

/// What `frame-ancestors` understands in a host; an address of IPv6 it does not.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_kept_as_browsers_write_it() {
        for (text, origin) in [
            ("https://shop.example", "https://shop.example"),
            ("https://Shop.Example/", "https://shop.example"),
            ("https://shop.example:443", "https://shop.example"),
            ("https://shop.example:8443", "https://shop.example:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
        ] {
            assert_eq!(EmbedOrigin::parse(text).map(|origin| origin.text()), Ok(origin.to_owned()));
        }
    }

    #[test]
    fn what_is_no_origin_is_told_what_would_be_right() {
        let form = "is not https:// and a host, without a path, such as https://shop.example";
        let many = "stands for many sites: name each of them, such as https://shop.example";
        let plain = "must begin with https://: to other pages browsers give neither microphone nor camera, except on localhost";
        for (text, problem) in [
            ("*", many),
            ("https://*.shop.example", many),
            ("shop.example", form),
            ("https://shop.example/help", form),
            ("https://shop.example; script-src", form),
            ("https://shop.example;frame", form),
            ("https://[2001:db8::1]", form),
            ("https://me@shop.example", form),
            ("null", form),
            ("", form),
            ("http://shop.example", plain),
        ] {
            assert_eq!(EmbedOrigin::parse(text), Err(format!("{text:?} {problem}")));
        }
    }
}
