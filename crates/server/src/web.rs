//! The web app, the tutorial, and what shows calls on pages of other sites, embedded in the binary.
//!
//! Files with a hash in their name never change and are cached for ever; the others are asked for again with
//! their ETag. Text is kept compressed as well, made once at the first request.

use std::collections::HashMap;
use std::io::Write;
use std::sync::OnceLock;

use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::config::EmbedOrigin;

#[derive(RustEmbed)]
#[folder = "../../clients/web/app/dist"]
#[allow_missing = true]
struct App;

#[derive(RustEmbed)]
#[folder = "../../clients/web/tutorial"]
#[allow_missing = true]
struct Tutorial;

/// Nothing from elsewhere runs or is asked for; who may frame the page comes at the end. Of our own, WebAssembly may be
/// compiled as well: the strong noise suppression is that. It lets no text become a script.
macro_rules! policy {
    ($ancestors:literal) => {
        concat!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; ",
            "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors ",
            $ancestors
        )
    };
}

/// Sent with every page that has none of its own: nobody frames us.
pub const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy!("'none'"))),
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
    let mut response = app_file(if path.is_empty() { "index.html" } else { path }, &headers);
    // What shows calls on other sites' pages is loaded from here, and is no secret.
    if path == "embed.js" || path.starts_with("assets/embed/") {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}

/// Where a browser says for what it asks (Fetch Metadata, W3C); not every one does, nor over plain HTTP.
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The page that other sites frame, with the policy that says which. Alone in a window it would be a page of ours on which
/// whoever made its address has chosen who is called: then the app comes in its place, without what stands behind the `#`.
pub async fn embed(State(policy): State<HeaderValue>, headers: HeaderMap) -> Response {
    let is_alone = headers.get(SEC_FETCH_DEST).is_some_and(|place| place == "document");
    let mut response = if is_alone {
        ([(CACHE_CONTROL, "no-store")], Redirect::to("/#")).into_response()
    } else {
        app_file("embed.html", &headers)
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("sec-fetch-dest"));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// The policy of a page that only pages of these origins may frame.
pub fn framed_by(origins: &[EmbedOrigin]) -> HeaderValue {
    if origins.is_empty() {
        return HeaderValue::from_static(policy!("'none'"));
    }
    let origins: Vec<&str> = origins.iter().map(EmbedOrigin::as_str).collect();
    let policy = format!("{}{}", policy!(""), origins.join(" "));
    HeaderValue::try_from(policy).expect("an origin is plain ASCII")
}

fn app_file(path: &str, headers: &HeaderMap) -> Response {
    match App::get(path) {
        Some(file) => serve("app", path, &file, headers),
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
