//! Whether browsers take a certificate without a warning. They do not say; but they trust about the same authorities as
//! this machine does.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, RootCertStore};
use visavis_proto::Timestamp;

use super::TlsIdentity;

/// The authorities of this machine.
#[derive(Debug)]
pub struct Trust {
    /// None if the machine knows no authority.
    verifier: Option<Arc<WebPkiServerVerifier>>,
}

/// Why browsers will not take a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It is past its end.
    Expired,
    /// It begins later, or this machine's clock is wrong.
    NotYetValid,
    /// It is for these names.
    OtherName(Vec<String>),
    /// No authority this machine knows has signed it, or the certificates between are missing from the file.
    UnknownIssuer,
    /// Anything else.
    Other(String),
}

impl Trust {
    /// Reads the machine's authorities from its files, which takes some milliseconds.
    pub fn of_machine() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::new(roots)
    }

    pub(crate) fn new(roots: RootCertStore) -> Self {
        let provider = Arc::new(ring::default_provider());
        // Refused only if there are no roots.
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok();
        Self { verifier }
    }

    /// What checks the certificates of others; `None` if this machine trusts nobody.
    pub(crate) fn verifier(self) -> Option<Arc<dyn ServerCertVerifier>> {
        self.verifier.map(|verifier| verifier as Arc<dyn ServerCertVerifier>)
    }

    /// Whether browsers take `identity` for `host`, a name or an address without brackets.
    ///
    /// # Errors
    /// Why they do not.
    pub fn judge(&self, identity: &TlsIdentity, host: &str, now: Timestamp) -> Result<(), Doubt> {
        if identity.self_signed {
            return Err(Doubt::UnknownIssuer);
        }
        // A machine without authorities cannot tell; who set a certificate of their own had a reason.
        let Some(verifier) = &self.verifier else { return Ok(()) };
        let Ok(name) = ServerName::try_from(host) else { return Err(Doubt::OtherName(Vec::new())) };
        let [certificate, between @ ..] = identity.key.cert.as_slice() else {
            return Err(Doubt::Other("it is empty".to_owned()));
        };
        let now = UnixTime::since_unix_epoch(Duration::from_millis(now.0));
        match verifier.verify_server_cert(certificate, between, &name, &[], now) {
            Ok(_) => Ok(()),
            Err(rustls::Error::InvalidCertificate(error)) => Err(Doubt::from(error)),
            Err(error) => Err(Doubt::Other(error.to_string())),
        }
    }
}

impl From<CertificateError> for Doubt {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName => Self::OtherName(Vec::new()),
            CertificateError::NotValidForNameContext { presented, .. } => {
                Self::OtherName(presented.iter().map(|name| plain(name)).collect())
            }
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            // The library has no name for it: what `openssl req -x509` makes, for one.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                Self::Other("it is an authority's certificate (CA:TRUE) and no server's".to_owned())
            }
            // Not ours to list: the library adds to them.
            other => Self::Other(other.to_string()),
        }
    }
}

/// The name in `DnsName("call.example.org")`, as the library writes it.
fn plain(presented: &str) -> String {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(presented).trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp as Instant;

    use super::*;
    use crate::tls::authority::Authority;

    fn at(text: &str) -> Timestamp {
        let moment: Instant = text.parse().unwrap();
        Timestamp(u64::try_from(moment.as_millisecond()).unwrap())
    }

    #[test]
    fn why_browsers_will_not_take_a_certificate_is_told() {
        let (ours, theirs) = (Authority::new(), Authority::new());
        let identity = ours.sign("call.example.org");
        let judge = |trust: &Trust, host, now| trust.judge(&identity, host, at(now));

        let trust = ours.trusted();
        assert_eq!(judge(&trust, "call.example.org", "2027-06-01T00:00:00Z"), Ok(()));
        assert_eq!(judge(&trust, "call.example.org", "2028-01-01T00:00:00Z"), Err(Doubt::Expired));
        assert_eq!(judge(&trust, "call.example.org", "2026-12-31T00:00:00Z"), Err(Doubt::NotYetValid));
        let names = vec!["call.example.org".to_owned()];
        assert_eq!(judge(&trust, "192.0.2.7", "2027-06-01T00:00:00Z"), Err(Doubt::OtherName(names)));
        let stranger = judge(&theirs.trusted(), "call.example.org", "2027-06-01T00:00:00Z");
        assert_eq!(stranger, Err(Doubt::UnknownIssuer));
    }

    #[test]
    fn an_authoritys_own_certificate_is_no_servers() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["call.example.org".to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| {
            std::fs::write(folder.path().join(name), text).unwrap();
            Some(folder.path().join(name))
        };
        let mut config = crate::config::Config::default();
        config.https.certificate = file("certificate.pem", params.self_signed(&key).unwrap().pem());
        config.https.key = file("key.pem", key.serialize_pem());
        let own = TlsIdentity::own(&config).unwrap().unwrap();

        let doubt = Authority::new().trusted().judge(&own, "call.example.org", at("2027-06-01T00:00:00Z"));

        let reason = "it is an authority's certificate (CA:TRUE) and no server's".to_owned();
        assert_eq!(doubt, Err(Doubt::Other(reason)));
    }

    #[test]
    fn a_machine_without_authorities_leaves_it_to_the_operator() {
        let trust = Trust::new(RootCertStore::empty());
        let own = Authority::new().sign("call.example.org");

        assert_eq!(trust.judge(&own, "call.example.org", at("2027-06-01T00:00:00Z")), Ok(()));
    }
}
