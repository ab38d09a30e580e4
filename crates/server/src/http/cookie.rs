//! The login's cookie.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

const NAME: &str = "visavis";

/// The value the browser sent, if any.
pub(super) fn read(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))
}

/// `Set-Cookie` for a login: out of reach of scripts, and never sent for another site's page.
pub(super) fn set(value: &str, lifetime: Duration, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{NAME}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}{secure}", lifetime.as_secs())
}

/// `Set-Cookie` that makes the browser forget it.
pub(super) fn clear(secure: bool) -> String {
    set("", Duration::ZERO, secure)
}
