//! Unpredictable numbers from a seed: HMAC-SHA256 in counter mode. The shell takes the seed from the operating
//! system, a test writes it down (CVE-2025-69217: a relay's ports and tokens must not be guessable).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A deterministic generator that can not be predicted without its seed.
#[derive(Clone)]
pub(crate) struct Random {
    keyed: Hmac<Sha256>,
    counter: u64,
}

impl Random {
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        let keyed = Hmac::new_from_slice(seed).expect("HMAC takes a key of any length");
        Self { keyed, counter: 0 }
    }

    /// The next `N` bytes, at most 32.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut mac = self.keyed.clone();
        mac.update(&self.counter.to_be_bytes());
        self.counter += 1;
        let block = mac.finalize().into_bytes();
        block[..N].try_into().expect("no caller asks for more than a block")
    }

    /// A number below `bound`, which is not zero. 64 bits reduced to 16: the bias is below 2⁻⁴⁸.
    pub(crate) fn below(&mut self, bound: u16) -> u16 {
        let reduced = u64::from_be_bytes(self.bytes()) % u64::from(bound);
        u16::try_from(reduced).expect("reduced below a u16")
    }
}
