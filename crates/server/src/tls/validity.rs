//! From when to when a certificate is good. The TLS library checks it and does not tell; this walks to the two dates and
//! reads nothing else (RFC 5280 §4.1).

use jiff::Timestamp as Instant;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls::pki_types::CertificateDer;
use visavis_proto::Timestamp;

/// Tags of DER (X.690 §8).
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `version` is tagged, and missing in certificates of version 1.
const VERSION: u8 = 0xa0;

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub from: Timestamp,
    /// The last one.
    pub until: Timestamp,
}

impl Validity {
    /// Of a certificate; `None` if it cannot be found in there.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (mut whole, _) = element(certificate, SEQUENCE)?;
        let (mut fields, _) = element(whole, SEQUENCE)?;
        if let Some((_, rest)) = element(fields, VERSION) {
            fields = rest;
        }
        // serialNumber, signature, issuer.
        for _ in 0..3 {
            let tag = *fields.first()?;
            (_, fields) = element(fields, tag)?;
        }
        (whole, _) = element(fields, SEQUENCE)?;
        let (from, rest) = time(whole)?;
        let (until, _) = time(rest)?;
        Some(Self { from, until })
    }
}

/// The content of the element at the front, if it has this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        // So many bytes of length follow; four are more than any certificate has.
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    (first == tag).then_some((content, rest))
}

fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let tag = *bytes.first()?;
    let (content, rest) = element(bytes, tag)?;
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let text = match tag {
        // Two digits of a year stand for 1950 to 2049.
        UTC_TIME if text < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let moment = DateTime::strptime("%Y%m%d%H%M%S", &text).ok()?;
    let moment: Instant = TimeZone::UTC.to_timestamp(moment).ok()?;
    Some((Timestamp(u64::try_from(moment.as_millisecond()).ok()?), rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn day(text: &str) -> Timestamp {
        let moment: Instant = format!("{text}T00:00:00Z").parse().unwrap();
        Timestamp(u64::try_from(moment.as_millisecond()).unwrap())
    }

    #[test]
    fn both_dates_are_read_in_either_form() {
        let mut params = CertificateParams::new(vec!["call.example.org".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        params.not_before = date_time_ymd(2026, 2, 28);
        // From 2050 on dates have four digits of year.
        params.not_after = date_time_ymd(2051, 12, 31);
        let certificate = params.self_signed(&key).unwrap();

        let validity = Validity::of(certificate.der()).unwrap();

        assert_eq!(validity, Validity { from: day("2026-02-28"), until: day("2051-12-31") });
    }

    #[test]
    fn what_is_cut_anywhere_has_no_dates_and_does_no_harm() {
        let params = CertificateParams::new(vec!["call.example.org".to_owned()]).unwrap();
        let whole = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        for length in 0..whole.der().len() {
            let cut = CertificateDer::from(whole.der()[..length].to_vec());
            assert_eq!(Validity::of(&cut), None, "{length}");
        }
    }
}
