//! The certificate that HTTPS shows.
