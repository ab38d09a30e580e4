//! A thread that owns a connection. The writer commits everything that has queued up in one transaction, so that many
//! small writes cost one wait for the disk.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::StoreError;

/// Requests waiting for the thread; further ones are refused as overloaded.
const QUEUE: usize = 1024;
/// Requests committed together at most, so that the first does not wait long for the last.
const BATCH: usize = 64;

type Failure = Arc<rusqlite::Error>;
/// Tells the asker, once it is known whether the transaction was committed.
type Answer = Box<dyn FnOnce(Result<(), Failure>) + Send>;
/// Does the work, or passes on why there is no transaction to do it in.
type Job = Box<dyn FnOnce(Result<&Connection, Failure>) -> Answer + Send>;

enum Request {
    Work(Job),
    /// Close the connection, then say so.
    Close(oneshot::Sender<()>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Access {
    Read,
    Write,
}

/// A handle to the thread, which ends when it is closed or the last handle is dropped.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    requests: mpsc::Sender<Request>,
}

impl Worker {
    pub(super) fn start(connection: Connection, access: Access) -> Self {
        let (requests, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || match access {
                Access::Read => serve_reads(connection, queue),
                Access::Write => serve_writes(connection, queue),
            })
            .expect("a thread can be started while the program starts");
        Self { requests }
    }

    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = connection.and_then(|connection| apart(connection, work).map_err(Arc::new));
            Box::new(move |committed| {
                // Whoever asked may have stopped waiting, a closed browser for example; the work stands all the same.
                let _ = sender.send(committed.and(result));
            })
        });
        self.requests.try_send(Request::Work(job)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        Ok(receiver.await.map_err(|_| StoreError::Closed)??)
    }

    /// Ends the thread after what is queued before; what comes later is refused as closed.
    pub(super) async fn close(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.requests.send(Request::Close(sender)).await.is_ok() {
            // An error means that the thread has ended already.
            let _ = receiver.await;
        }
    }
}

/// Runs one request so that its failure undoes nothing but itself.
fn apart<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT request")?;
    let result = work(connection);
    if result.is_err() {
        connection.execute_batch("ROLLBACK TO request")?;
    }
    connection.execute_batch("RELEASE request")?;
    result
}

fn serve_reads(connection: Connection, mut queue: mpsc::Receiver<Request>) {
    while let Some(request) = queue.blocking_recv() {
        match request {
            Request::Work(job) => job(Ok(&connection))(Ok(())),
            Request::Close(closed) => return end(connection, vec![closed]),
        }
    }
}

fn serve_writes(connection: Connection, mut queue: mpsc::Receiver<Request>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        let mut jobs = Vec::with_capacity(batch.len());
        let mut closing = Vec::new();
        for request in batch.drain(..) {
            match request {
                Request::Work(job) => jobs.push(job),
                Request::Close(closed) => closing.push(closed),
            }
        }
        write_together(&connection, jobs);
        if !closing.is_empty() {
            return end(connection, closing);
        }
    }
}

fn end(connection: Connection, closing: Vec<oneshot::Sender<()>>) {
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the database was not closed in good order; it will be repaired when it is opened");
    }
    for closed in closing {
        // Whoever asked may have stopped waiting.
        let _ = closed.send(());
    }
}

fn write_together(connection: &Connection, jobs: Vec<Job>) {
    if jobs.is_empty() {
        return;
    }
    let begun = connection.execute_batch("BEGIN IMMEDIATE").map_err(Arc::new);
    let answers: Vec<Answer> = jobs.into_iter().map(|job| job(begun.clone().map(|()| connection))).collect();
    let committed = begun.and_then(|()| commit(connection).map_err(Arc::new));
    if let Err(error) = &committed {
        tracing::warn!(%error, requests = answers.len(), "the database did not commit");
    }
    for answer in answers {
        answer(committed.clone());
    }
}

fn commit(connection: &Connection) -> rusqlite::Result<()> {
    let committed = connection.execute_batch("COMMIT");
    if committed.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    committed
}
