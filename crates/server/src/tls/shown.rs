//! The certificate in use. It may be replaced while connections live: they go on, and the next handshake shows the new
//! one. HTTPS and TURN over TLS share it.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::TlsIdentity;

/// What a client says in its handshake (ALPN) when it wants the relay: TURN and STUN (RFC 7443 §2).
pub const TURN_PROTOCOLS: [&[u8]; 2] = [b"stun.turn", b"stun.nat-discovery"];

/// Shows a certificate to whoever shakes hands.
#[derive(Debug)]
pub struct Shown {
    identity: RwLock<Arc<TlsIdentity>>,
}

impl Shown {
    /// Shows this one first.
    pub fn new(identity: TlsIdentity) -> Arc<Self> {
        Arc::new(Self { identity: RwLock::new(Arc::new(identity)) })
    }

    /// The one that is shown.
    pub fn identity(&self) -> Arc<TlsIdentity> {
        Arc::clone(&self.identity.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows another from the next handshake on.
    pub fn replace(&self, identity: TlsIdentity) {
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
    }

    /// The configuration of connections to the port of HTTPS; it need not change with the certificate.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        // WebSockets are made from HTTP/1.1 requests.
        self.config(&[b"http/1.1", TURN_PROTOCOLS[0], TURN_PROTOCOLS[1]])
    }

    /// The same, of a port that takes TURN alone.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn turn_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        self.config(&TURN_PROTOCOLS)
    }

    fn config(self: &Arc<Self>, protocols: &[&[u8]]) -> Result<Arc<ServerConfig>, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        // When everybody reconnects at once, resuming spares both sides the expensive half of the handshake.
        config.ticketer = ring::Ticketer::new()?;
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.identity().key))
    }
}
