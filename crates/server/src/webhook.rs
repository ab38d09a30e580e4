//! Requests from here to a program of the operator's: signed, in time, never redirected.
//!
//! The signature is that of [Standard Webhooks](https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body, so
//! that nobody else can make one, and an old one can be told from a new one.

use std::fmt;
use std::io;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::{Request, StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use sha2::Sha256;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use visavis_proto::Timestamp;

/// How long one request may take, its answer included.
const REQUEST: Duration = Duration::from_secs(10);
/// Requests at once; further ones wait.
const AT_ONCE: usize = 64;
/// So much of an answer is read, so that its connection may be used again; nothing in it matters.
const ANSWER_BYTES: usize = 64 * 1024;
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// Posts to one address.
pub struct Webhook {
    uri: Uri,
    key: [u8; 32],
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    places: Semaphore,
}

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// It was not, and may be later: no answer, or one that says so.
    TryAgain,
    /// It was refused, and would be again.
    Refused(StatusCode),
}

impl Webhook {
    /// Posts to `uri`, signed with `key`.
    ///
    /// # Errors
    /// When it is to go over HTTPS and this machine trusts no authority at all.
    pub fn new(uri: Uri, key: [u8; 32]) -> io::Result<Self> {
        let builder = HttpsConnectorBuilder::new();
        let provider = ring::default_provider();
        let builder = if uri.scheme_str() == Some("https") {
            builder.with_provider_and_native_roots(provider)?
        } else {
            let config = ClientConfig::builder_with_provider(provider.into())
                .with_safe_default_protocol_versions()
                .expect("ring has the protocol versions that are safe by default")
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            builder.with_tls_config(config)
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(builder.https_or_http().enable_http1().build());
        Ok(Self { uri, key, client, places: Semaphore::new(AT_ONCE) })
    }

    /// Posts JSON once. The same `id` says that it is the same.
    pub async fn post(&self, id: &str, body: Bytes, now: Timestamp) -> Outcome {
        let _place = self.places.acquire().await.expect("nobody closes this semaphore");
        let seconds = now.0 / 1000;
        let request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("visavis/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature(&self.key, id, seconds, &body))
            .body(Full::new(body))
            .expect("an address from the configuration and headers of ours make a request");
        let asked = timeout(REQUEST, async {
            let response = self.client.request(request).await?;
            let status = response.status();
            let _ = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
            Ok::<_, hyper_util::client::legacy::Error>(status)
        });
        match asked.await {
            Ok(Ok(status)) => judge(status),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the webhook cannot be reached");
                Outcome::TryAgain
            }
            Err(_) => {
                tracing::debug!("the webhook does not answer in time");
                Outcome::TryAgain
            }
        }
    }
}

fn judge(status: StatusCode) -> Outcome {
    let may_pass = status.is_server_error()
        || status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS;
    if status.is_success() {
        Outcome::Taken
    } else if may_pass {
        Outcome::TryAgain
    } else {
        Outcome::Refused(status)
    }
}

/// `v1,` and the HMAC-SHA256 of `id.seconds.body`, base64.
fn signature(key: &[u8], id: &str, seconds: u64, body: &[u8]) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    hmac.update(format!("{id}.{seconds}.").as_bytes());
    hmac.update(body);
    format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()))
}

/// The key as receivers of webhooks are given it.
pub fn shown_key(key: &[u8; 32]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({})", self.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        // The example of the specification's reference libraries.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = b"{\"test\": 2432232314}";
        let made = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(shown_key(&[7; 32]), "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_no_redirect_is_followed() {
        let outcome = |code: u16| judge(StatusCode::from_u16(code).unwrap());
        assert_eq!([200, 204].map(outcome), [Outcome::Taken; 2]);
        assert_eq!([408, 429, 500, 502, 503].map(outcome), [Outcome::TryAgain; 5]);
        for code in [301, 302, 307, 308, 400, 401, 404, 410] {
            assert_eq!(outcome(code), Outcome::Refused(StatusCode::from_u16(code).unwrap()));
        }
    }
}
