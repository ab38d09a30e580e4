//! People: how they wish to be called, and when.
//!
//! Whether a call rings is decided in `visavis_call::screening`; here is what it needs to know of the time.

pub(crate) mod preferences;
