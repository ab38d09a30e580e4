//! Writes, and what readers see of them.

use std::sync::Arc;
use std::time::Duration;

use visavis_cluster::{CasError, Change, Expected, Limits, Write};
use visavis_proto::{Rev, Timestamp};

use crate::folder::{Folder, NOW, bytes, create};

fn set(key: &str, expected: Expected, value: &str) -> Write {
    Write { key: key.into(), expected, change: Change::Set { value: bytes(value), ttl: None } }
}

fn conflict<T>(key: &str) -> Result<T, CasError> {
    Err(CasError::Conflict { key: key.into() })
}

#[tokio::test]
async fn a_record_is_read_as_it_was_written_at_the_revision_that_was_told() {
    let folder = Folder::new();
    let engine = folder.open();
    assert_eq!(engine.get("call.1"), None);
    let rev = create(&engine, "call.1", "ringing").await;
    assert_eq!(engine.get("call.1"), Some((rev, bytes("ringing"))));
    let next = engine.cas("call.1", Expected::Rev(rev), bytes("active"), None, NOW).await.unwrap();
    assert!(next > rev);
    assert_eq!(engine.get("call.1"), Some((next, bytes("active"))));
}

#[tokio::test]
async fn a_write_that_expects_something_else_changes_nothing() {
    let folder = Folder::new();
    let engine = folder.open();
    let rev = create(&engine, "a", "1").await;
    let stale = Expected::Rev(Rev(rev.0 + 1));
    assert_eq!(engine.cas("a", Expected::Absent, bytes("2"), None, NOW).await, conflict("a"));
    assert_eq!(engine.cas("a", stale, bytes("2"), None, NOW).await, conflict("a"));
    assert_eq!(engine.cas("b", Expected::Rev(rev), bytes("2"), None, NOW).await, conflict("b"));
    assert_eq!(engine.delete("a", Rev(rev.0 + 1), NOW).await, conflict("a"));
    assert_eq!(engine.delete("b", rev, NOW).await, conflict("b"));
    assert_eq!(engine.list("").len(), 1);
    assert_eq!(engine.get("a"), Some((rev, bytes("1"))));
    assert_eq!(engine.stats().conflicts, 5);
}

#[tokio::test]
async fn a_revision_is_never_used_twice_even_after_a_delete_and_a_restart() {
    let folder = Folder::new();
    let first = {
        let engine = folder.open();
        let rev = create(&engine, "a", "1").await;
        engine.delete("a", rev, NOW).await.unwrap();
        rev
    };
    let engine = folder.open();
    assert_eq!(engine.get("a"), None);
    let second = create(&engine, "a", "2").await;
    assert!(second > Rev(first.0 + 1), "the delete had a revision of its own");
}

#[tokio::test]
async fn several_writes_happen_all_or_not_at_all() {
    let folder = Folder::new();
    let engine = folder.open();
    let pair = create(&engine, "pair.alice/bob", "call.1").await;

    let refused = engine
        .cas_many(
            vec![set("call.2", Expected::Absent, "x"), set("pair.alice/bob", Expected::Absent, "call.2")],
            NOW,
        )
        .await;
    assert_eq!(refused, conflict("pair.alice/bob"));
    assert_eq!(engine.get("call.2"), None);

    let revs = engine
        .cas_many(
            vec![set("call.2", Expected::Absent, "x"), set("pair.alice/bob", Expected::Rev(pair), "call.2")],
            NOW,
        )
        .await
        .unwrap();
    assert_eq!(engine.get("call.2"), Some((revs[0], bytes("x"))));
    assert_eq!(engine.get("pair.alice/bob"), Some((revs[1], bytes("call.2"))));
    drop(engine);
    assert_eq!(folder.open().get("call.2"), Some((revs[0], bytes("x"))));
}

#[tokio::test]
async fn a_list_holds_exactly_the_keys_with_the_prefix_in_order() {
    let folder = Folder::new();
    let engine = folder.open();
    for key in ["call.b", "call.a", "calm", "pair.a", "cal"] {
        create(&engine, key, key).await;
    }
    let keys: Vec<String> = engine.list("call.").iter().map(|stored| stored.key.to_string()).collect();
    assert_eq!(keys, ["call.a", "call.b"]);
    assert!(engine.list("x").is_empty());
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_with_the_same_epoch() {
    let folder = Folder::new();
    let (epoch, before) = {
        let engine = folder.open();
        for n in 0..100 {
            create(&engine, &format!("call.{n}"), &format!("value {n}")).await;
        }
        (engine.epoch().clone(), engine.list(""))
    };
    let engine = folder.open();
    assert_eq!(*engine.epoch(), epoch);
    assert_eq!(engine.list(""), before);
    assert_eq!(before.len(), 100);
}

#[tokio::test]
async fn a_new_file_is_a_new_epoch() {
    let (one, other) = (Folder::new(), Folder::new());
    assert_ne!(one.open().epoch(), other.open().epoch());
}

#[tokio::test]
async fn only_records_whose_time_is_over_are_swept_and_they_stay_swept() {
    let folder = Folder::new();
    let engine = folder.open();
    let ttl = Duration::from_mins(1);
    engine.cas("short", Expected::Absent, bytes("1"), Some(ttl), NOW).await.unwrap();
    engine.cas("long", Expected::Absent, bytes("1"), Some(ttl * 2), NOW).await.unwrap();
    create(&engine, "for ever", "1").await;

    assert_eq!(engine.sweep(Timestamp(NOW.0 + 59_999)).await, Ok(0));
    assert!(engine.get("short").is_some());
    assert_eq!(engine.sweep(NOW + ttl).await, Ok(1));
    assert_eq!(engine.get("short"), None);
    assert_eq!(engine.stats().expired, 1);
    drop(engine);

    let engine = folder.open();
    let keys: Vec<String> = engine.list("").iter().map(|stored| stored.key.to_string()).collect();
    assert_eq!(keys, ["for ever", "long"]);
    assert_eq!(engine.sweep(NOW + ttl * 2).await, Ok(1), "the time to live survives a restart");
}

#[tokio::test]
async fn a_write_renews_the_time_to_live() {
    let folder = Folder::new();
    let engine = folder.open();
    let ttl = Duration::from_mins(1);
    let rev = engine.cas("a", Expected::Absent, bytes("1"), Some(ttl), NOW).await.unwrap();
    engine.cas("a", Expected::Rev(rev), bytes("2"), Some(ttl), NOW + ttl).await.unwrap();
    assert_eq!(engine.sweep(NOW + ttl).await, Ok(0));
    assert_eq!(engine.sweep(NOW + ttl + ttl).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_writers_at_the_same_revision_exactly_one_wins_each_round() {
    let folder = Folder::new();
    let engine = Arc::new(folder.open());
    let mut rev = create(&engine, "call", "start").await;
    for round in 0..50 {
        let start = Arc::new(tokio::sync::Barrier::new(32));
        let writers: Vec<_> = (0..32)
            .map(|writer| {
                let (engine, start) = (Arc::clone(&engine), Arc::clone(&start));
                tokio::spawn(async move {
                    start.wait().await;
                    let value = bytes(&format!("{round}.{writer}"));
                    (writer, engine.cas("call", Expected::Rev(rev), value, None, NOW).await)
                })
            })
            .collect();
        let mut winners = Vec::new();
        for writer in writers {
            match writer.await.unwrap() {
                (writer, Ok(won)) => winners.push((writer, won)),
                (_, lost) => assert_eq!(lost, conflict("call")),
            }
        }
        let [(winner, won)] = winners[..] else { panic!("round {round} was won by {winners:?}") };
        assert_eq!(engine.get("call"), Some((won, bytes(&format!("{round}.{winner}")))));
        assert!(won > rev);
        rev = won;
    }
    let stats = engine.stats();
    assert_eq!((stats.committed, stats.conflicts), (51, 50 * 31));
}

#[tokio::test]
async fn a_full_store_refuses_new_records_but_still_changes_and_deletes_old_ones() {
    let folder = Folder::new();
    let engine = folder.open_with(Limits { records: 2, ..Limits::default() });
    create(&engine, "a", "1").await;
    let b = create(&engine, "b", "1").await;
    assert_eq!(engine.cas("c", Expected::Absent, bytes("1"), None, NOW).await, Err(CasError::Overloaded));
    assert_eq!(engine.stats().overloaded, 1);
    let b = engine.cas("b", Expected::Rev(b), bytes("2"), None, NOW).await.unwrap();
    engine.delete("b", b, NOW).await.unwrap();
    create(&engine, "c", "1").await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_name() {
    let folder = Folder::new();
    let engine = folder.open_with(Limits { key_bytes: 4, value_bytes: 4, ..Limits::default() });
    let long = engine.cas("12345", Expected::Absent, bytes("1"), None, NOW).await;
    assert_eq!(long, Err(CasError::TooLarge { what: "key", bytes: 5, limit: 4 }));
    let large = engine.cas("1234", Expected::Absent, bytes("12345"), None, NOW).await;
    assert_eq!(large, Err(CasError::TooLarge { what: "value", bytes: 5, limit: 4 }));
    create(&engine, "1234", "1234").await;
}

#[tokio::test]
async fn a_closed_store_takes_nothing_more_and_another_may_open_its_file() {
    let folder = Folder::new();
    let first = folder.open();
    let rev = create(&first, "call.1", "ringing").await;

    first.close().await;

    let second = folder.open();
    let late = first.cas("call.1", Expected::Rev(rev), bytes("late"), None, NOW).await;
    assert!(matches!(late, Err(CasError::Storage(_))), "{late:?}");
    assert_eq!(second.get("call.1"), Some((rev, bytes("ringing"))));
    first.close().await;
}
