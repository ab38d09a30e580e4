//! What may be opened, and what can be read.

use std::time::Duration;

use visavis_call::{Availability, Callee, Event, Leg, NewCall, Ties, Timers};
use visavis_proto::{Address, MediaKind, Rev, Timestamp};

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// A capsule of an answered call whose people and devices are called `name`.
fn capsule(number: u128, name: &str) -> Capsule {
    let leg = |address: &str| Leg::new(address.parse::<Address>().unwrap(), name.to_owned(), name.to_owned());
    let new = NewCall {
        id: CallId(uuid::Uuid::from_u128(number)),
        epoch: "e1".parse().unwrap(),
        caller: leg("alice/tab"),
        callee: Callee { user: "bob".parse().unwrap(), name: name.to_owned() },
        media: vec![MediaKind::Audio, MediaKind::Video],
        screened: None,
        ties: Ties::default(),
    };
    let timers = Timers::default();
    let record = visavis_call::create(new, Availability::Free, NOW, &timers).record;
    let accept = Event::Accept { leg: leg("bob/phone"), media: vec![MediaKind::Audio] };
    let answered = visavis_call::step(&record, accept, NOW + Duration::from_secs(9), &timers);
    Capsule { rev: Rev(7), at: NOW, record: answered.unwrap().unwrap().record }
}

#[test]
fn a_capsule_opens_as_it_was_sealed_and_never_twice_alike() {
    let (capsules, capsule) = (Capsules::new([1; 32]), capsule(1, "Name"));
    let (first, second) = (capsules.seal(&capsule).unwrap(), capsules.seal(&capsule).unwrap());
    assert_ne!(first, second);
    for text in [first, second] {
        assert_eq!(capsules.open(capsule.record.id, &text), Some(capsule.clone()));
    }
}

#[test]
fn a_capsule_of_another_key_or_another_call_or_with_one_bit_changed_does_not_open() {
    let (capsules, capsule) = (Capsules::new([1; 32]), capsule(1, "Name"));
    let (id, text) = (capsule.record.id, capsules.seal(&capsule).unwrap());
    assert_eq!(Capsules::new([2; 32]).open(id, &text), None);
    assert_eq!(capsules.open(CallId(uuid::Uuid::from_u128(2)), &text), None);
    let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        assert_eq!(capsules.open(id, &URL_SAFE_NO_PAD.encode(changed)), None, "byte {position}");
    }
    for short in ["", "AQ", &text[..20], "not base64!"] {
        assert_eq!(capsules.open(id, short), None, "{short}");
    }
}

#[test]
fn the_length_of_a_capsule_does_not_tell_whether_its_call_is_screened() {
    let capsules = Capsules::new([1; 32]);
    let plain = capsule(1, "Name");
    let mut screened = plain.clone();
    screened.record.screened = Some(visavis_call::Screened {
        why: visavis_call::Screening::TooOften,
        rings_at: Some(NOW),
        told: true,
    });

    let (plain, screened) = (capsules.seal(&plain).unwrap(), capsules.seal(&screened).unwrap());

    assert_eq!(plain.len(), screened.len());
}

#[test]
fn nothing_of_a_call_can_be_read_in_its_capsule() {
    let text = Capsules::new([1; 32]).seal(&capsule(1, "Secretname")).unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
    for word in ["Secretname", "alice", "bob", "record"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
}

#[test]
fn the_longest_names_still_fit() {
    let longest = "𝄞".repeat(limits::NAME_CHARS);
    let text = Capsules::new([1; 32]).seal(&capsule(1, &longest)).unwrap();
    assert!(text.len() < limits::CAPSULE_BYTES * 3 / 4, "{}", text.len());
}
