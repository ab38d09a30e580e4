//! TLS clients. Of our own ports one that trusts a single certificate, the one this server shows: whether browsers trust it is
//! another question; here it is whether the connection ends at this server and at nobody before it. Of other relays one
//! that trusts whom this machine trusts, as browsers do.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::run::Problem;
use crate::tls::{TURN_PROTOCOLS, Trust};

/// Shakes hands with whoever shows `certificate` and has its key, to speak `protocol` (as ALPN names it).
pub(crate) async fn pinned(
    tcp: TcpStream,
    host: &str,
    certificate: CertificateDer<'static>,
    protocol: &[u8],
) -> Result<TlsStream<TcpStream>, Problem> {
    let provider = Arc::new(ring::default_provider());
    // Another certificate, or no TLS at all; or it does not know the protocol we name.
    let verifier = Arc::new(Pinned { certificate, provider });
    shake_hands(tcp, host, verifier, protocol, Problem::OtherCertificate).await
}

/// Shakes hands with whoever shows a certificate for `host` by an authority of this machine's.
pub(super) async fn trusting(tcp: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, Problem> {
    let verifier = Trust::of_machine().verifier().ok_or(Problem::Untrusted)?;
    shake_hands(tcp, host, verifier, TURN_PROTOCOLS[0], Problem::Untrusted).await
}

async fn shake_hands(
    tcp: TcpStream,
    host: &str,
    verifier: Arc<dyn ServerCertVerifier>,
    protocol: &[u8],
    not_believed: Problem,
) -> Result<TlsStream<TcpStream>, Problem> {
    let unreachable = |error: &dyn std::fmt::Display| Problem::Unreachable { detail: error.to_string() };
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unreachable(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(|error| unreachable(&error))?;
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => not_believed,
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Problem::Stranger,
        _ => unreachable(&error),
    })
}

#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if *shown == self.certificate {
            return Ok(ServerCertVerified::assertion());
        }
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
