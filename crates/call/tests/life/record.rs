//! The record as the store keeps it: a server of a later version must still read it.

use visavis_call::Record;

use crate::world::*;

/// A change of this text needs a new version and a way to read the old one.
#[test]
fn a_record_is_written_as_version_1() {
    let mut world = World::active();
    world.lose(ALICE).unwrap();
    let text = serde_json::to_string_pretty(&world.record).unwrap();
    assert_eq!(text, include_str!("record-v1.json").trim_end());
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), world.record);
}

/// What was added to the layout since is left out where it says nothing, so that records go to and fro between versions.
#[test]
fn what_records_say_beside_is_written_only_where_it_is_so_and_read_back() {
    let text = |record: &Record| {
        let value = serde_json::to_value(record).unwrap();
        assert_eq!(serde_json::from_value::<Record>(value.clone()).unwrap(), *record);
        value
    };
    let mut world = World::ringing();
    assert_eq!(text(&world.record)["phase"].get("warm"), None);
    world.ring_warm(DESK).unwrap();
    assert_eq!(text(&world.record)["phase"]["warm"], serde_json::json!(["bob/desk"]));

    world.accept(DESK).unwrap();
    assert_eq!(text(&world.record)["phase"]["answer"]["leg"].get("since"), None);
    world.take(PHONE).unwrap();
    assert_eq!(text(&world.record)["phase"]["answer"]["leg"]["since"], 1);
    world.leave(PHONE).unwrap();
    let signaling = serde_json::json!({"leaving": {"since": START.0}});
    assert_eq!(text(&world.record)["phase"]["answer"]["leg"]["signaling"], signaling);
    assert_eq!(text(&world.record).get("transfer"), None);
}

#[test]
fn a_record_of_another_version_is_refused_and_says_so() {
    let text = serde_json::to_string(&World::active().record).unwrap();
    let later = text.replacen(r#"{"v":1,"#, r#"{"v":2,"#, 1);
    assert_ne!(later, text);
    let error = serde_json::from_str::<Record>(&later).unwrap_err().to_string();
    assert!(error.contains("call record has version 2, this server knows 1"), "{error}");
}

#[test]
fn a_record_stays_small() {
    let mut world = World::active();
    world.hang_up(ALICE).unwrap();
    let bytes = serde_json::to_vec(&world.record).unwrap().len();
    assert!(bytes < 1024, "{bytes}");
    let mut warm = World::ringing();
    for device in [DESK, PHONE, TABLET] {
        warm.ring_warm(device).unwrap();
    }
    let bytes = serde_json::to_vec(&warm.record).unwrap().len();
    assert!(bytes < 1024, "{bytes}");
}
