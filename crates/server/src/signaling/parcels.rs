//! Where messages come in parcels: they are put back into their order, what came before is dropped, and whoever
//! brings them waits when the device's connection is behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::ws::Utf8Bytes;
use axum::response::{IntoResponse, Response};
use serde_json::value::RawValue;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use visavis_proto::limits::{FRAME_BYTES, PARCEL_MESSAGES};
use visavis_proto::{Delivered, ErrorCode};

use crate::accounts::Refusal;

/// Messages that wait for the connection to look at them.
const WAITING: usize = 8;
/// Parcels of one device that may be read at once: one, its repetition, and a few that overtake each other.
const AT_ONCE: usize = 4;
/// Messages that came early and wait for those before them: so many, and so many bytes.
const EARLY: usize = PARCEL_MESSAGES;
const EARLY_BYTES: usize = FRAME_BYTES;

/// What a connection takes from its parcels.
#[derive(Debug)]
pub(super) enum Unpacked {
    /// A message.
    Message(Utf8Bytes),
    /// A parcel so large that it was not read.
    TooLarge,
}

/// Where the parcels of one connection arrive.
#[derive(Debug)]
pub(super) struct Intake {
    order: Mutex<Order>,
    places: Arc<Semaphore>,
    connection: mpsc::Sender<Unpacked>,
}

#[derive(Debug)]
struct Order {
    /// The number of the message that is due.
    next: u64,
    early: BTreeMap<u64, Utf8Bytes>,
    early_bytes: usize,
}

/// Why a parcel was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// The connection is over.
    Over,
    /// So much before it is missing that it cannot be kept; this is due.
    TooEarly(u64),
    /// Its number or its length cannot be.
    Bad(&'static str),
    /// More parcels are being read already than a device may send at once.
    TooMany,
}

impl Intake {
    /// An intake, and what its connection takes from it.
    pub(super) fn new() -> (Self, mpsc::Receiver<Unpacked>) {
        let (connection, unpacked) = mpsc::channel(WAITING);
        let order = Order { next: 1, early: BTreeMap::new(), early_bytes: 0 };
        (Self { order: Mutex::new(order), places: Arc::new(Semaphore::new(AT_ONCE)), connection }, unpacked)
    }

    /// A place for a parcel. Taken before its body is read, so that nobody makes us keep many.
    pub(super) fn place(&self) -> Result<OwnedSemaphorePermit, NotTaken> {
        if self.connection.is_closed() {
            return Err(NotTaken::Over);
        }
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| NotTaken::TooMany)
    }

    /// Passes on what is due, keeps what is early, drops what has been. Waits while the connection is behind; whoever
    /// stops waiting has handed over whole messages only, and may bring the parcel again.
    pub(super) async fn take(&self, seq: u64, messages: &[&RawValue]) -> Result<Delivered, NotTaken> {
        if seq == 0 {
            return Err(NotTaken::Bad("seq begins with 1"));
        }
        if messages.len() > PARCEL_MESSAGES {
            return Err(NotTaken::Bad("a parcel has at most 64 messages"));
        }
        let mut order = self.order.lock().await;
        for (index, message) in messages.iter().enumerate() {
            // Whoever brought what was due may have stopped waiting before what was early behind it.
            self.pass_due(&mut order).await?;
            let number = seq.saturating_add(index as u64);
            if number == order.next {
                self.pass(&mut order, message.get().into()).await?;
            } else if number > order.next {
                order.keep(number, message.get())?;
            }
        }
        self.pass_due(&mut order).await?;
        Ok(Delivered { next: order.next })
    }

    /// Says that there was a parcel that could not be read: to the device it is a message that could not be.
    pub(super) async fn unreadable(&self) {
        let said = Unpacked::Message(Utf8Bytes::from_static("a parcel that is none"));
        let _ = self.connection.send(said).await;
    }

    /// Says that a parcel was larger than may be.
    pub(super) async fn too_large(&self) {
        // A connection that has gone needs no such word.
        let _ = self.connection.send(Unpacked::TooLarge).await;
    }

    async fn pass_due(&self, order: &mut Order) -> Result<(), NotTaken> {
        while let Some(text) = order.early.get(&order.next).cloned() {
            let number = order.next;
            self.pass(order, text.clone()).await?;
            order.early.remove(&number);
            order.early_bytes -= text.len();
        }
        Ok(())
    }

    async fn pass(&self, order: &mut Order, text: Utf8Bytes) -> Result<(), NotTaken> {
        self.connection.send(Unpacked::Message(text)).await.map_err(|_| NotTaken::Over)?;
        order.next += 1;
        Ok(())
    }
}

impl Order {
    fn keep(&mut self, number: u64, text: &str) -> Result<(), NotTaken> {
        if self.early.contains_key(&number) {
            return Ok(());
        }
        let too_far = number - self.next > EARLY as u64;
        if too_far || self.early_bytes + text.len() > EARLY_BYTES {
            return Err(NotTaken::TooEarly(self.next));
        }
        self.early_bytes += text.len();
        self.early.insert(number, text.into());
        Ok(())
    }
}

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        match self {
            Self::Over => {
                Refusal::new(ErrorCode::NotFound, "there is no such channel, or no longer: open another")
            }
            Self::TooEarly(next) => {
                Refusal::new(ErrorCode::Conflict, format!("too much before it is missing: send from {next}"))
            }
            Self::Bad(why) => Refusal::new(ErrorCode::BadMessage, why),
            Self::TooMany => Refusal::new(
                ErrorCode::RateLimited,
                "this device sends too many parcels at once: wait for their answers",
            ),
        }
        .into_response()
    }
}

/// The answer to whoever brought a parcel.
pub(super) fn answer(taken: Result<Delivered, NotTaken>) -> Response {
    match taken {
        Ok(taken) => Json(taken).into_response(),
        Err(not) => not.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(texts: &[&str]) -> Vec<Box<RawValue>> {
        texts.iter().map(|text| RawValue::from_string((*text).to_owned()).unwrap()).collect()
    }

    async fn bring(intake: &Intake, seq: u64, texts: &[&str]) -> Result<u64, NotTaken> {
        let raw = raw(texts);
        let messages: Vec<&RawValue> = raw.iter().map(AsRef::as_ref).collect();
        intake.take(seq, &messages).await.map(|taken| taken.next)
    }

    fn heard(unpacked: &mut mpsc::Receiver<Unpacked>) -> Vec<String> {
        let mut heard = Vec::new();
        while let Ok(Unpacked::Message(text)) = unpacked.try_recv() {
            heard.push(text.to_string());
        }
        heard
    }

    #[tokio::test]
    async fn messages_are_passed_on_once_and_in_their_order_however_their_parcels_come() {
        let (intake, mut unpacked) = Intake::new();
        assert_eq!(bring(&intake, 3, &["3"]).await, Ok(1), "early");
        assert_eq!(bring(&intake, 1, &["1"]).await, Ok(2));
        assert_eq!(bring(&intake, 1, &["1"]).await, Ok(2), "again");
        assert_eq!(heard(&mut unpacked), ["1"]);
        assert_eq!(bring(&intake, 1, &["1", "2"]).await, Ok(4), "again, and more");
        assert_eq!(bring(&intake, 3, &["3"]).await, Ok(4), "again");
        assert_eq!(heard(&mut unpacked), ["2", "3"]);
        assert_eq!(bring(&intake, 4, &[]).await, Ok(4));
        assert_eq!(bring(&intake, 4, &["4", "5"]).await, Ok(6));
        assert_eq!(heard(&mut unpacked), ["4", "5"]);
    }

    #[tokio::test]
    async fn what_comes_early_is_kept_up_to_a_number_and_a_size() {
        let (intake, mut unpacked) = Intake::new();
        assert_eq!(bring(&intake, 1 + EARLY as u64, &["0"]).await, Ok(1));
        assert_eq!(bring(&intake, 2 + EARLY as u64, &["0"]).await, Err(NotTaken::TooEarly(1)));
        assert_eq!(bring(&intake, u64::MAX, &["0", "0"]).await, Err(NotTaken::TooEarly(1)));
        let long = format!("\"{}\"", "x".repeat(EARLY_BYTES));
        assert_eq!(bring(&intake, 2, &[&long]).await, Err(NotTaken::TooEarly(1)));
        assert_eq!(bring(&intake, 0, &["0"]).await, Err(NotTaken::Bad("seq begins with 1")));
        assert_eq!(
            bring(&intake, 1, &["0"; PARCEL_MESSAGES + 1]).await,
            Err(NotTaken::Bad("a parcel has at most 64 messages"))
        );
        assert_eq!(heard(&mut unpacked), [""; 0]);
        assert_eq!(bring(&intake, 1, &[&long]).await, Ok(2), "what is due has no such limit");
    }

    #[tokio::test]
    async fn who_stops_waiting_has_handed_over_whole_messages_and_goes_on_behind_them() {
        let (intake, mut unpacked) = Intake::new();
        let texts: Vec<String> = (0..2 * WAITING).map(|n| n.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        tokio::select! {
            biased;
            taken = bring(&intake, 1, &texts) => unreachable!("nobody takes them: {taken:?}"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(heard(&mut unpacked).len(), WAITING);
        assert_eq!(bring(&intake, 1, &texts).await, Ok(1 + 2 * WAITING as u64));
        assert_eq!(heard(&mut unpacked), texts[WAITING..]);
    }

    #[tokio::test]
    async fn only_so_many_parcels_are_read_at_once_and_none_when_it_is_over() {
        let (intake, unpacked) = Intake::new();
        let places: Vec<_> = (0..AT_ONCE).map(|_| intake.place().unwrap()).collect();
        assert_eq!(intake.place().unwrap_err(), NotTaken::TooMany);
        drop(places);
        assert!(intake.place().is_ok());
        drop(unpacked);
        assert_eq!(intake.place().unwrap_err(), NotTaken::Over);
        assert_eq!(bring(&intake, 1, &["0"]).await, Err(NotTaken::Over));
    }
}
