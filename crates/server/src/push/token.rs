//! What a woken device shows: good for one call and one device, and for nothing once the call is forgotten.
//!
//! ```text
//!  base64url( user/device: UTF-8 │ HMAC-SHA256 over a label, the call and user/device: 32 )
//! ```

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use visavis_proto::{Address, CallId};

const SIGNATURE: usize = 32;

/// The token of a device for a call.
pub(super) fn issue(key: &[u8; 32], call: CallId, device: &Address) -> String {
    let mut bytes = device.to_string().into_bytes();
    let signature = sign(key, call, &bytes).finalize().into_bytes();
    bytes.extend(signature);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whose token for this call it is; `None` if it is none of ours.
pub(super) fn open(key: &[u8; 32], call: CallId, token: &str) -> Option<Address> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (device, signature) = bytes.split_last_chunk::<SIGNATURE>()?;
    // Compares in constant time.
    sign(key, call, device).verify_slice(signature).ok()?;
    str::from_utf8(device).ok()?.parse().ok()
}

fn sign(key: &[u8; 32], call: CallId, device: &[u8]) -> Hmac<Sha256> {
    let mut hmac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    // The key signs tickets, too, which begin with eight bytes of a time.
    hmac.update(b"a woken device\0");
    hmac.update(call.0.as_bytes());
    hmac.update(device);
    hmac
}
