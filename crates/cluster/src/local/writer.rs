//! The writer: one thread that checks, commits and shows all writes, in the order of the queue.
//!
//! Whatever waits goes into one transaction (group commit), so a storm of writes costs few of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rusqlite::Transaction;
use tokio::sync::oneshot;
use visavis_proto::{Rev, Timestamp};

use super::database::{self, Database};
use super::{Entry, Shared};
use crate::stats::count;
use crate::{CasError, Change, Expected, Limits, Write};

pub(super) enum Request {
    Cas { writes: Vec<Write>, now: Timestamp, answer: oneshot::Sender<Result<Vec<Rev>, CasError>> },
    Sweep { now: Timestamp, answer: oneshot::Sender<Result<usize, CasError>> },
}

/// What a request has come to, to be told after the commit.
enum Reply {
    Cas(oneshot::Sender<Result<Vec<Rev>, CasError>>, Result<Vec<Rev>, CasError>),
    Sweep(oneshot::Sender<Result<usize, CasError>>, usize),
}

/// What a group is about to change: `None` deletes.
type Pending = HashMap<Arc<str>, Option<Entry>>;

pub(super) struct Writer {
    database: Database,
    /// The largest revision given out; it never goes back, even if a transaction does.
    last_rev: Rev,
    shared: Arc<Shared>,
    limits: Limits,
}

impl Writer {
    pub(super) fn new(database: Database, last_rev: Rev, shared: Arc<Shared>, limits: Limits) -> Self {
        Self { database, last_rev, shared, limits }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        while let Ok(first) = requests.recv() {
            let mut group = vec![first];
            while group.len() < self.limits.group
                && let Ok(next) = requests.try_recv()
            {
                group.push(next);
            }
            self.commit(group);
        }
    }

    fn commit(&mut self, group: Vec<Request>) {
        let mut pending = Pending::new();
        let replies: Vec<Reply> =
            group.into_iter().map(|request| self.decide(request, &mut pending)).collect();
        let outcome = if pending.is_empty() { Ok(()) } else { self.store(&pending) };
        match outcome {
            Ok(()) => {
                self.show(pending);
                for reply in replies {
                    self.tell(reply);
                }
            }
            Err(error) => {
                tracing::warn!(%error, writes = pending.len(), "live calls could not be written");
                for reply in replies {
                    count(&self.shared.counters.failed);
                    reply.fail(&error);
                }
            }
        }
    }

    fn decide(&mut self, request: Request, pending: &mut Pending) -> Reply {
        match request {
            Request::Cas { writes, now, answer } => Reply::Cas(answer, self.check(writes, now, pending)),
            Request::Sweep { now, answer } => Reply::Sweep(answer, self.expire(now, pending)),
        }
    }

    /// Adds all `writes` to `pending`, or none of them.
    fn check(
        &mut self,
        writes: Vec<Write>,
        now: Timestamp,
        pending: &mut Pending,
    ) -> Result<Vec<Rev>, CasError> {
        let records = self.shared.read();
        let mut mine = Pending::new();
        let mut revs = Vec::with_capacity(writes.len());
        for write in writes {
            let key: Arc<str> = Arc::from(write.key.as_str());
            let stored = match mine.get(&key).or_else(|| pending.get(&key)) {
                Some(changed) => changed.as_ref().map(|entry| entry.rev),
                None => records.get(&key).map(|entry| entry.rev),
            };
            let as_expected = match write.expected {
                Expected::Absent => stored.is_none(),
                Expected::Rev(rev) => stored == Some(rev),
            };
            if !as_expected {
                return Err(CasError::Conflict { key: write.key });
            }
            self.last_rev = Rev(self.last_rev.0 + 1);
            revs.push(self.last_rev);
            let entry = match write.change {
                Change::Set { value, ttl } => {
                    Some(Entry { rev: self.last_rev, value, expires: ttl.map(|ttl| now + ttl) })
                }
                Change::Delete => None,
            };
            mine.insert(key, entry);
        }
        let creates =
            mine.iter().filter(|(key, entry)| entry.is_some() && !records.contains_key(*key)).count();
        let created = pending.values().flatten().count();
        // Counts what the group replaces as if it were new: near the limit it may refuse a little early.
        if creates > 0 && records.len() + created + creates > self.limits.records {
            return Err(CasError::Overloaded);
        }
        pending.extend(mine);
        Ok(revs)
    }

    fn expire(&self, now: Timestamp, pending: &mut Pending) -> usize {
        let records = self.shared.read();
        let over = records.iter().filter(|(key, entry)| {
            // What this very group has written is younger than the question.
            entry.expires.is_some_and(|expires| expires <= now) && !pending.contains_key(*key)
        });
        let over: Vec<Arc<str>> = over.map(|(key, _)| Arc::clone(key)).collect();
        let removed = over.len();
        pending.extend(over.into_iter().map(|key| (key, None)));
        removed
    }

    fn store(&mut self, pending: &Pending) -> Result<(), CasError> {
        let storage = |error: rusqlite::Error| CasError::Storage(error.to_string());
        let transaction = self.database.begin().map_err(storage)?;
        write_all(&transaction, pending, self.last_rev).map_err(storage)?;
        // A commit that fails may still have reached the log, and be there after a restart.
        transaction.commit().map_err(|_| CasError::Unknown)?;
        count(&self.shared.counters.transactions);
        Ok(())
    }

    fn show(&self, pending: Pending) {
        let mut records = self.shared.write();
        for (key, entry) in pending {
            match entry {
                Some(entry) => records.insert(key, entry),
                None => records.remove(&key),
            };
        }
    }

    fn tell(&self, reply: Reply) {
        let counters = &self.shared.counters;
        match reply {
            Reply::Cas(answer, result) => {
                match &result {
                    Ok(_) => count(&counters.committed),
                    Err(CasError::Conflict { .. }) => count(&counters.conflicts),
                    Err(CasError::Overloaded) => count(&counters.overloaded),
                    Err(CasError::Unknown | CasError::TooLarge { .. } | CasError::Storage(_)) => {
                        count(&counters.failed);
                    }
                }
                // Whoever asked may have gone; the write stands.
                let _ = answer.send(result);
            }
            Reply::Sweep(answer, removed) => {
                for _ in 0..removed {
                    count(&counters.expired);
                }
                let _ = answer.send(Ok(removed));
            }
        }
    }
}

impl Reply {
    /// The group was not written. A conflict found in it may have been with a write of the same group, so it
    /// is no longer known to be one.
    fn fail(self, error: &CasError) {
        match self {
            Self::Cas(answer, _) => drop(answer.send(Err(error.clone()))),
            Self::Sweep(answer, _) => drop(answer.send(Err(error.clone()))),
        }
    }
}

fn write_all(transaction: &Transaction<'_>, pending: &Pending, last_rev: Rev) -> rusqlite::Result<()> {
    for (key, entry) in pending {
        match entry {
            Some(entry) => database::put(transaction, key, entry)?,
            None => database::remove(transaction, key)?,
        }
    }
    database::set_last_rev(transaction, last_rev)
}
