//! Whether a request comes from our own pages. Browsers send the cookie with whatever any page asks for; they also say
//! which page it was. Some paths are open to pages of other sites, too: those that the operator has listed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, HOST, ORIGIN,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use visavis_proto::ErrorCode;

use crate::accounts::Refusal;
use crate::config::{EmbedOrigin, PublicUrl};

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

/// Whose pages may ask where other sites are let in.
#[derive(Debug, Clone)]
pub struct Sites {
    /// The operator's `public.url`: pages from there are ours.
    pub public: Option<PublicUrl>,
    /// The operator's `web.embed_origins`.
    pub listed: Arc<[EmbedOrigin]>,
}

/// Lets in what our own pages ask for and those of listed sites, which may read the answer (Fetch standard, CORS). Cookies do not come
/// with it. Others may read why they are refused, so that whoever builds such a page learns what is missing: that is also why
/// the question beforehand, which asks for nothing yet, is answered to all of them.
pub async fn share(State(sites): State<Sites>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(ORIGIN).cloned() else { return next.run(request).await };
    if is_ours(request.headers(), sites.public.as_ref()) {
        return next.run(request).await;
    }
    let is_listed = sites.listed.iter().any(|listed| listed.as_str().as_bytes() == origin.as_bytes());
    let mut response = if request.method() == Method::OPTIONS {
        let allowed = [
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        ];
        (StatusCode::NO_CONTENT, allowed).into_response()
    } else if is_listed {
        next.run(request).await
    } else {
        not_listed(&origin).into_response()
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    response
}

fn not_listed(origin: &HeaderValue) -> Refusal {
    let origin = origin.to_str().unwrap_or("this page");
    let message = format!(
        "{origin} may show no calls of this server: its operator adds it to web.embed_origins, or sets public.url if that is \
         the server itself behind a proxy"
    );
    Refusal::new(ErrorCode::Forbidden, message)
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
