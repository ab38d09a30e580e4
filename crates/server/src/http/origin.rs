//! Whether a request comes from our own pages. Browsers send the cookie with whatever any page asks for; they also say
//! which page it was.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::config::PublicUrl;

/// Whether the page that asks, if it is a page, is ours: its origin is the host that was asked, or `public.url` (a proxy may
/// have changed the host). Programs that are no browser send no `Origin` and have no cookies to steal.
pub fn is_ours(headers: &HeaderMap, public: Option<&PublicUrl>) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some((_scheme, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let same = |host: &str| host.eq_ignore_ascii_case(authority);
    let asked = headers.get(HOST).and_then(|host| host.to_str().ok());
    asked.is_some_and(same) || public.is_some_and(|public| same(public.authority()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "localhost:7070".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        is_ours(&headers, Some(&"https://call.example.org".parse().unwrap()))
    }

    #[test]
    fn only_our_own_pages_and_programs_may_ask() {
        assert!(ours(None));
        assert!(ours(Some("http://localhost:7070")));
        assert!(ours(Some("https://call.example.org")));
        for other in
            ["http://localhost", "http://localhost:7071", "https://evil.example", "null", "localhost:7070"]
        {
            assert!(!ours(Some(other)), "{other}");
        }
    }
}
