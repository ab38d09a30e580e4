//! Whether a browser that is sent to the relay over TLS will take the certificate: it asks nobody, and says nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use visavis_proto::Timestamp;

use crate::config::TlsUrls;
use crate::tls::{Shown, Trust};

/// Hosts whose certificate was judged; beyond, they are judged anew. People use one or two.
const HOSTS: usize = 16;
/// A verdict is good for this long: certificates end, and are renewed.
const VERDICT: Duration = Duration::from_secs(300);

/// Judges the certificate that is shown.
pub(super) struct Judge {
    tls_urls: TlsUrls,
    shown: Arc<Shown>,
    trust: Trust,
    verdicts: Mutex<HashMap<String, Verdict>>,
}

/// Whether browsers take a certificate for a host.
struct Verdict {
    good: bool,
    fingerprint: String,
    until: Timestamp,
}

impl Judge {
    pub(super) fn new(tls_urls: TlsUrls, shown: Arc<Shown>, trust: Trust) -> Self {
        Self { tls_urls, shown, trust, verdicts: Mutex::default() }
    }

    /// Whether devices are to come over TLS to `host`, as ICE takes it.
    pub(super) fn is_for_tls(&self, host: &str, now: Timestamp) -> bool {
        match self.tls_urls {
            TlsUrls::Always => true,
            TlsUrls::Never => false,
            TlsUrls::Auto => self.is_good_for(host, now),
        }
    }

    fn is_good_for(&self, host: &str, now: Timestamp) -> bool {
        let identity = self.shown.identity();
        if identity.self_signed {
            return false;
        }
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = verdicts.get(host);
        if let Some(verdict) = known
            && verdict.fingerprint == identity.fingerprint
            && verdict.until > now
        {
            return verdict.good;
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let good = self.trust.judge(&identity, bare, now).is_ok();
        if verdicts.len() >= HOSTS {
            verdicts.clear();
        }
        let verdict = Verdict { good, fingerprint: identity.fingerprint.clone(), until: now + VERDICT };
        verdicts.insert(host.to_owned(), verdict);
        good
    }
}
