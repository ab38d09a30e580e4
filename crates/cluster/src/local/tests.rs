//! What needs the writer to stand still or to fail: the queue's limit, group commit, a broken disk.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot::Receiver;

use super::*;
use crate::{Expected, Stats};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn write(key: &str) -> Write {
    let change = Change::Set { value: Arc::from(&b"x"[..]), ttl: None };
    Write { key: key.into(), expected: Expected::Absent, change }
}

type Answer = Receiver<Result<Vec<Rev>, CasError>>;

fn request(key: &str) -> (Request, Answer) {
    let (answer, answered) = oneshot::channel();
    (Request::Cas { writes: vec![write(key)], now: NOW, answer }, answered)
}

/// Runs a writer over the requests, all of which wait before it starts, and gives the counters.
fn run(database: Database, limits: Limits, requests: Vec<Request>) -> (Arc<Shared>, Stats) {
    let shared = Arc::new(Shared::default());
    let (queue, waiting) = sync_channel(requests.len());
    for request in requests {
        queue.try_send(request).unwrap();
    }
    drop(queue);
    Writer::new(database, Rev(0), Arc::clone(&shared), limits).run(&waiting);
    let stats = shared.counters.read(shared.read().len());
    (shared, stats)
}

#[test]
fn writes_that_wait_together_share_a_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open(&folder.path().join("calls.db")).unwrap();
    let (requests, answers): (Vec<_>, Vec<_>) = (0..25).map(|n| request(&n.to_string())).unzip();
    let (_, stats) = run(database, Limits { group: 10, ..Limits::default() }, requests);
    assert_eq!(stats, Stats { records: 25, committed: 25, transactions: 3, ..Stats::default() });
    for (n, mut answer) in (1..).zip(answers) {
        assert_eq!(answer.try_recv().unwrap(), Ok(vec![Rev(n)]));
    }
}

#[test]
fn of_two_writes_in_one_transaction_that_expect_the_same_the_first_wins() {
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open(&folder.path().join("calls.db")).unwrap();
    let ((one, mut first), (other, mut second)) = (request("call"), request("call"));
    let (shared, stats) = run(database, Limits::default(), vec![one, other]);
    assert_eq!(first.try_recv().unwrap(), Ok(vec![Rev(1)]));
    assert_eq!(second.try_recv().unwrap(), Err(CasError::Conflict { key: "call".into() }));
    assert_eq!(shared.read()["call"].rev, Rev(1));
    assert_eq!((stats.committed, stats.conflicts, stats.transactions), (1, 1, 1));
}

#[test]
fn a_write_that_the_disk_refuses_is_told_as_failed_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open(&folder.path().join("calls.db")).unwrap();
    database.refuse_writes();
    let (request, mut answer) = request("call");
    let (shared, stats) = run(database, Limits::default(), vec![request]);
    let told = answer.try_recv().unwrap();
    assert!(matches!(told, Err(CasError::Storage(_))), "{told:?}");
    assert!(shared.read().is_empty());
    assert_eq!(stats, Stats { failed: 1, ..Stats::default() });
}

#[test]
fn a_full_queue_refuses_at_once_and_counts() {
    let (queue, waiting) = sync_channel(2);
    let local = Local {
        epoch: "e".parse().unwrap(),
        limits: Limits::default(),
        shared: Arc::default(),
        queue: Mutex::new(Some(queue)),
        writer: Mutex::new(None),
    };
    let mut context = Context::from_waker(Waker::noop());
    let mut first = pin!(local.cas_many(vec![write("1")], NOW));
    let mut second = pin!(local.cas_many(vec![write("2")], NOW));
    let mut third = pin!(local.cas_many(vec![write("3")], NOW));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert_eq!(third.as_mut().poll(&mut context), Poll::Ready(Err(CasError::Overloaded)));
    assert_eq!(local.stats().overloaded, 1);

    // The writer dies with both unanswered: nobody can say whether they were written.
    drop(waiting);
    assert_eq!(first.as_mut().poll(&mut context), Poll::Ready(Err(CasError::Unknown)));
    assert_eq!(second.as_mut().poll(&mut context), Poll::Ready(Err(CasError::Unknown)));
    let mut fourth = pin!(local.cas_many(vec![write("4")], NOW));
    let told = fourth.as_mut().poll(&mut context);
    assert!(matches!(told, Poll::Ready(Err(CasError::Storage(_)))), "{told:?}");
}
