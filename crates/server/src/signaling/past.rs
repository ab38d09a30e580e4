//! What an ended call leaves in the histories of its people.

use tracing::error;
use visavis_call::{Record, Recorded};
use visavis_proto::{ChangedThing, Direction, Role};
use visavis_store::{HistoryRow, KeptRecording};

use super::Calls;

impl Calls {
    /// Whoever is told of an end finds it in the history, which outlives the loss of the live calls. Who has committed the end
    /// may just be about to write it.
    pub(super) async fn make_past(&self, record: &Record) {
        if !record.is_live() {
            self.write_history(record).await;
        }
    }

    pub(super) async fn write_history(&self, record: &Record) {
        let rows = visavis_call::history(record).into_iter().map(kept_row).collect();
        match self.store.add_history(rows).await {
            Ok(changed) => {
                for user in changed {
                    self.devices.tell_changed(&user, &[ChangedThing::History]);
                }
            }
            // The record stays for a day, and the next start writes it again.
            Err(error) => error!(id = %record.id, %error, "the history could not be written"),
        }
    }
}

fn kept_row(row: visavis_call::HistoryRow) -> HistoryRow {
    HistoryRow {
        user: row.owner,
        call: row.call,
        peer: row.peer,
        direction: row.direction,
        outcome: row.outcome,
        reason: row.reason,
        media: row.media,
        started: row.started,
        duration: row.duration,
        device_name: row.device_name,
        peer_name: row.peer_name,
        quiet: row.quiet,
        request: row.request,
        guest: row.guest,
        recordings: row.recordings.iter().map(|recorded| kept_recording(recorded, row.direction)).collect(),
    }
}

fn kept_recording(recorded: &Recorded, reader: Direction) -> KeptRecording {
    let side = match reader {
        Direction::Out => Role::Caller,
        Direction::In => Role::Callee,
    };
    KeptRecording { by_owner: recorded.by == side, since: recorded.since, until: recorded.until }
}
