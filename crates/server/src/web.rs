//! The web app and the tutorial, embedded in the binary.
//!
//! Files with a hash in their name never change and are cached for ever; the others are asked for again with
//! their ETag. Text is kept compressed as well, made once at the first request.

use std::collections::HashMap;
use std::io::Write;
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../clients/web/app/dist"]
#[allow_missing = true]
struct App;

#[derive(RustEmbed)]
#[folder = "../../clients/web/tutorial"]
#[allow_missing = true]
struct Tutorial;

/// Sent with every page: nothing from elsewhere runs or is asked for, and nobody frames us.
pub const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(
            "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; \
             style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
        ),
    ),
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), microphone=(self), display-capture=(self)"),
    ),
];

/// A file of the web app; the page itself for `/`.
pub async fn app(path: Option<Path<String>>, headers: HeaderMap) -> Response {
    let path = path.as_ref().map_or("", |Path(path)| path.as_str());
    let path = if path.is_empty() { "index.html" } else { path };
    match App::get(path) {
        Some(file) => serve("app", path, &file, &headers),
        None if App::get("index.html").is_none() => (
            StatusCode::SERVICE_UNAVAILABLE,
            "this binary was built without the web app: build it with `cargo xtask run`",
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such page").into_response(),
    }
}

/// A file of the tutorial.
pub async fn tutorial(path: Option<Path<String>>, headers: HeaderMap) -> Response {
    let path = path.as_ref().map_or("", |Path(path)| path.as_str());
    let path = if path.is_empty() { "index.html" } else { path };
    match Tutorial::get(path) {
        Some(file) => serve("tutorial", path, &file, &headers),
        None => (StatusCode::NOT_FOUND, "there is no such page").into_response(),
    }
}

fn serve(site: &'static str, path: &str, file: &EmbeddedFile, request: &HeaderMap) -> Response {
    let hash: String =
        file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    let mut headers = HeaderMap::new();
    // Vite puts what it names by content under assets/.
    let caching =
        if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, value);
    }
    if request.get(IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Ok(value) = HeaderValue::from_str(&content_type(path, file)) {
        headers.insert(CONTENT_TYPE, value);
    }
    let takes_gzip = request
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    let compressed = takes_gzip.then(|| compressed(site, path)).flatten();
    let body = match compressed {
        Some(body) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            body
        }
        None => match &file.data {
            std::borrow::Cow::Borrowed(data) => Bytes::from_static(data),
            std::borrow::Cow::Owned(data) => Bytes::copy_from_slice(data),
        },
    };
    (headers, body).into_response()
}

fn content_type(path: &str, file: &EmbeddedFile) -> String {
    if path.ends_with(".webmanifest") {
        return "application/manifest+json".into();
    }
    let mime = file.metadata.mimetype();
    if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
}

/// The file compressed, if that is worth it.
fn compressed(site: &'static str, path: &str) -> Option<Bytes> {
    static FILES: OnceLock<HashMap<(&'static str, String), Bytes>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let mut files = HashMap::new();
        let app = App::iter().filter_map(|path| App::get(&path).map(|file| ("app", path, file)));
        let tutorial =
            Tutorial::iter().filter_map(|path| Tutorial::get(&path).map(|file| ("tutorial", path, file)));
        for (site, path, file) in app.chain(tutorial) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            let small = encoder.write_all(&file.data).and_then(|()| encoder.finish());
            if let Ok(small) = small
                && small.len() < file.data.len()
            {
                files.insert((site, path.into_owned()), Bytes::from(small));
            }
        }
        files
    });
    files.get(&(site, path.to_owned())).cloned()
}
