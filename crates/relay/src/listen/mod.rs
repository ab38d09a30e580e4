//! Where clients come in.

pub(crate) mod legs;
pub(crate) mod tcp;
pub(crate) mod udp;
